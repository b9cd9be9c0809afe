import { PickleTuple, type PickleValue } from '../../files/pickle-values.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { TorchArchive } from './archive.ts';
import type { ObjectReader } from './objects.ts';
import { Program } from './program.ts';
import { stridedTensor } from './storage.ts';
import { PickledObject, PickledTensor, readTorchPickle, type NumberedTensor } from './unpickle.ts';
import { ObjectValue, type Value } from './values.ts';

/** What a TorchScript archive holds: code, the tree of modules, and constants of the code. */
export interface TorchModel {
  readonly program: Program;
  /** The module that was saved. */
  readonly root: PickledObject;
  /** Decodes a tensor of the modules or constants. @throws StudioError file-malformed */
  readonly load: (tensor: PickledTensor | NumberedTensor) => () => Tensor;
  /** `CONSTANTS.cN` of the code; undefined when there is none. */
  readonly constant: (name: string, objects: ObjectReader) => Value | undefined;
}

/** Opens the archives of PyTorch 1.4 and newer. @throws StudioError file-malformed */
export function openModel(archive: TorchArchive): TorchModel {
  const root = readTorchPickle(archive.bytes('data.pkl'), 'data');
  if (!(root instanceof PickledObject))
    throw new StudioError('file-malformed', 'its data.pkl holds no module');
  const constants = archive.has('constants.pkl')
    ? itemsOf(readTorchPickle(archive.bytes('constants.pkl'), 'constants'))
    : [];
  return {
    program: new Program(archive),
    root,
    load: (tensor) => () => {
      if (!(tensor instanceof PickledTensor))
        throw new StudioError('file-malformed', 'it mixes two formats of tensors');
      const { storage, offset, shape, strides } = tensor;
      const bytes = archive.bytes(storage.file);
      return stridedTensor({ type: storage.type, offset, shape, strides }, bytes);
    },
    constant: (name, objects) => {
      const stored = /^c\d+$/.test(name) ? constants[Number(name.slice(1))] : undefined;
      return stored === undefined ? undefined : objects.value(stored, `CONSTANTS.${name}`);
    },
  };
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  if (value instanceof PickleTuple) return value.items;
  throw new StudioError('file-malformed', 'its constants.pkl holds no constants');
}

/** The module that was saved, as a value of the program. */
export const rootOf = (model: TorchModel): ObjectValue => new ObjectValue(model.root.type, '', model.root);
