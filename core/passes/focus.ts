import type { Layer, TensorRef } from '../network/layer.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { readStridedSlice } from '../ops/slice.ts';
import type { GraphEditor, Replacement } from './editor.ts';
import { same } from './match.ts';
import { layerPass } from './rewrite.ts';

/** Channel-last, and pictures stored as ONNX has them: which axes are height, width and channels. */
const LAYOUTS = [
  { height: 1, width: 2, channels: 3 },
  { height: 2, width: 3, channels: 1 },
] as const;

interface Cut {
  of: TensorRef;
  begin: number[];
  step: number[];
}

/** A tensor as a strided cut of another; slices behind each other are one cut. */
function cutOf(editor: GraphEditor, ref: TensorRef): Cut | undefined {
  let found: Cut | undefined;
  for (let layer = editor.producer(ref); ; layer = editor.producer(layer.inputs[0])) {
    const shape = layer.op === 'stridedslice' ? editor.shape(layer.inputs[0]) : undefined;
    if (!shape) return found;
    const cuts = readStridedSlice(layer, shape);
    if (cuts.some(({ shrink, stride }) => shrink || stride < 1)) return undefined;
    const behind = found;
    found = {
      of: layer.inputs[0],
      begin: cuts.map(({ begin, stride }, axis) => begin + stride * (behind?.begin[axis] ?? 0)),
      step: cuts.map(({ stride }, axis) => stride * (behind?.step[axis] ?? 1)),
    };
  }
}

interface Focus {
  input: TensorRef;
  isChannelFirst: boolean;
  block: [height: number, width: number];
  /** Which block of space2depth's order each block of the concatenation is. */
  blocks: number[];
  channels: number;
  slices: Layer[];
}

function match(editor: GraphEditor, concat: Layer): Focus | undefined {
  if (concat.op !== 'concat' || concat.inputs.length < 4) return undefined;
  const slices = concat.inputs.map((ref) => editor.soleProducer(ref, 'stridedslice'));
  const cuts = concat.inputs.map((ref) => cutOf(editor, ref));
  const [first] = cuts;
  const shape = first && editor.shape(first.of);
  const result = editor.shape({ layer: concat.key, port: 0 });
  if (!first || shape?.length !== 4 || result?.length !== 4) return undefined;
  const dim = concat.int('dim', -1);
  const layout = LAYOUTS.find(({ channels }) => channels === (dim < 0 ? dim + 4 : dim));
  if (!layout) return undefined;
  const { height, width, channels } = layout;
  const block: Focus['block'] = [first.step[height], first.step[width]];
  const blocks: number[] = [];
  for (const [i, cut] of cuts.entries()) {
    if (!cut || !slices[i] || !same(cut.of, first.of)) return undefined;
    const steps = shape.map((_, axis) => (axis === height ? block[0] : axis === width ? block[1] : 1));
    const [y, x] = [cut.begin[height], cut.begin[width]];
    if (cut.step.join() !== steps.join() || cut.begin[0] !== 0 || cut.begin[channels] !== 0) return undefined;
    if (y >= block[0] || x >= block[1]) return undefined;
    blocks.push(y * block[1] + x);
  }
  const count = block[0] * block[1];
  const wanted = [...shape];
  wanted[height] /= block[0];
  wanted[width] /= block[1];
  wanted[channels] *= count;
  if (blocks.length !== count || new Set(blocks).size !== count || result.join() !== wanted.join())
    return undefined;
  return {
    input: first.of,
    isChannelFirst: channels === 1,
    block,
    blocks,
    channels: shape[channels],
    slices: slices.flatMap((layer) => layer ?? []),
  };
}

/** The convolution that alone reads the result, perhaps behind the permute to channel-last. */
function readingConvolution(editor: GraphEditor, concat: Layer, isChannelFirst: boolean): Layer | undefined {
  let ref: TensorRef = { layer: concat.key, port: 0 };
  if (isChannelFirst) {
    const permute = editor.soleReader(ref, 'permute');
    if (permute?.ints('perm', [0]).join() !== '0,2,3,1') return undefined;
    ref = { layer: permute.key, port: 0 };
  }
  const convolution = editor.soleReader(ref, 'convolution');
  if (!convolution || convolution.int('group_number', 1) !== 1) return undefined;
  return editor.coefficients(convolution).get('weight')?.type === 'float32' ? convolution : undefined;
}

/** The weight [kh, kw, in, out] for input channels in another order: new channel i was channel from[i]. */
function reordered(weight: Tensor, from: readonly number[]): Tensor {
  const [height, width, inner, outputs] = weight.shape;
  const source = toFloat32(weight);
  const data = new Float32Array(source.length);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < inner; channel++) {
      const at = (pixel * inner + from[channel]) * outputs;
      data.set(source.subarray(at, at + outputs), (pixel * inner + channel) * outputs);
    }
  }
  return { ...weight, data };
}

/** Whole blocks of channels as channels: [1, 0] with 2 channels is [2, 3, 0, 1]. */
const spread = (blocks: readonly number[], channels: number): number[] =>
  blocks.flatMap((block) => Array.from({ length: channels }, (_, i) => block * channels + i));

/** Reorders the weights of the convolution behind, so that it reads the blocks as space2depth leaves them. */
function reorderWeights(editor: GraphEditor, convolution: Layer, { blocks, channels }: Focus): void {
  // Channel i of space2depth is channel from[i] of the concatenation.
  const places = blocks.map((_, i) => blocks.indexOf(i));
  const tensors = new Map(editor.coefficients(convolution));
  const weight = tensors.get('weight');
  if (!weight) return;
  editor.setCoefficients(convolution, tensors.set('weight', reordered(weight, spread(places, channels))));
}

/** The constant channel indices that put the blocks into the concatenation's order. */
function putIndices(editor: GraphEditor, layer: Layer, { blocks, channels }: Focus): void {
  const order = Int32Array.from(spread(blocks, channels));
  const data: Tensor = { type: 'int32', shape: [order.length], data: order };
  editor.replace(layer, {
    op: 'variable',
    parameters: [
      ['shape', [order.length]],
      ['is_scalar', false],
      ['type', 'int32'],
    ],
    inputs: [],
    coefficients: new Map([['data', data]]),
    reshapes: true,
  });
}

/** The steps that give the concatenation: space2depth, the order of the blocks, permutes around them. */
function rewrite(editor: GraphEditor, concat: Layer, found: Focus): void {
  const { block, blocks, isChannelFirst } = found;
  const isOrdered = blocks.every((value, i) => value === i);
  const convolution = isOrdered ? undefined : readingConvolution(editor, concat, isChannelFirst);
  if (convolution) reorderWeights(editor, convolution, found);
  const steps: Pick<Replacement, 'op' | 'parameters'>[] = [
    { op: 'space2depth', parameters: [['block_size', block]] },
  ];
  if (!isOrdered && !convolution)
    steps.push({
      op: 'gather',
      parameters: [
        ['axis', 3],
        ['batch_dims', null],
      ],
    });
  if (isChannelFirst) {
    steps.unshift({ op: 'permute', parameters: [['perm', [0, 2, 3, 1]]] });
    steps.push({ op: 'permute', parameters: [['perm', [0, 3, 1, 2]]] });
  }
  // The slices lend their keys: at least four are free for at most three steps and the indices.
  const [indices, ...free] = found.slices;
  let ref = found.input;
  steps.forEach((step, i) => {
    const layer = i === steps.length - 1 ? concat : free[i];
    const inputs = step.op === 'gather' ? [ref, { layer: indices.key, port: 0 }] : [ref];
    if (step.op === 'gather') putIndices(editor, indices, found);
    editor.replace(layer, { ...step, inputs, reshapes: true });
    ref = { layer: layer.key, port: 0 };
  });
}

/** Strided slices of a picture joined along the channels (YOLO's Focus) become `space2depth`. */
export const focus = layerPass(
  'focus',
  'One node moves the pixels that four or more slices and a concatenation move twice.',
  (editor, concat) => {
    const found = match(editor, concat);
    if (found) rewrite(editor, concat, found);
    return found !== undefined;
  },
);
