import type { ElementType } from '../../network/tensor.ts';
import { elementType } from '../onnx/tensor-data.ts';

/** DataType number of texts. */
export const STRING = 7;

/** ONNX's number for TensorFlow's DataType. Quantized types are the integers they are stored as. */
const ONNX_TYPES: ReadonlyMap<number, number> = new Map([
  [1, 1], // float
  [2, 11], // double
  [3, 6], // int32
  [4, 2], // uint8
  [5, 5], // int16
  [6, 3], // int8
  [9, 7], // int64
  [10, 9], // bool
  [11, 3], // qint8
  [12, 2], // quint8
  [13, 6], // qint32
  [14, 16], // bfloat16
  [15, 5], // qint16
  [16, 4], // quint16
  [17, 4], // uint16
  [19, 10], // half
  [22, 12], // uint32
  [23, 13], // uint64
]);

/** References to variables have the number of their type and 100. */
const plain = (dataType: number): number => (dataType > 100 ? dataType - 100 : dataType);

/** ONNX's number of a TensorFlow type; 0 where it has none. */
export const onnxTypeOf = (dataType: number): number => ONNX_TYPES.get(plain(dataType)) ?? 0;

/** The element type of a TensorFlow type, or undefined for types we do not hold (strings, resources, complex). */
export const elementTypeOf = (dataType: number): ElementType | undefined => elementType(onnxTypeOf(dataType));
