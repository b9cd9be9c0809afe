import { StudioError } from './errors.ts';
import {
  allocateElements,
  bytesPerElement,
  elementCount,
  isIdentity,
  permuted,
  transpose,
  transposeInto,
  viewElements,
  type ElementArray,
  type ElementType,
  type Shape,
  type Tensor,
} from './tensor.ts';

/** Elements that were not moved to their place yet. */
interface Source {
  /** C order of `shape`, little-endian, at any alignment. */
  bytes: Uint8Array;
  shape: Shape;
  /** Axis of `shape` for each axis of the tensor. */
  perm: readonly number[];
}

/**
 * Where the data of a tensor comes from, until somebody asks for it. Most weights of an import go from the model
 * file to the coefficient file without anybody looking at them: they are moved on the way out, in memory
 * that is used again, and never held twice.
 */
const sources = new WeakMap<Tensor, Source>();

/** Smaller tensors are copied at once: they are not worth keeping a model file in memory. */
const DEFER_FROM = 2 ** 16;

/** A tensor on bytes of a file; its `data` is a view of them where they are aligned, else a copy. */
export function tensorOnBytes(type: ElementType, shape: Shape, bytes: Uint8Array): Tensor {
  let data: ElementArray | undefined;
  const tensor: Tensor = {
    type,
    shape,
    get data() {
      data ??= viewElements(type, bytes);
      return data;
    },
  };
  sources.set(tensor, { bytes, shape, perm: shape.map((_, axis) => axis) });
  return tensor;
}

/**
 * A transposed copy (numpy.transpose), made when its data is first read. The bytes that `tensor` lies on must
 * not change before.
 * @param shape of the result, where it counts other axes than the transposed one
 */
export function transposedCopy(tensor: Tensor, perm: readonly number[], shape?: Shape): Tensor {
  const { type } = tensor;
  const source = sources.get(tensor);
  const resultShape = shape ?? permuted(tensor.shape, perm);
  if (!source || source.bytes.length < DEFER_FROM || !countsAxesOf(tensor, source)) {
    const moved = transpose(tensor, perm).data;
    return { type, shape: resultShape, data: moved === tensor.data ? moved.slice() : moved };
  }
  // A transpose of a transpose is one.
  const whole = permuted(source.perm, perm);
  let data: ElementArray | undefined;
  const copy: Tensor = {
    type,
    shape: resultShape,
    get data() {
      if (!data) {
        data = allocateElements(type, elementCount(resultShape));
        transposeInto(viewElements(type, source.bytes), data, source.shape, whole);
        // From here on the caller may change the data.
        sources.delete(copy);
      }
      return data;
    },
  };
  sources.set(copy, { bytes: source.bytes, shape: source.shape, perm: whole });
  return copy;
}

/** Whether the axes of a tensor are those of its source, in another order. */
function countsAxesOf({ shape }: Tensor, source: Source): boolean {
  const moved = permuted(source.shape, source.perm);
  return moved.length === shape.length && moved.every((dim, axis) => dim === shape[axis]);
}

/** The little-endian bytes of a tensor, not copied. @throws StudioError when data and shape disagree */
export function tensorBytes(tensor: Tensor): Uint8Array {
  const { data, shape } = tensor;
  if (elementCount(shape) !== data.length) {
    throw new StudioError('shape-mismatch', `${data.length} values do not fill [${shape.join(',')}]`);
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Memory that grows to the largest size asked for and is used again. */
class Scratch {
  private memory = new ArrayBuffer(0);

  bytes(length: number): Uint8Array {
    if (this.memory.byteLength < length) this.memory = new ArrayBuffer(length);
    return new Uint8Array(this.memory, 0, length);
  }
}

/** Hands out the bytes of tensors one after the other without keeping them in memory. */
export class ElementBytes {
  private readonly aligned = new Scratch();
  private readonly moved: [Scratch, Scratch] = [new Scratch(), new Scratch()];
  private turn = 0;

  /** The little-endian bytes of a tensor in C order; they stay as they are until the second call after this one. */
  of(tensor: Tensor): Uint8Array {
    const source = sources.get(tensor);
    if (!source) return tensorBytes(tensor);
    const { bytes, shape, perm } = source;
    if (isIdentity(perm)) return bytes;
    this.turn = 1 - this.turn;
    const target = this.moved[this.turn].bytes(bytes.length);
    const from = viewElements(tensor.type, this.align(bytes, bytesPerElement(tensor.type)));
    transposeInto(from, viewElements(tensor.type, target), shape, perm);
    return target;
  }

  private align(bytes: Uint8Array, width: number): Uint8Array {
    if (bytes.byteOffset % width === 0) return bytes;
    const aligned = this.aligned.bytes(bytes.length);
    aligned.set(bytes);
    return aligned;
  }
}
