import type { PickleDialect } from '../../files/pickle-dialect.ts';
import { PickleDict, PickleGlobal, PickleOpaque, PickleReal, PickleText, PickleTuple, type PickleValue } from '../../files/pickle-values.ts'; // prettier-ignore
import { readPickleAs } from '../../files/pickle.ts';
import { StudioError } from '../../network/errors.ts';
import { storageTypes, type StorageType } from './storage.ts';

/** An object of a class: its attributes, or whatever else its state is. */
export class PickledObject extends PickleOpaque {
  readonly kind = 'object';
  /** Full name, e.g. `__torch__.torch.nn.modules.conv.Conv2d`. */
  readonly type: string;
  state: PickleValue | undefined;
  constructor(type: string) {
    super();
    this.type = type;
  }
}

/** Numbers that lie in a file of the archive, or beside the pickle in files before PyTorch 1.4. */
export class PickledStorage extends PickleOpaque {
  readonly kind = 'storage';
  readonly type: StorageType;
  readonly file: string;
  /** Elements. */
  readonly count: number;
  constructor(type: StorageType, file: string, count: number) {
    super();
    this.type = type;
    this.file = file;
    this.count = count;
  }
}

/** How a quantized tensor stands for reals: (q - zeroPoint) * scale, one pair or one per slice of an axis. */
export interface TensorQuantizer {
  scales: readonly number[] | PickledTensor;
  zeroPoints: readonly number[] | PickledTensor;
  /** Undefined = one pair for all. */
  axis: number | undefined;
}

/** A tensor as strides over a storage. */
export class PickledTensor extends PickleOpaque {
  readonly kind = 'tensor';
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly quantizer: TensorQuantizer | undefined;
  constructor(
    storage: PickledStorage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    quantizer?: TensorQuantizer,
  ) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.quantizer = quantizer;
  }
}

/** A tensor of files before PyTorch 1.4, by its number in the list of model.json. */
export class NumberedTensor extends PickleOpaque {
  readonly kind = 'numbered';
  readonly index: number;
  constructor(index: number) {
    super();
    this.index = index;
  }
}

const MAX_RANK = 64;

const REBUILDERS = ['_rebuild_tensor', '_rebuild_tensor_v2', '_rebuild_qtensor', '_rebuild_parameter'];
const LISTS = ['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist'];
const allowed = new Set([
  'collections.OrderedDict',
  'torch.device',
  ...REBUILDERS.map((name) => `torch._utils.${name}`),
  ...LISTS.map((name) => `torch.jit._pickle.${name}`),
  'torch.jit._pickle.build_tensor_from_id',
  'torch.jit._pickle.restore_type_tag',
  'torch.per_tensor_affine',
  'torch.per_channel_affine',
  'torch.per_channel_affine_float_qparams',
]);

/**
 * Reads data.pkl or constants.pkl of a TorchScript archive.
 * @param folder where its storages lie
 * @throws StudioError file-malformed
 */
export function readTorchPickle(bytes: Uint8Array, folder: string): PickleValue {
  return readPickleAs(new TorchObjects(folder), bytes);
}

/** The objects of TorchScript's pickles: modules, tensors and typed lists; as data only. */
class TorchObjects implements PickleDialect {
  readonly noun = 'model data';
  readonly promise = 'a TorchScript archive holds only modules, tensors and plain values';
  readonly objects = {
    construct: (type: PickleValue): PickleValue => {
      if (type instanceof PickleGlobal && type.name.startsWith('__torch__.'))
        return new PickledObject(type.name);
      throw damaged('an object of no class');
    },
    persistent: (id: PickleValue): PickleValue => storageOf(id, this.folder),
  };
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  global(module: string, name: string): PickleValue | undefined {
    const full = `${module}.${name}`;
    const known = allowed.has(full) || module.startsWith('__torch__') || full in storageTypes;
    return known ? new PickleGlobal(full) : undefined;
  }

  call(callable: PickleValue, args: PickleValue): PickleValue {
    if (!(callable instanceof PickleGlobal)) throw damaged('a call of a value');
    // A member of an enumeration is its class, called with its value.
    if (callable.name.startsWith('__torch__.')) return args;
    if (!(args instanceof PickleTuple)) throw damaged('a call without arguments');
    const { items } = args;
    const name = callable.name.slice(callable.name.lastIndexOf('.') + 1);
    if (name === 'OrderedDict') return new PickleDict();
    if (name === 'device') return items[0] ?? null;
    if (name === 'restore_type_tag' || name === '_rebuild_parameter' || LISTS.includes(name))
      return items[0] ?? null;
    if (name === 'build_tensor_from_id') return new NumberedTensor(integer(items[0]));
    if (REBUILDERS.includes(name)) return tensorOf(name, items);
    throw damaged(`a call of ${callable.name}`);
  }

  build(target: PickleValue, state: PickleValue): void {
    if (!(target instanceof PickledObject)) throw damaged('the state of something that is no object');
    target.state = state;
  }
}

/** `('storage', type, file, device, count)` */
function storageOf(id: PickleValue, folder: string): PickledStorage {
  if (!(id instanceof PickleTuple)) throw damaged('a reference that is no tuple');
  const [word, type, file, , count] = id.items;
  if (
    !(word instanceof PickleText) ||
    word.text !== 'storage' ||
    !(type instanceof PickleGlobal) ||
    !(file instanceof PickleText)
  )
    throw damaged('a reference to something that is no storage');
  const found = Object.hasOwn(storageTypes, type.name) ? storageTypes[type.name] : undefined;
  if (!found) throw damaged(`a storage of ${type.name}`);
  return new PickledStorage(found, `${folder}/${file.text}`, integer(count));
}

function tensorOf(rebuilder: string, items: readonly PickleValue[]): PickledTensor {
  const [storage, offset, shape, strides, fifth] = items;
  if (!(storage instanceof PickledStorage)) throw damaged('a tensor without a storage');
  const sizes = integers(shape);
  const steps = integers(strides);
  if (sizes.length !== steps.length || sizes.length > MAX_RANK) throw damaged('a tensor of a bad shape');
  const quantizer = rebuilder === '_rebuild_qtensor' ? quantizerOf(fifth) : undefined;
  return new PickledTensor(storage, integer(offset), sizes, steps, quantizer);
}

/** `(scheme, scale, zero point)` or `(scheme, scales, zero points, axis)` */
function quantizerOf(value: PickleValue | undefined): TensorQuantizer {
  if (!(value instanceof PickleTuple)) throw damaged('a quantized tensor without parameters');
  const [scheme, scale, zeroPoint, axis] = value.items;
  const perTensor = !(scheme instanceof PickleGlobal) || scheme.name === 'torch.per_tensor_affine';
  if (perTensor) return { scales: [real(scale)], zeroPoints: [integer(zeroPoint)], axis: undefined };
  if (!(scale instanceof PickledTensor) || !(zeroPoint instanceof PickledTensor))
    throw damaged('quantization parameters that are no tensors');
  return { scales: scale, zeroPoints: zeroPoint, axis: integer(axis) };
}

function integers(value: PickleValue | undefined): number[] {
  if (!(value instanceof PickleTuple)) throw damaged('a shape that is no tuple');
  return value.items.map(integer);
}

function integer(value: PickleValue | undefined): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw damaged('a size that is no whole number');
}

function real(value: PickleValue | undefined): number {
  const number = value instanceof PickleReal ? value.value : value;
  if (typeof number === 'number') return number;
  throw damaged('a scale that is no number');
}

function damaged(what: string): StudioError {
  return new StudioError('file-malformed', `not a TorchScript archive: its data hold ${what}`);
}
