import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import {
  bytesPerElement,
  elementCount,
  type ElementType,
  type Shape,
  type Tensor,
} from '../../network/tensor.ts';
import { joined } from '../onnx/tensor-data.ts';
import type { ProtoBlob } from './caffemodel.ts';

/** Element types of raw data in NVIDIA's Caffe, by their numbers. */
const RAW_TYPES: readonly (ElementType | undefined)[] = ['float64', 'float32', 'float16'];

/** Old files have four dimensions, whatever the rank: [1, 1, N, K] is [N, K]. */
function dimensionsOf({ shape, num, channels, height, width }: ProtoBlob): number[] {
  return shape
    ? shape.dim.map((dim) => (typeof dim === 'number' ? dim : NaN))
    : [num, channels, height, width];
}

const withoutOnes = (shape: Shape): string => shape.filter((dim) => dim !== 1).join();

/**
 * The values of a stored blob as a tensor of the shape that its layer needs. Floats stay views of the file.
 * @param what names the blob in errors
 * @throws StudioError shape-mismatch when the file holds another shape, file-malformed when values are missing
 */
export function blobTensor(blob: ProtoBlob, shape: Shape, what: string, layer: string): Tensor {
  const stored = dimensionsOf(blob);
  if (withoutOnes(stored) !== withoutOnes(shape)) {
    throw new StudioError(
      'shape-mismatch',
      `${what} is [${stored.join(',')}] in the weights, but the net needs [${shape.join(',')}]`,
      { layer },
      'Give the .caffemodel that belongs to this .prototxt.',
    );
  }
  const { type, bytes } = valuesOf(blob);
  const count = elementCount(shape);
  if (!type || bytes.length !== count * bytesPerElement(type)) {
    const held = type
      ? `${bytes.length / bytesPerElement(type)} values`
      : `values of type ${blob.rawDataType}`;
    throw new StudioError('file-malformed', `${what} holds ${held}, not ${count} numbers`, { layer });
  }
  if (type !== 'float64') return tensorOnBytes(type, shape, bytes);
  return {
    type: 'float32',
    shape,
    data: Float32Array.from(tensorOnBytes(type, shape, bytes).data as Float64Array),
  };
}

function valuesOf({ data, doubleData, rawData, rawDataType }: ProtoBlob): {
  type: ElementType | undefined;
  bytes: Uint8Array;
} {
  if (rawData.length > 0) return { type: RAW_TYPES[rawDataType], bytes: rawData };
  if (doubleData.length > 0) return { type: 'float64', bytes: joined(doubleData) };
  return { type: 'float32', bytes: joined(data) };
}
