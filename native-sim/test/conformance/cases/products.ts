import { type ConvOptions, conv, deconv, type Dense, map, need } from '../../reference/ops.ts';
import { shaped } from '../../reference/moves.ts';
import { fullyConnected, matrixProduct } from '../../reference/products.ts';
import type { Params } from '../../op-check.ts';
import { type Case, type Port, reals } from '../conform.ts';

type Inputs = (Dense | null)[];

/** Sizes of the terms that a sum of products is made of. */
const sizes =
  (reference: (inputs: Inputs) => Dense[]) =>
  (inputs: Inputs): Dense[] =>
    reference(inputs.map((t) => t && map(t, Math.abs)));

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

const lines: Case[] = [
  {
    ...layer({
      op: 'CONV1D',
      inputs: [reals([9, 4, 2]), filter([3, 4, 5], 2), biases(5)],
      params: { ksize: 3, stride: 2, pad: [1, 2], dilation: 2, group: 1, weights: 5 },
      reference: ([x, w, b]) => [
        line(
          conv(
            flat(need(x)),
            flat(need(w)),
            bias(b),
            options({ stride: [2, 1], pad: [1, 2, 0, 0], dilation: [2, 1] }),
          ),
        ),
      ],
    }),
    rows: conv1dRows(),
  },
];

/** As of CONV2D, less what only that has. */
function conv1dRows(): string {
  return `f32 f32 f32, f32 f32 - > f32 f16; f16 f16 f32, bf16 bf16 f32, f16 f16 - > f32 f16 bf16; i8d i8d i32d, u8a u8a
    i32a, u8a i8c i32c, u8a i8c -, i8d i8d -, u8a i8d i32d, i8d u8a i32a > f32 f16 bf16 u8a i8d i16d; i16d i16d i64d,
    i16d i16d - > f32 bf16 u8a i8d i16d`;
}

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
];

const matrices: Case[] = [
  layer({
    op: 'FCL',
    inputs: [reals([3, 2, 2, 3]), filter([12, 5], 1), biases(5)],
    params: { weights: 5 },
    reference: ([x, w, b]) => [fullyConnected(need(x), need(w), bias(b))],
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
