import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import { copyStrided, rowMajorStrides } from '../../network/strided-copy.ts';
import {
  allocateElements,
  bytesPerElement,
  elementCount,
  viewElements,
  type ElementType,
  type Tensor,
} from '../../network/tensor.ts';
import { widenBfloat16 } from '../onnx/tensor-data.ts';

/** Element types of storages. `quint8` and the like are integers that a quantizer gives a meaning. */
export interface StorageType {
  /** As it is stored. */
  element: ElementType | 'bfloat16';
}

const of = (element: StorageType['element']): StorageType => ({ element });

/** Storages by the name of their class. */
export const storageTypes: Readonly<Record<string, StorageType>> = {
  'torch.FloatStorage': of('float32'),
  'torch.DoubleStorage': of('float64'),
  'torch.HalfStorage': of('float16'),
  'torch.BFloat16Storage': of('bfloat16'),
  'torch.LongStorage': of('int64'),
  'torch.IntStorage': of('int32'),
  'torch.ShortStorage': of('int16'),
  'torch.CharStorage': of('int8'),
  'torch.ByteStorage': of('uint8'),
  'torch.BoolStorage': of('bool'),
  'torch.QUInt8Storage': of('uint8'),
  'torch.QInt8Storage': of('int8'),
  'torch.QInt32Storage': of('int32'),
};

/** A strided view of stored elements. */
export interface StridedTensor {
  type: StorageType;
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

/**
 * The tensor on the bytes of its storage: a view where the elements lie in order, else a copy.
 * @throws StudioError file-malformed when it reaches beyond the storage
 */
export function stridedTensor({ type, offset, shape, strides }: StridedTensor, storage: Uint8Array): Tensor {
  const count = elementCount(shape);
  const width = type.element === 'bfloat16' ? 2 : bytesPerElement(type.element);
  const reach = shape.reduce((sum, dim, axis) => sum + Math.max(0, dim - 1) * strides[axis], offset + 1);
  const available = Math.floor(storage.length / width);
  if (count > 0 && reach > available)
    throw new StudioError(
      'file-malformed',
      `a tensor of [${shape.join(',')}] reaches beyond its ${available} elements`,
    );
  // Repeated elements must not make more data than the file holds.
  if (count > Math.max(available, 2 ** 20))
    throw new StudioError(
      'file-malformed',
      `a tensor of [${shape.join(',')}] lies on only ${available} elements`,
    );
  const bytes = storage.subarray(offset * width, count === 0 ? offset * width : reach * width);
  const natural = rowMajorStrides(shape);
  const inOrder = shape.every((dim, axis) => dim === 1 || strides[axis] === natural[axis]);
  if (type.element === 'bfloat16') return bfloat16(bytes, shape, strides);
  if (inOrder) return tensorOnBytes(type.element, shape, bytes.subarray(0, count * width));
  const data = allocateElements(type.element, count);
  if (count > 0) copyStrided(viewElements(type.element, bytes), data, shape, strides);
  return { type: type.element, shape, data };
}

/** The upper halves of float32 numbers. */
function bfloat16(bytes: Uint8Array, shape: readonly number[], strides: readonly number[]): Tensor {
  const halves = allocateElements('uint16', elementCount(shape));
  if (halves.length > 0) copyStrided(viewElements('uint16', bytes), halves, shape, strides);
  return { type: 'float32', shape, data: widenBfloat16(halves as Uint16Array) };
}
