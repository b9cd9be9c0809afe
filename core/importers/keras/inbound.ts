import { JsonObject, type JsonValue } from '../../files/json-text.ts';
import { StudioError } from '../../network/errors.ts';
import { numberOf } from './config.ts';

/** A result of a layer: which one, of which of its uses. */
export class TensorRef {
  readonly layer: string;
  /** Which use of the layer. */
  readonly node: number;
  /** Which of its results. */
  readonly index: number;

  constructor(layer: string, node: number, index: number) {
    this.layer = layer;
    this.node = node;
    this.index = index;
  }
}

/** What a layer is called with: tensors, plain values, lists of them. */
export type Argument = TensorRef | JsonObject | Exclude<JsonValue, JsonValue[]> | Argument[];

/** One use of a layer. */
export interface Call {
  args: readonly Argument[];
  kwargs: ReadonlyMap<string, Argument>;
}

/** More results than any layer has. */
const MAX_INDEX = 4096;

/** What stands for a value that is no tensor, in the first place of a call. */
const CONSTANT = '_CONSTANT_VALUE';

function malformed(name: string): StudioError {
  return new StudioError('file-malformed', 'its inbound_nodes can not be read', { layer: name });
}

/** `["layer", 0, 0]` as a reference; undefined for anything else. */
function asRef(value: JsonValue): TensorRef | undefined {
  if (!Array.isArray(value) || value.length < 3 || value.length > 4) return undefined;
  const [layer, node, index, rest] = value;
  const [use, result] = [numberOf(node), numberOf(index)];
  if (typeof layer !== 'string' || use === undefined || result === undefined) return undefined;
  if (rest !== undefined && !(rest instanceof JsonObject)) return undefined;
  if (!Number.isSafeInteger(use) || use < 0 || !Number.isSafeInteger(result)) return undefined;
  if (result < 0 || result > MAX_INDEX) return undefined;
  return new TensorRef(layer, use, result);
}

/** The inputs or outputs of a model: one reference, a list, or a record of them. */
export function readRefs(value: JsonValue | undefined): TensorRef[] {
  if (value instanceof JsonObject) return [...value.members.values()].flatMap((item) => readRefs(item));
  if (!Array.isArray(value)) throw new StudioError('file-malformed', 'the model names no inputs or outputs');
  const single = asRef(value);
  return single ? [single] : value.flatMap((item) => readRefs(item));
}

/** Reads the uses of a layer in the dialects of Keras 1 and 2 (lists) and 3 (records). */
export function readCalls(value: JsonValue | undefined, name: string): Call[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(name);
  return value.map((node) => (node instanceof JsonObject ? recordCall(node, name) : listCall(node, name)));
}

function recordCall(node: JsonObject, name: string): Call {
  const args = node.members.get('args');
  const kwargs = node.members.get('kwargs');
  if (!Array.isArray(args)) throw malformed(name);
  return {
    args: args.map((item) => decode(item, recordTensor)),
    kwargs: decodeAll(kwargs, recordTensor),
  };
}

type Decode = (value: JsonValue) => TensorRef | undefined;

/** `{"class_name": "__keras_tensor__", "config": {"keras_history": ["layer", 0, 0]}}` */
const recordTensor: Decode = (value) => {
  if (!(value instanceof JsonObject) || value.members.get('class_name') !== '__keras_tensor__')
    return undefined;
  const config = value.members.get('config');
  return config instanceof JsonObject ? asRef(config.members.get('keras_history') ?? null) : undefined;
};

function decode(value: JsonValue, tensor: Decode): Argument {
  const found = tensor(value);
  if (found) return found;
  return Array.isArray(value) ? value.map((item) => decode(item, tensor)) : value;
}

function decodeAll(value: JsonValue | undefined, tensor: Decode): Map<string, Argument> {
  const entries = value instanceof JsonObject ? [...value.members] : [];
  return new Map(entries.map(([key, item]) => [key, decode(item, tensor)]));
}

/** `[["layer", 0, 0, {kwargs}], ...]`; some versions leave out the outer list of a single one. */
function listCall(node: JsonValue, name: string): Call {
  if (!Array.isArray(node)) throw malformed(name);
  const items = node.length > 0 && typeof node[0] === 'string' ? [node] : node;
  const args: Argument[] = [];
  const kwargs = new Map<string, Argument>();
  for (const item of items) {
    if (!Array.isArray(item)) throw malformed(name);
    args.push(item[0] === CONSTANT ? decode(item[2] ?? null, asRef) : (asRef(item) ?? fail(name)));
    for (const [key, value] of decodeAll(item[3], asRef)) kwargs.set(key, value);
  }
  return { args: args.length > 1 ? [args] : args, kwargs };
}

function fail(name: string): never {
  throw malformed(name);
}
