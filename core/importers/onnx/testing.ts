import { StudioError } from '../../network/errors.ts';
import { onnxModelType, onnxTensorType } from './encode.ts';

/** Element types of test models. */
export type TinyType = keyof typeof TYPE_NUMBERS;

const TYPE_NUMBERS = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
} as const;

const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint32: Uint32Array,
} as const;

/** A constant of a test model. */
export interface TinyTensor {
  dims: number[];
  data: number[];
  type?: TinyType;
}

/** An attribute; plain numbers are integers, floats are written `{ float: 1 }`. */
export type TinyAttribute =
  number | number[] | string | { float: number } | { floats: number[] } | TinyTensor;

/** A node of a test model; outputs default to one tensor named after the node. */
export interface TinyNode {
  op: string;
  inputs: string[];
  outputs?: string[];
  name?: string;
  domain?: string;
  attributes?: Record<string, TinyAttribute>;
}

/** A whole test model. */
export interface TinyModel {
  opset?: number;
  inputs: Record<string, (number | string)[]>;
  constants?: Record<string, TinyTensor>;
  nodes: TinyNode[];
  /** Names, with shapes where a test needs them declared. */
  outputs: string[];
  declared?: Record<string, number[]>;
  /** Types of inputs and outputs that are not float32. */
  types?: Record<string, TinyType>;
}

function rawData({ type = 'float32', data }: TinyTensor): Uint8Array {
  const typed = type === 'int64' ? BigInt64Array.from(data, BigInt) : ARRAYS[type].from(data);
  return new Uint8Array(typed.buffer);
}

const encodeTensor = (name: string, tensor: TinyTensor) => ({
  name,
  dims: tensor.dims,
  dataType: TYPE_NUMBERS[tensor.type ?? 'float32'],
  rawData: rawData(tensor),
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function encodeAttribute(name: string, value: TinyAttribute) {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: text(value) };
  if (Array.isArray(value)) return { name, type: 7, ints: value };
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('floats' in value) return { name, type: 6, floats: value.floats };
  return { name, type: 4, t: encodeTensor('', value) };
}

const valueInfo = (
  name: string,
  shape: readonly (number | string)[] | undefined,
  type: TinyType = 'float32',
) => ({
  name,
  type: {
    tensorType: {
      elemType: TYPE_NUMBERS[type],
      ...(shape
        ? {
            shape: {
              dim: shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
            },
          }
        : {}),
    },
  },
});

/** Encodes a test model as the bytes of an .onnx file. */
export function encodeTiny(model: TinyModel): Uint8Array {
  const domains = new Set(model.nodes.flatMap(({ domain }) => domain ?? []));
  const message = onnxModelType.fromObject({
    irVersion: 8,
    producerName: 'nibble-studio tests',
    opsetImport: [
      { domain: '', version: model.opset ?? 13 },
      ...[...domains].map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'test',
      node: model.nodes.map((node, i) => ({
        input: node.inputs,
        output: node.outputs ?? [node.name ?? `t${i}`],
        name: node.name ?? `n${i}`,
        opType: node.op,
        domain: node.domain ?? '',
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => encodeAttribute(name, value)),
      })),
      initializer: Object.entries(model.constants ?? {}).map(([name, tensor]) => encodeTensor(name, tensor)),
      input: Object.entries(model.inputs).map(([name, shape]) => valueInfo(name, shape, model.types?.[name])),
      output: model.outputs.map((name) => valueInfo(name, model.declared?.[name], model.types?.[name])),
      valueInfo: Object.entries(model.declared ?? {}).map(([name, shape]) => valueInfo(name, shape)),
    },
  });
  return onnxModelType.encode(message).finish();
}

/** Encodes a tensor as a file of its own, as test data of models is stored. */
export const encodeTensorFile = (tensor: TinyTensor): Uint8Array =>
  onnxTensorType.encode(onnxTensorType.fromObject(encodeTensor('', tensor))).finish();

/** Repeatable numbers in -1..1 (mulberry32). */
export function noise(count: number, seed = 1): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  });
}

/** A constant of noise. */
export const noiseTensor = (dims: number[], seed = 1): TinyTensor => ({
  dims,
  data: noise(
    dims.reduce((all, dim) => all * dim, 1),
    seed,
  ),
});

/** A 1-D int64 constant. */
export const ints = (...data: number[]): TinyTensor => ({ dims: [data.length], data, type: 'int64' });

/** A 1-D float constant. */
export const floats = (...data: number[]): TinyTensor => ({ dims: [data.length], data });

/** A scalar float constant. */
export const scalar = (value: number): TinyTensor => ({ dims: [], data: [value] });

/** The StudioError a promise must end with. */
export async function failure(promise: Promise<unknown>): Promise<StudioError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StudioError) return error;
  throw new Error(`expected a StudioError, got ${String(error)}`);
}

/** Convolution, ReLU and Reshape: a small whole model for tests about files and options. */
export const base: TinyModel = {
  inputs: { image: [1, 3, 8, 8] },
  constants: { w: noiseTensor([4, 3, 3, 3]), s: ints(1, -1) },
  nodes: [
    { op: 'Conv', name: 'first', inputs: ['image', 'w'], outputs: ['conv'] },
    { op: 'Relu', name: '', inputs: ['conv'], outputs: ['relu'] },
    { op: 'Reshape', name: 'last', inputs: ['relu', 's'], outputs: ['y'] },
  ],
  outputs: ['y'],
  declared: { relu: [1, 4, 6, 6] },
};
