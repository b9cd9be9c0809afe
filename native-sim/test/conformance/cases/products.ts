import { build, type ConvOptions, conv, deconv, type Dense, get, map, need } from '../../reference/ops.ts';
import { shaped } from '../../reference/moves.ts';
import { fullyConnected, matrixProduct } from '../../reference/products.ts';
import type { Params } from '../../op-check.ts';
import { type Case, type Port, reals } from '../conform.ts';
import { ROWS } from '../rows.ts';

/** Sizes of the terms that a sum of products is made of. */
const sizes =
  (reference: Case['reference']): Case['magnitude'] =>
  (inputs) =>
    reference(
      inputs.map((t) => t && map(t, Math.abs)),
      [],
      [],
    );

/** A filter along with its biases. */
const filter = (size: number[], channel: number): Port => ({ ...reals(size, 0.5), constant: true, channel });
const biases = (n: number): Port => ({ ...reals([n], 1), constant: true, bias: true });

const layer = (c: Omit<Case, 'magnitude' | 'slack'>): Case => ({
  ...c,
  magnitude: sizes(c.reference),
  slack: 64,
});

const options = (more: Partial<ConvOptions>): ConvOptions => ({
  stride: [1, 1],
  pad: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  ...more,
});

const bias = (t: Dense | null | undefined): number[] => t?.data ?? [];

interface Shape2d {
  name: string;
  op: string;
  x: number[];
  w: number[];
  options: ConvOptions;
  params?: Params;
}

const convolution = ({ name, op, x, w, options: o, params }: Shape2d): Case => {
  const depthwise = params?.['multiplier'] !== undefined;
  return layer({
    op,
    name,
    inputs: [
      reals(x),
      filter(w, depthwise ? 2 : 3),
      biases(depthwise ? (w[2] ?? 1) * (w[3] ?? 1) : (w[3] ?? 1)),
    ],
    params: {
      ksize: w.slice(0, 2),
      stride: o.stride,
      pad: o.pad,
      dilation: o.dilation,
      group: o.groups,
      weights: w[3] ?? 1,
      ...params,
    },
    reference: ([t, k, b]) => [conv(need(t), need(k), bias(b), o, depthwise)],
    // Scales of a depthwise filter with a multiplier are no biases' scales.
    ...(depthwise && w[3] !== 1 ? { without: ['i8c', 'i32c'] } : {}),
  });
};

const convolutions: Case[] = [
  {
    name: '3x3',
    op: 'CONV2D',
    x: [6, 5, 3, 2],
    w: [3, 3, 3, 5],
    options: options({ stride: [2, 1], pad: [1, 0, 1, 2] }),
  },
  { name: '1x1', op: 'CONV2D', x: [5, 3, 9, 1], w: [1, 1, 9, 4], options: options({}) },
  {
    name: 'depthwise',
    op: 'CONV2D',
    x: [6, 6, 5, 1],
    w: [3, 3, 5, 1],
    options: options({ pad: [1, 1, 1, 1] }),
    params: { multiplier: 1 },
  },
  {
    name: 'depthwise with a multiplier of 2',
    op: 'CONV2D',
    x: [6, 6, 3, 1],
    w: [2, 3, 3, 2],
    options: options({ stride: [2, 2] }),
    params: { multiplier: 2 },
  },
  {
    name: '',
    op: 'GROUPED_CONV2D',
    x: [5, 5, 6, 1],
    w: [3, 2, 2, 6],
    options: options({ groups: 3, dilation: [2, 1], pad: [2, 1, 0, 1] }),
  },
].map(convolution);

/** [W,C,N] as a picture of height 1. */
const flat = (t: Dense, height = 1): Dense => shaped(t, [t.size[0] ?? 1, height, ...t.size.slice(1)]);
const line = ({ size: [w = 1, , ...rest], data }: Dense): Dense => ({ size: [w, ...rest], data });

/** Filters of one dimension; CONV1D slides along the first dimension of [W,C,N]. */
const lineOf = (op: string, w: number[], o: Partial<ConvOptions>, params: Params, rows?: string): Case => {
  const depthwise = op === 'DEPTHWISE_CONV1D';
  const outputs = (w[2] ?? 1) * (depthwise ? (w[1] ?? 1) : 1);
  return {
    ...layer({
      op,
      inputs: [reals([9, 4, 2]), filter(w, depthwise ? 1 : 2), biases(outputs)],
      params,
      reference: ([x, k, b]) => [line(conv(flat(need(x)), flat(need(k)), bias(b), options(o), depthwise))],
    }),
    ...(rows === undefined ? {} : { rows }),
    // ovxlib knows no kernel with a scale per channel for it.
    ...(depthwise ? { without: ['i8c', 'i32c', 'i16c'] } : {}),
  };
};

const lines: Case[] = [
  lineOf(
    'CONV1D',
    [3, 4, 5],
    { stride: [2, 1], pad: [1, 2, 0, 0], dilation: [2, 1] },
    { ksize: 3, stride: 2, pad: [1, 2], dilation: 2, group: 1, weights: 5 },
  ),
  lineOf(
    'GROUPED_CONV1D',
    [3, 2, 6],
    { pad: [1, 0, 0, 0], groups: 2 },
    { ksize: 3, stride: 1, pad: [1, 0], dilation: 1, group: 2, weights: 6 },
    ROWS['CONV1D'],
  ),
  lineOf(
    'DEPTHWISE_CONV1D',
    [3, 4, 1],
    { stride: [2, 1], pad: [1, 1, 0, 0] },
    { stride: 2, pad: [1, 1], dilation: 1, multiplier: 1 },
    ROWS['CONV1D'],
  ),
];

const transposed: Case[] = [
  layer({
    op: 'DECONVOLUTION',
    inputs: [reals([4, 3, 3, 1]), filter([3, 3, 3, 4], 3), biases(4)],
    params: {
      ksize: [3, 3],
      stride: [2, 2],
      pad: [1, 1, 1, 1],
      group: 1,
      weights: 4,
      output_padding: [0, 0],
    },
    reference: ([x, w, b]) => [deconv(need(x), need(w), bias(b), 2, 1)],
  }),
  {
    ...layer({
      op: 'DECONVOLUTION1D',
      inputs: [reals([5, 3, 1]), filter([4, 3, 2], 2), biases(2)],
      params: { ksize: 4, stride: 3, pad: [1, 2], group: 1, weights: 2, output_padding: 1 },
      reference: ([x, w, b]) => [spread(need(x), need(w), bias(b))],
    }),
    rows: `f32 f32 f32, f32 f32 - > f32; f16 f16 f32, f16 f16 -, bf16 bf16 f32 > f32 f16 bf16; i8d i8d i32d, u8a u8a i32a,
      u8a i8c i32c, u8a i8d i32d > f32 f16 bf16 u8a i8d i16d; i16d i16d -, i16d i16d i64d > f32 u8a i8d i16d`,
  },
];

/** A row [W,C] spread by 3 with filters [4,IC,OC]; one element is cut off in front and one behind. */
function spread(x: Dense, w: Dense, bias: readonly number[]): Dense {
  const [length = 1, channels = 1] = x.size;
  return build([(length - 1) * 3 + 4 - 3 + 1, w.size[2] ?? 1, 1], ([p = 0, o = 0]) => {
    let sum = bias[o] ?? 0;
    for (let i = 0; i < length; i++)
      for (let c = 0; c < channels; c++) {
        const k = p + 1 - i * 3;
        if (k >= 0 && k < 4) sum += get(x, i, c, 0) * get(w, k, c, o);
      }
    return sum;
  });
}

const positivePart = (v: number): number => Math.max(v, 0);

const matrices: Case[] = [
  layer({
    op: 'FCL',
    inputs: [reals([3, 2, 2, 3]), filter([12, 5], 1), biases(5)],
    params: { weights: 5 },
    reference: ([x, w, b]) => [fullyConnected(need(x), need(w), bias(b))],
  }),
  layer({
    op: 'FCL2',
    inputs: [reals([3, 4, 2, 3]), filter([12, 5], 1), biases(5)],
    params: { weights: 5, axis: 1 },
    reference: ([x, w, b]) => [shaped(fullyConnected(need(x), need(w), bias(b)), [5, 2, 3])],
    rows: `f32 f32 f32 > f32; f16 f16 f32, f16 f16 - > f32 f16; i8d i8d i32d, u8a u8a i32a, u8a i8c i32c > f16 u8a i8d
      i16d; i16d i16d i64d > u8a i16d`,
  }),
  layer({
    op: 'FCL_RELU',
    inputs: [reals([12, 3]), filter([12, 5], 1), biases(5)],
    params: { weights: 5 },
    reference: ([x, w, b]) => [map(fullyConnected(need(x), need(w), bias(b)), positivePart)],
  }),
  layer({
    op: 'CONV_RELU',
    inputs: [reals([6, 5, 3, 1]), filter([3, 3, 3, 5], 3), biases(5)],
    params: { ksize: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1], dilation: [1, 1], group: 1, weights: 5 },
    reference: ([x, w, b]) => [
      map(conv(need(x), need(w), bias(b), options({ pad: [1, 1, 1, 1] })), positivePart),
    ],
  }),
  ...[
    [0, 0],
    [1, 0],
    [0, 1],
  ].map(([ta = 0, tb = 0]) =>
    layer({
      op: 'MATRIXMUL',
      name: `transposed ${ta} ${tb}`,
      inputs: [reals(ta ? [5, 11, 3] : [11, 5, 3]), reals(tb ? [11, 4] : [4, 11])],
      params: { transpose: [ta, tb] },
      reference: ([a, b]) => [matrixProduct(need(a), need(b), ta === 1, tb === 1)],
    }),
  ),
];

/** Sums of products. */
export const productCases: readonly Case[] = [...convolutions, ...lines, ...transposed, ...matrices];
