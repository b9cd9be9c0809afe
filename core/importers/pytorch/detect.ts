import { StudioError } from '../../network/errors.ts';
import type { TorchNode } from './operator.ts';
import { InputTensor } from './operator.ts';

/** Heights and widths that networks are trained on, the usual ones first. */
const PICTURES: readonly (readonly [number, number])[] = [
  ...[224, 32, 28, 64, 96, 112, 128, 160, 192, 227, 240, 256, 288, 299, 300, 320, 384, 416, 448, 480, 512, 600, 608, 640, 768, 800, 1024].map((size) => [size, size] as const),
  [240, 320], [480, 640], [320, 240], [640, 480], [360, 640], [384, 640], [288, 512], [512, 1024], [1024, 2048],
  [48, 48], [40, 40], [36, 36], [24, 24], [16, 16], [8, 8],
]; // prettier-ignore
const LINES = [128, 256, 512, 1024, 2048, 4096, 8000, 16000, 64, 32, 16];
const VOLUMES = [112, 64, 32, 16].map((size) => [16, size, size]);

/** Digits and letters are small, and have one channel. */
const SMALL = [28, 28] as const;

/** What an input is, as far as the operator that reads it first tells. */
interface Kind {
  /** Sizes of the input without spatial axes: batch and channels, or the whole of a vector. */
  fixed: number[];
  /** Axes behind them that any size may have. */
  spatial: number;
}

/** Operators in front of the first layer with weights: they leave sizes as they are. */
const THROUGH = new Set(['quantize_per_tensor', 'add', 'sub', 'mul', 'div', 'to', 'contiguous', 'clone', 'detach', 'dropout', 'relu', 'clamp', 'sigmoid', 'tanh']); // prettier-ignore

/** Shape of a weight by the name of its tensor. */
export type WeightShape = (name: string) => readonly number[] | undefined;

/**
 * Sizes that the inputs could have, the likeliest first, told by the first layers with weights that read them.
 * @param nodes of a program that was evaluated without sizes, as far as it went
 * @returns one list of shapes per guess, in the order of `inputs`; none when an input says nothing
 */
export function guesses(
  nodes: readonly TorchNode[],
  inputs: readonly string[],
  weight: WeightShape,
): number[][][] {
  const kinds = inputs.map((input) => kindOf(nodes, input, weight));
  const known = kinds.flatMap((kind) => kind ?? []);
  if (known.length < inputs.length) return [];
  const most = Math.max(...known.map(({ spatial }) => spatial));
  if (most === 0) return [known.map(({ fixed }) => fixed)];
  return sizesOf(most, known).map((size) =>
    known.map(({ fixed, spatial }) => [...fixed, ...size.slice(size.length - spatial)]),
  );
}

function sizesOf(spatial: number, kinds: readonly Kind[]): readonly (readonly number[])[] {
  if (spatial === 1) return LINES.map((size) => [size]);
  if (spatial === 3) return VOLUMES;
  const single = kinds.every(({ fixed }) => fixed[1] === 1);
  return single ? [SMALL, ...PICTURES] : PICTURES;
}

function kindOf(nodes: readonly TorchNode[], input: string, weight: WeightShape): Kind | undefined {
  const names = new Set([input]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => names.has(name))) continue;
    const kind = readerKind(node, weight);
    if (kind) return kind;
    if (THROUGH.has(node.opType)) node.outputs.forEach((name) => names.add(name));
  }
  return undefined;
}

/** What the layer says about the tensor that it reads. */
function readerKind(node: TorchNode, weight: WeightShape): Kind | undefined {
  const shapeOf = (name: string): readonly number[] | undefined => {
    const argument = node.args.get(name);
    return argument instanceof InputTensor ? weight(node.inputs[argument.index]) : undefined;
  };
  const { opType } = node;
  const shape = shapeOf('weight') ?? shapeOf('running_mean');
  if (!shape) return undefined;
  if (/^_?conv/.test(opType)) {
    const groups = Number(node.args.get('groups') ?? 1);
    const transposed = opType.includes('transpose') || node.args.get('transposed') === true;
    return { fixed: [1, transposed ? shape[0] : shape[1] * groups], spatial: shape.length - 2 };
  }
  if (opType === 'linear') return { fixed: [1, shape[shape.length - 1]], spatial: 0 };
  if (opType === 'batch_norm') return { fixed: [1, shape[0]], spatial: 2 };
  return undefined;
}

/** Whether an error says that sizes do not fit, so that others are worth a try. */
export function isAboutSizes(error: unknown): boolean {
  return (
    error instanceof StudioError &&
    ['network-invalid', 'shape-mismatch', 'op-unsupported'].includes(error.code)
  );
}
