import {
  PickleDict,
  PickleReal,
  PickleText,
  PickleTuple,
  type PickleValue,
} from '../../files/pickle-values.ts';
import { StudioError } from '../../network/errors.ts';
import { isNative, restoredPacked } from './packed.ts';
import { NumberedTensor, PickledObject, PickledTensor } from './unpickle.ts';
import { DictValue, ListValue, ObjectValue, TensorRef, TupleValue, type Value } from './values.ts';

/** Lists of an honest attribute do not nest deeper. */
const MAX_DEPTH = 50;

/** A tensor of the file as a value of the program. @param name where it is, e.g. `features.0.weight` */
export type TensorReader = (name: string, stored: PickledTensor | NumberedTensor) => TensorRef;

/** Makes values of what a pickle holds, when the program asks for it: modules may lead back to themselves. */
export class ObjectReader {
  private readonly read: TensorReader;
  private readonly tensors = new Map<PickledTensor | NumberedTensor, TensorRef>();
  private readonly objects = new Map<PickledObject, ObjectValue>();

  constructor(read: TensorReader) {
    this.read = read;
  }

  /** An attribute that the pickle gives the object; undefined when it gives none of that name. */
  attribute(object: ObjectValue, name: string): Value | undefined {
    const known = object.attributes.get(name);
    if (known !== undefined) return known;
    const state = object.pickled?.state;
    const stored = state instanceof PickleDict ? state.entries.get(name) : undefined;
    if (stored === undefined) return undefined;
    const value = this.value(stored, object.path === '' ? name : `${object.path}.${name}`);
    object.attributes.set(name, value);
    return value;
  }

  /** @param path name of the value, for its tensors */
  value(stored: PickleValue, path: string, depth = 0): Value {
    if (depth > MAX_DEPTH) throw malformed(`lists nest deeper than ${MAX_DEPTH} levels in "${path}"`);
    const inner = (item: PickleValue, index: number): Value =>
      this.value(item, `${path}.${index}`, depth + 1);
    if (stored === null || typeof stored === 'boolean' || typeof stored === 'bigint') return stored;
    if (typeof stored === 'number') return BigInt(stored);
    if (stored instanceof PickleReal) return stored.value;
    if (stored instanceof PickleText) return stored.text;
    if (stored instanceof PickledTensor || stored instanceof NumberedTensor) return this.tensor(stored, path);
    if (stored instanceof PickledObject) return this.object(stored, path);
    if (Array.isArray(stored)) return new ListValue(stored.map(inner));
    if (stored instanceof PickleTuple) return new TupleValue(stored.items.map(inner));
    if (stored instanceof PickleDict) {
      const entries = [...stored.entries].map(([key, item]): [Value, Value] => [
        key,
        this.value(item, `${path}.${key}`, depth + 1),
      ]);
      return new DictValue(new Map(entries));
    }
    throw malformed(`"${path}" holds a value of an unknown kind`);
  }

  private tensor(stored: PickledTensor | NumberedTensor, path: string): TensorRef {
    const known = this.tensors.get(stored);
    if (known) return known;
    const made = this.read(path, stored);
    this.tensors.set(stored, made);
    return made;
  }

  private object(stored: PickledObject, path: string): Value {
    const known = this.objects.get(stored);
    if (known) return known;
    if (isNative(stored.type)) return restoredPacked(stored.type, this.value(stored.state ?? null, path));
    const made = new ObjectValue(stored.type, path, stored);
    this.objects.set(stored, made);
    return made;
  }
}

/** Whether the object has no modules inside. */
export function isLeaf(object: ObjectValue): boolean {
  const state = object.pickled?.state;
  if (!(state instanceof PickleDict)) return true;
  return ![...state.entries.values()].some(
    (value) => value instanceof PickledObject && !isNative(value.type),
  );
}

function malformed(why: string): StudioError {
  return new StudioError('file-malformed', `not a TorchScript archive: ${why}`);
}
