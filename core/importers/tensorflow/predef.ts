import { parseNpyHeader } from '../../files/npy-header.ts';
import { parseNpy } from '../../files/npy.ts';
import { PickleArray, PickleDict, PickleText } from '../../files/pickle-values.ts';
import { readPickle } from '../../files/pickle.ts';
import { readZip } from '../../files/zip.ts';
import { StudioError } from '../../network/errors.ts';
import { nearestNames } from '../../network/nearest.ts';
import type { Tensor } from '../../network/tensor.ts';
import { fromNumbers, numbersOf } from '../onnx/numeric.ts';
import type { ModelFile } from '../options.ts';
import { tensorOf, type SourceNode } from './source.ts';
import { elementTypeOf } from './types.ts';

/** The entry that says for names with forbidden characters which placeholder they stand for. */
const MAP = 'map';

/**
 * Reads a predef file (user guide 3.6.2): an .npz archive with the values of placeholders, which so become constants.
 * @returns values by tensor
 * @throws StudioError file-malformed, or usage for names that the model does not have
 */
export async function readPredef(
  file: ModelFile,
  nodes: readonly SourceNode[],
): Promise<Map<string, () => Tensor>> {
  try {
    const archive = await readZip(file.bytes);
    const keys = archive.names
      .filter((name) => name.endsWith('.npy'))
      .map((name) => name.slice(0, -'.npy'.length));
    const aliases = keys.includes(MAP) ? readMap(archive.bytes(`${MAP}.npy`)) : new Map<string, string>();
    const known = new Map(nodes.map((node) => [node.name, node]));
    const values = new Map<string, () => Tensor>();
    for (const key of keys.filter((one) => one !== MAP)) {
      const name = tensorOf(aliases.get(key) ?? key);
      const node = known.get(name);
      if (!node) throw unknownPlaceholder(name, known.keys());
      const value = ofType(parseNpy(archive.bytes(`${key}.npy`)), node);
      values.set(name, () => value);
    }
    return values;
  } catch (error) {
    throw error instanceof StudioError ? error.at({ file: file.name }) : error;
  }
}

function unknownPlaceholder(name: string, known: Iterable<string>): StudioError {
  const near = nearestNames(name, known).map((other) => `"${other}"`);
  const hint = near.length > 0 ? `Nearest names: ${near.join(', ')}.` : undefined;
  return new StudioError('usage', `--predef-file: the model has no node "${name}"`, {}, hint);
}

/** NumPy's whole numbers are int64, TensorFlow's placeholders mostly int32. */
function ofType(value: Tensor, { attrs }: SourceNode): Tensor {
  const type = elementTypeOf(attrs.get('dtype')?.type ?? 0);
  return type === undefined || type === value.type ? value : fromNumbers(type, value.shape, numbersOf(value));
}

/** A dictionary of texts, pickled in an array of one object. */
function readMap(bytes: Uint8Array): Map<string, string> {
  const header = parseNpyHeader(bytes);
  const stored = header.descr === '|O' ? readPickle(bytes.subarray(header.offset), header.offset) : undefined;
  const content = stored instanceof PickleArray ? stored.content : undefined;
  const dict = content && 'objects' in content ? content.objects[0] : stored;
  if (!(dict instanceof PickleDict))
    throw new StudioError('file-malformed', `its entry "${MAP}" is not a dictionary`, {}, "Write it as map={'alias': 'placeholder'}."); // prettier-ignore
  return new Map(
    [...dict.entries].map(([alias, name]) => {
      if (!(name instanceof PickleText)) throw new StudioError('file-malformed', `"${alias}" of its entry "${MAP}" is not a text`); // prettier-ignore
      return [alias, name.text];
    }),
  );
}
