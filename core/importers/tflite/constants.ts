import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import { bytesPerElement, type Tensor, viewElements } from '../../network/tensor.ts';
import { foldedCount, fromNumbers } from '../onnx/numeric.ts';
import { dequantized, type Dequantized } from '../onnx/own-constants.ts';
import type { TfliteModel, TfliteTensor } from './model.ts';
import { densify } from './sparse.ts';
import { BFLOAT16, storedType } from './tensor-types.ts';
import { widenBfloat16 } from '../onnx/tensor-data.ts';

const malformed = (tensor: TfliteTensor, why: string): StudioError =>
  new StudioError('file-malformed', `tensor "${tensor.name}": ${why}`);

/** The numbers of a constant as the file stores them; a view of it where nothing is packed. */
export function storedTensor(model: TfliteModel, tensor: TfliteTensor): Tensor {
  const { element, bits, name } = storedType(tensor.type);
  const { shape } = tensor;
  if (!element) throw new StudioError('op-unsupported', `tensor "${tensor.name}" is of type ${name}`);
  if (shape.some((dim) => dim < 0)) throw malformed(tensor, `a constant of shape [${shape.join(',')}]`);
  const bytes = model.buffer(tensor.buffer) ?? new Uint8Array();
  if (tensor.sparsity) {
    const width = bytesPerElement(element);
    const count = Math.floor(bytes.length / width);
    const values = tensorOnBytes(element, [count], bytes.subarray(0, count * width));
    return densify(tensor.name, { type: element, shape, data: values.data }, tensor.sparsity);
  }
  const count = foldedCount(shape);
  const width = tensor.type === BFLOAT16 ? 2 : bytesPerElement(element);
  const needed = bits ? Math.ceil((count * bits) / 8) : count * width;
  if (bytes.length < needed)
    throw malformed(tensor, `it has ${bytes.length} bytes where [${shape.join(',')}] needs ${needed}`);
  if (bits) return { type: element, shape, data: unpacked(bytes, count, bits, element === 'int8') };
  if (tensor.type === BFLOAT16)
    return {
      type: element,
      shape,
      data: widenBfloat16(viewElements('uint16', bytes.subarray(0, needed)) as Uint16Array),
    };
  return tensorOnBytes(element, shape, bytes.subarray(0, needed));
}

/** Integers of a few bits, the first in the lowest ones of a byte. */
function unpacked(bytes: Uint8Array, count: number, bits: number, signed: boolean): Int8Array | Uint8Array {
  const perByte = 8 / bits;
  const data = signed ? new Int8Array(count) : new Uint8Array(count);
  const half = signed ? 2 ** (bits - 1) : 0;
  for (let i = 0; i < count; i++) {
    const code = (bytes[Math.floor(i / perByte)] >> ((i % perByte) * bits)) & (2 ** bits - 1);
    data[i] = code >= half && signed ? code - 2 * half : code;
  }
  return data;
}

/** A quantized constant as reals. @throws StudioError network-invalid when scales and shape do not belong together */
export function realConstant(model: TfliteModel, tensor: TfliteTensor): Dequantized {
  const { scales, zeros, axis } = tensor.quantization ?? { scales: [1], zeros: [], axis: 0 };
  const file = {
    invalid: (why: string) =>
      new StudioError('network-invalid', `tensor "${tensor.name}": ${why}`, { layer: tensor.name }),
  };
  return dequantized(file, storedTensor(model, tensor), {
    scale: fromNumbers('float32', [scales.length], scales),
    zero: zeros.length > 0 ? fromNumbers('int64', [zeros.length], zeros) : undefined,
    axis,
  });
}
