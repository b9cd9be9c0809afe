import { ElementBytes } from '../network/deferred.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { Tensor } from '../network/tensor.ts';
import { readFileOf, writeAtomically, type ByteSink } from './atomic.ts';
import { formatNpyHeader, parseNpyHeader } from './npy-header.ts';
import { readPickle } from './pickle.ts';
import { PickleArray, PickleDict, type PickleValue } from './pickle-values.ts';
import { closeArray, openArray, PickleWriter, writeArray, writeDtype } from './pickle-writer.ts';

/** Layer key → coefficient name → values. */
export type Coefficients = Map<string, Map<string, Tensor>>;

/** Python's pickler writes dictionary members in groups of this many. */
const GROUP = 1000;

/**
 * Reads NAME.data: a .npy with one pickled OrderedDict of OrderedDicts of arrays. Nothing in the file is
 * executed. Arrays of protocol 3 and later are views on `bytes` where alignment allows.
 * @throws StudioError 'file-malformed', with the refused operation when the file asks to run code
 */
export function parseCoefficients(bytes: Uint8Array, file?: string): Coefficients {
  try {
    const header = parseNpyHeader(bytes);
    if (!/^\|?O$/.test(header.descr) || header.shape.length > 0) {
      throw new StudioError(
        'file-malformed',
        'this .npy file holds an array, not the coefficients of a network',
      );
    }
    return coefficientsOf(readPickle(bytes.subarray(header.offset), header.offset));
  } catch (error) {
    throw error instanceof StudioError && file !== undefined ? error.at({ file }) : error;
  }
}

/** Reads NAME.data. @throws StudioError as {@link parseCoefficients}, 'file-missing', 'file-unreadable' */
export async function readCoefficients(path: string): Promise<Coefficients> {
  return parseCoefficients(await readFileOf(path), path);
}

/**
 * Reads NAME.data into a network, replacing what it has.
 * @throws StudioError as {@link readCoefficients}; 'network-invalid' when the file belongs to another network
 */
export async function loadCoefficients(network: Network, path: string): Promise<void> {
  const coefficients = await readCoefficients(path);
  const strangers = [...coefficients.keys()].filter((key) => !network.layers.has(key));
  if (strangers.length > 0) {
    throw new StudioError(
      'network-invalid',
      `it has coefficients for "${strangers[0]}"${strangers.length > 1 ? ` and ${strangers.length - 1} more layers` : ''}, which the network has not`,
      { file: path },
      'Use the .data file that was written together with the .json file.',
    );
  }
  network.coefficients.clear();
  for (const [key, tensors] of coefficients) network.coefficients.set(key, tensors);
}

/**
 * Writes NAME.data as NumPy 1.17 to 1.26 do: .npy 1.0, pickle protocol 3, `numpy.core.multiarray`; numpy.load of
 * every Python 3 reads it. (Older ones write protocol 2, which spells bytes as UTF-8 text: half as large again
 * and slow on both ends.) Streams, so the file is never in memory as a whole.
 * @throws StudioError 'file-unwritable'
 */
export async function writeCoefficients(
  path: string,
  coefficients: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
): Promise<void> {
  await writeAtomically(path, (write) => streamCoefficients(write, coefficients));
}

/** The bytes of {@link writeCoefficients}, in order, into a sink; a chunk is reused after its promise. */
export async function streamCoefficients(
  write: ByteSink,
  coefficients: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
): Promise<void> {
  await write(formatNpyHeader('|O', []));
  const writer = new PickleWriter(write);
  const elements = new ElementBytes();
  await writer.raw(0x80, 3);
  await openArray(writer);
  await writer.raw(0x28, 0x4b, 1, 0x29);
  await writeDtype(writer, 'O8', '|', 63);
  await writer.raw(0x89, 0x5d);
  await writer.memoize();
  await writeDict(writer, coefficients, (tensors) =>
    writeDict(writer, tensors, (tensor) => writeArray(writer, tensor, elements)),
  );
  await writer.raw(0x61);
  await closeArray(writer);
  await writer.raw(0x2e);
  await writer.flush();
}

/** An OrderedDict; its members in groups, a lone one without a mark, as Python's pickler does. */
async function writeDict<T>(
  writer: PickleWriter,
  members: ReadonlyMap<string, T>,
  writeValue: (value: T) => Promise<void>,
): Promise<void> {
  await writer.global('collections', 'OrderedDict');
  await writer.raw(0x29, 0x52);
  await writer.memoize();
  const entries = [...members];
  for (let from = 0; from < entries.length; from += GROUP) {
    const group = entries.slice(from, from + GROUP);
    if (group.length > 1) await writer.raw(0x28);
    for (const [key, value] of group) {
      await writer.text(key);
      await writeValue(value);
    }
    await writer.raw(group.length > 1 ? 0x75 : 0x73);
  }
}

function coefficientsOf(root: PickleValue): Coefficients {
  const content = root instanceof PickleArray ? root.content : undefined;
  const object =
    content && 'objects' in content && content.objects.length === 1 ? content.objects[0] : undefined;
  if (!(object instanceof PickleDict)) throw unexpected('its object is not a dictionary of layers');
  const coefficients: Coefficients = new Map();
  // One dictionary under many keys is converted once, or a small file could ask for endless work.
  const known = new Map<PickleDict, Map<string, Tensor>>();
  for (const [key, layer] of object.entries) {
    if (!(layer instanceof PickleDict)) throw unexpected(`"${key}" is not a dictionary of tensors`);
    const tensors = known.get(layer) ?? tensorsOf(key, layer);
    known.set(layer, tensors);
    coefficients.set(key, tensors);
  }
  return coefficients;
}

function tensorsOf(key: string, layer: PickleDict): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of layer.entries) {
    const content = value instanceof PickleArray ? value.content : undefined;
    if (!content || 'objects' in content)
      throw unexpected(`"${name}" of layer "${key}" is not an array of numbers`);
    tensors.set(name, content);
  }
  return tensors;
}

function unexpected(problem: string): StudioError {
  return new StudioError('file-malformed', `not a coefficient file: ${problem}`);
}
