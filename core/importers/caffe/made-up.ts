import { elementCount, floatTensor, type Shape, type Tensor } from '../../network/tensor.ts';
import type { Message } from './message.ts';

/** What a blob is to its layer; made-up values of each are in a range that keeps a net's numbers moderate. */
export type BlobRole = 'weight' | 'bias' | 'scale' | 'mean' | 'variance' | 'one' | 'slope';

/** Reproducible values in place of weights that nobody gave. @param name what the values depend on */
export function madeUpTensor(role: BlobRole, shape: Shape, name: string): Tensor {
  const count = elementCount(shape);
  const data = new Float32Array(count);
  const [low, high] = rangeOf(role, shape);
  let state = hash(name);
  for (let i = 0; i < count; i++) {
    // Marsaglia's xorshift with 32 bits.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = low + ((state >>> 0) / 2 ** 32) * (high - low);
  }
  return floatTensor(shape, data);
}

function rangeOf(role: BlobRole, shape: Shape): [low: number, high: number] {
  switch (role) {
    case 'weight': {
      // Values of unit variance stay so: the variance of a weight is 1 / inputs.
      const reach = Math.sqrt(3 / Math.max(1, elementCount(shape.slice(1))));
      return [-reach, reach];
    }
    case 'bias':
    case 'mean':
      return [-0.1, 0.1];
    case 'scale':
    case 'variance':
      return [0.8, 1.2];
    case 'slope':
      return [0.1, 0.3];
    case 'one':
      return [1, 1];
  }
}

/** FNV-1a; never 0, where xorshift stays. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value === 0 ? 1 : value;
}

/**
 * What Caffe itself fills a blob with that no file gives, where that is not random: `constant` and `bilinear`.
 * @returns undefined for other fillers
 */
export function filledTensor(filler: Message, shape: Shape): Tensor | undefined {
  const type = filler.text('type', 'constant');
  if (type === 'constant')
    return floatTensor(shape, new Float32Array(elementCount(shape)).fill(filler.real('value', 0)));
  return type === 'bilinear' && shape.length === 4 ? bilinear(shape) : undefined;
}

/** The kernel of a bilinear upsampling, in every channel. */
function bilinear(shape: Shape): Tensor {
  const data = new Float32Array(elementCount(shape));
  const width = shape[3];
  const factor = Math.ceil(width / 2);
  const centre = (2 * factor - 1 - (factor % 2)) / (2 * factor);
  for (let i = 0; i < data.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width) % shape[2];
    data[i] = (1 - Math.abs(x / factor - centre)) * (1 - Math.abs(y / factor - centre));
  }
  return floatTensor(shape, data);
}
