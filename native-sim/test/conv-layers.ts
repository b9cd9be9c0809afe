/** Convolution layers and the schemes their tensors can have, for the tests of integer arithmetic. */
import type { NativeTensorSpec } from '../../core/simulator/native.ts';
import { plain, random, randomFloats } from './harness.ts';
import type { Params } from './op-check.ts';
import type { ConvOptions, Dense } from './reference/ops.ts';
import { affineOf, dfp, bfloat16, float16, float32, type Scheme, tensorOf } from './reference/schemes.ts';

/** Codes over the whole range; `extreme` ones are mostly the ends. */
export function codesOf(n: number, s: Scheme, extreme: boolean): number[] {
  return Array.from({ length: n }, () => {
    const r = random();
    if (r < (extreme ? 0.6 : 0.05)) return s.lo;
    if (r < (extreme ? 0.8 : 0.1)) return s.hi;
    return s.lo + Math.floor(random() * (s.hi - s.lo + 1));
  });
}

type Bias = 'none' | 'int32' | 'int64' | 'float32' | 'coarse';

export interface Layer extends ConvOptions {
  name: string;
  x: number[];
  w: number[];
  op: number;
  depthwise: boolean;
}

export const base = {
  stride: [1, 1],
  pad: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
  op: 2,
  depthwise: false,
} satisfies Omit<Layer, 'name' | 'x' | 'w'>;
export const layers: Layer[] = [
  { ...base, name: '3x3', x: [13, 9, 5, 2], w: [3, 3, 5, 11] },
  { ...base, name: '3x3 with long sums', x: [7, 5, 130, 1], w: [3, 3, 130, 9] },
  { ...base, name: '1x1', x: [16, 4, 70, 1], w: [1, 1, 70, 10], pad: [0, 0, 0, 0] },
  { ...base, name: '5x3 stride 3x2', x: [19, 12, 6, 1], w: [5, 3, 6, 9], stride: [3, 2], pad: [2, 0, 1, 2] },
  { ...base, name: 'grouped', x: [8, 8, 6, 1], w: [3, 3, 3, 8], op: 105, groups: 2 },
  { ...base, name: 'depthwise', x: [14, 11, 6, 2], w: [3, 3, 6, 1], depthwise: true },
  {
    ...base,
    name: 'depthwise stride 2, multiplier 2',
    x: [13, 10, 3, 2],
    w: [5, 5, 3, 2],
    depthwise: true,
    stride: [2, 2],
    pad: [2, 2, 1, 3],
  },
  {
    ...base,
    name: 'depthwise, a large window',
    x: [25, 24, 2, 1],
    w: [25, 23, 2, 1],
    depthwise: true,
    pad: [3, 4, 2, 2],
  },
];
export const paramsOf = (c: Layer): Params => ({
  ksize: c.w.slice(0, 2),
  stride: c.stride,
  pad: c.pad,
  dilation: c.dilation,
  group: c.depthwise ? (c.x[2] ?? 1) : c.groups,
  multiplier: c.depthwise ? (c.w[3] ?? 1) : 0,
});
export const channelsOf = (c: Layer): number => (c.depthwise ? (c.w[2] ?? 1) : 1) * (c.w[3] ?? 1);
export const less = (t: Dense, zero: number): Dense => ({ size: t.size, data: t.data.map((v) => v - zero) });

export interface Combination {
  x: Scheme;
  w: Scheme;
  y: Scheme;
  bias: Bias;
}
export const [u8x, i8x] = [affineOf('u8', 0.02, 117), affineOf('i8', 0.013, -7)];
export const combinations: Combination[] = [
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(16, 6), bias: 'int64' },
  { x: dfp(16, 15), w: dfp(16, 15), y: dfp(16, 8), bias: 'int32' },
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(16, 6), bias: 'coarse' },
  { x: dfp(16, 12), w: dfp(16, 14), y: dfp(8, -3), bias: 'none' },
  { x: dfp(8, 5), w: dfp(8, 7), y: dfp(8, 1), bias: 'int32' },
  { x: dfp(8, 5), w: dfp(8, 7), y: dfp(8, 1), bias: 'coarse' },
  { x: dfp(16, 12), w: affineOf('u8', 0.01, 131), y: dfp(16, 8), bias: 'int32' },
  { x: dfp(16, 12), w: dfp(8, 7), y: affineOf('u8', 0.3, 120), bias: 'int64' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: dfp(16, 9), bias: 'int32' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: dfp(16, 9), bias: 'int64' },
  { x: u8x, w: dfp(16, 14), y: affineOf('u8', 0.3, 120), bias: 'int64' },
  { x: u8x, w: affineOf('i8', 0.01, 0), y: affineOf('i8', 0.3, -5), bias: 'float32' },
  { x: i8x, w: affineOf('i8', 0.01, 0), y: i8x, bias: 'int32' },
  {
    x: affineOf('i16', 0.001, 300),
    w: affineOf('i8', 0.02, 0),
    y: affineOf('i16', 0.01, -77),
    bias: 'int32',
  },
  {
    x: affineOf('u16', 0.001, 30000),
    w: affineOf('i16', 0.0002, 0),
    y: affineOf('u16', 0.01, 32768),
    bias: 'int64',
  },
  { x: dfp(16, 12), w: dfp(16, 14), y: float32, bias: 'int64' },
  { x: dfp(16, 12), w: dfp(16, 14), y: bfloat16, bias: 'float32' },
  { x: u8x, w: affineOf('u8', 0.01, 131), y: float16, bias: 'int32' },
];

export function biasOf(
  c: Combination,
  n: number,
): { tensor: NativeTensorSpec | null; steps: number[]; real: number[] } {
  const zeros = Array.from({ length: n }, () => 0);
  const step = c.x.scale * c.w.scale;
  if (c.bias === 'none') return { tensor: null, steps: zeros, real: zeros };
  if (c.bias === 'float32') {
    const real = randomFloats(n, 20);
    return { tensor: tensorOf(float32, [n], real), steps: zeros, real };
  }
  const steps = randomFloats(n, c.bias === 'int64' ? 2 ** 34 : 2 ** 24).map(Math.round);
  const fl = (c.x.fl ?? 0) + (c.w.fl ?? 0);
  if (c.bias === 'coarse') {
    // Dynamic fixed point with five bits fewer after the point than the products.
    const tensor = { ...plain('i32', [n], Int32Array.from(steps)), qntType: 1, fl: fl - 5 };
    return { tensor, steps: steps.map((v) => v * 32), real: zeros };
  }
  const data = c.bias === 'int64' ? BigInt64Array.from(steps, BigInt) : Int32Array.from(steps);
  const type = c.bias === 'int64' ? 'i64' : 'i32';
  const dynamic = c.x.fl !== undefined && c.w.fl !== undefined;
  const scale = dynamic ? { qntType: 1, fl } : { qntType: 2, scale: Math.fround(step), zeroPoint: 0 };
  return { tensor: { ...plain(type, [n], data), ...scale }, steps, real: zeros };
}
