import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import {
  bytesPerElement,
  elementCount,
  float16ToNumber,
  type ElementType,
  type Tensor,
} from '../../network/tensor.ts';
import { foldedCount, fromNumbers, type Numbers } from '../onnx/numeric.ts';
import { toInteger } from '../onnx/schema.ts';
import type { ProtoShape, ProtoTensor } from './schema.ts';
import { elementTypeOf } from './types.ts';
import { widenBfloat16 } from '../onnx/tensor-data.ts';

const BFLOAT16 = 14;
const HALF = 19;

/** Dimensions of a shape that must be known. @throws StudioError file-malformed when they can't be */
export function knownShape(shape: ProtoShape | null | undefined, what: string): number[] {
  const dims = (shape?.dim ?? []).map(({ size }) => toInteger(size));
  try {
    if (dims.length > 32) throw new Error('too many');
    elementCount(dims);
  } catch {
    throw new StudioError('file-malformed', `${what} has impossible dimensions [${dims.join(',')}]`);
  }
  return dims;
}

/**
 * The values of a TensorProto. Its content becomes a view of the file; a list of values that is too short repeats its
 * last one, as TensorFlow writes constants of equal values.
 * @throws StudioError file-malformed, or op-unsupported for element types we do not hold
 */
export function decodeTensor(proto: ProtoTensor, what: string): Tensor {
  const type = elementTypeOf(proto.dtype);
  if (!type)
    throw new StudioError(
      'op-unsupported',
      `${what} has element type ${proto.dtype}, which is not supported`,
    );
  const shape = knownShape(proto.tensorShape, what);
  const count = elementCount(shape);
  if (proto.tensorContent.length > 0) return onContent(proto, type, shape, what);
  const values = listed(proto, type, count);
  if (values.length === 0 && count > 0 && proto.tensorShape === null)
    throw new StudioError('file-malformed', `${what} holds no values`);
  if (values.length > count)
    throw new StudioError('file-malformed', `${what} holds more than ${count} values`);
  return fromNumbers(type, shape, repeated(values, foldedCount(shape)));
}

function onContent(proto: ProtoTensor, type: ElementType, shape: readonly number[], what: string): Tensor {
  const { tensorContent: content, dtype } = proto;
  const stored = dtype === BFLOAT16 ? 'uint16' : type;
  const size = elementCount(shape) * bytesPerElement(stored);
  if (content.length !== size) {
    throw new StudioError(
      'file-malformed',
      `truncated: ${what} holds ${content.length} bytes but [${shape.join(',')}] of ${stored} needs ${size}`,
    );
  }
  const tensor = tensorOnBytes(stored, shape, content);
  return dtype === BFLOAT16 ? widened(tensor) : tensor;
}

/** The upper halves of floats as floats. */
export function widened(bits: Tensor): Tensor {
  return { type: 'float32', shape: bits.shape, data: widenBfloat16(bits.data as Uint16Array) };
}

/** The last value stands for all that follow; none at all means zeros. */
function repeated(values: Numbers, count: number): Float64Array {
  const all = new Float64Array(count).fill(values.length > 0 ? values[values.length - 1] : 0);
  for (let i = 0; i < values.length; i++) all[i] = values[i];
  return all;
}

function listed(proto: ProtoTensor, type: ElementType, limit: number): Numbers {
  if (proto.dtype === HALF || proto.dtype === BFLOAT16) return halves(proto, limit);
  if (type === 'float32') return fixed(proto.floatVal, 4, limit, (view, at) => view.getFloat32(at, true));
  if (type === 'float64') return fixed(proto.doubleVal, 8, limit, (view, at) => view.getFloat64(at, true));
  const runs = type === 'int64' ? [...proto.int64Val, ...proto.uint64Val] : type === 'bool' ? proto.boolVal : type === 'uint32' ? proto.uint32Val : proto.intVal; // prettier-ignore
  return varints(runs, limit);
}

function halves(proto: ProtoTensor, limit: number): Numbers {
  const bits = Uint16Array.from(varints(proto.halfVal, limit));
  if (proto.dtype === BFLOAT16) return widened({ type: 'uint16', shape: [bits.length], data: bits }).data as Float32Array; // prettier-ignore
  return Float64Array.from(bits, float16ToNumber);
}

/** Numbers of fixed width; at most one more than `limit`, so that a wrong count is seen but never costs memory. */
function fixed(
  runs: readonly Uint8Array[],
  width: number,
  limit: number,
  read: (view: DataView, at: number) => number,
): number[] {
  const values: number[] = [];
  for (const run of runs) {
    const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
    for (let at = 0; at + width <= run.length && values.length <= limit; at += width)
      values.push(read(view, at));
  }
  return values;
}

function varints(runs: readonly Uint8Array[], limit: number): number[] {
  const values: number[] = [];
  for (const run of runs) {
    let [value, shift] = [0n, 0n];
    for (const byte of run) {
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte >= 0x80) {
        if (shift > 63n) throw new StudioError('file-malformed', 'a packed integer is longer than 64 bits');
        continue;
      }
      if (values.length > limit) return values;
      values.push(Number(BigInt.asIntN(64, value)));
      [value, shift] = [0n, 0n];
    }
  }
  return values;
}
