import type { TensorValue } from '../simulator/simulator.ts';
import type { DeviceTensor, DeviceType } from '../device/graph.ts';
import type { ProtoTensor } from '../importers/onnx/schema.ts';
import { toInt32 } from '../network/int32.ts';
import {
  elementCount,
  toFloat32,
  toNumbers,
  transpose,
  viewElements,
  type ElementType,
  type Tensor,
} from '../network/tensor.ts';

/** How close floats have to be: |got - wanted| <= absolute + relative * |wanted|. */
export interface Tolerance {
  relative: number;
  absolute: number;
}

/** ONNX's own limits for its node cases, and what half precision allows. */
const FLOAT: Tolerance = { relative: 1e-3, absolute: 1e-5 };
const HALF: Tolerance = { relative: 1e-2, absolute: 1e-2 };
const EXACT: Tolerance = { relative: 0, absolute: 0 };

/** TensorProto types with 16 bits or fewer that hold floats. */
const HALVES = new Set([10, 16, 17, 18, 19, 20]);
const FLOATS = new Set([1, 11]);

/** The tolerance for an expected tensor; integers and booleans are exact. */
export function toleranceFor(proto: ProtoTensor): Tolerance {
  if (HALVES.has(proto.dataType)) return HALF;
  return FLOATS.has(proto.dataType) ? FLOAT : EXACT;
}

/** The first difference in words, or undefined when there is none. */
export function difference(got: Tensor, wanted: Tensor, tolerance: Tolerance): string | undefined {
  // The device has no rank 0: one value is one value.
  const scalar = wanted.shape.length === 0 && elementCount(got.shape) === 1;
  if (!scalar && got.shape.join() !== wanted.shape.join())
    return `shape [${got.shape.join(',')}] instead of [${wanted.shape.join(',')}]`;
  const is = toNumbers(got);
  const should = toNumbers(wanted);
  const at = should.findIndex((value, index) => !near(is[index] ?? NaN, value, tolerance));
  if (at < 0) return undefined;
  const count = should.filter((value, index) => !near(is[index] ?? NaN, value, tolerance)).length;
  return `element ${at} is ${is[at]} instead of ${should[at]} (${count} of ${should.length} differ)`;
}

function near(got: number, wanted: number, { relative, absolute }: Tolerance): boolean {
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return true;
  return Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted);
}

const INTEGERS: Partial<Record<DeviceType, ElementType>> = {
  uint8: 'uint8',
  int8: 'int8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  bool8: 'bool',
};

/** The element type of an integer device tensor whose values are exact; undefined for floats. */
function exactType({ type, quantization }: DeviceTensor): ElementType | undefined {
  return quantization.kind === 'none' ? INTEGERS[type] : undefined;
}

/** A tensor's bytes as the graph input stores them: the device's type and axis order. */
export function deviceBytes(target: DeviceTensor, tensor: Tensor): Uint8Array {
  const { data } = transpose(tensor, target.order.length === tensor.shape.length ? target.order : []);
  const values = toNumbers({ ...tensor, data });
  const stored = storage(target, values, { ...tensor, data });
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function storage({ type, name }: DeviceTensor, values: number[], tensor: Tensor) {
  switch (type) {
    case 'float32':
      return toFloat32(tensor);
    case 'int32':
      return toInt32(values, name);
    case 'bool8':
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    case 'uint8':
      return Uint8Array.from(values);
    case 'int8':
      return Int8Array.from(values);
    default:
      throw new Error(`the graph takes an input of type ${type}`);
  }
}

/** The result of a run: integers from their bytes, because float32 would round large ones. */
export function valueOf({ tensor, shape, values, bytes }: TensorValue): Tensor {
  const type = exactType(tensor);
  // Graph outputs are in the network's own axis order, so the bytes are too.
  return type ? { type, shape, data: viewElements(type, bytes) } : { type: 'float32', shape, data: values };
}
