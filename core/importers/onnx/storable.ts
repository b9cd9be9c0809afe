import { toInt32 } from '../../network/int32.ts';
import { toFloat32, type Tensor } from '../../network/tensor.ts';

/**
 * The constant in a type the network files and the NPU know; always a copy, so that the file
 * can be freed.
 * @throws StudioError op-unsupported when an integer does not fit into 32 bits
 */
export function storable(name: string, tensor: Tensor): Tensor {
  const { type, shape } = tensor;
  if (type === 'float16' || type === 'float64') return { type: 'float32', shape, data: toFloat32(tensor) };
  if (type === 'int64' || type === 'uint32') {
    return { type: 'int32', shape, data: toInt32(tensor.data, name) };
  }
  return { ...tensor, data: tensor.data.slice() };
}
