import { need } from '../../reference/ops.ts';
import { type Part, planesOf, rgbOf } from '../../reference/pictures.ts';
import { type Case, integers } from '../conform.ts';

const f = Math.fround;
const PART: Part = { left: 1, top: 2, width: 8, height: 6 };
const SCALE = f(0.0173);

interface Source {
  op: string;
  bytes: number;
  /** Bytes of a pixel that the planes are. */
  order: readonly number[];
  /** By byte of a pixel. */
  mean: readonly number[];
  params: Record<string, number>;
}

const colours = { r_mean: f(123.5), g_mean: f(116.25), b_mean: f(103.75), rgb_scale: SCALE };
const RGB = [colours.r_mean, colours.g_mean, colours.b_mean];
const BGRA = [colours.b_mean, colours.g_mean, colours.r_mean];
const sources: Source[] = [
  {
    op: 'PRE_PROCESS_GRAY',
    bytes: 1,
    order: [0],
    mean: [f(127.5)],
    params: { mean: f(127.5), scale: SCALE },
  },
  { op: 'PRE_PROCESS_RGB', bytes: 3, order: [0, 1, 2], mean: RGB, params: colours },
  {
    op: 'PRE_PROCESS_RGB',
    bytes: 3,
    order: [2, 1, 0],
    mean: RGB,
    params: { ...colours, reverse_channel: 1 },
  },
  { op: 'PRE_PROCESS_BGRA', bytes: 4, order: [0, 1, 2], mean: BGRA, params: colours },
  {
    op: 'PRE_PROCESS_BGRA',
    bytes: 4,
    order: [2, 1, 0],
    mean: BGRA,
    params: { ...colours, reverse_channel: 1 },
  },
];

const SIZES = [
  [8, 6],
  [5, 4],
  [13, 9],
] as const;

const partParams = (w: number, h: number, planes: number): Record<string, number | number[]> => ({
  'rect.left': PART.left,
  'rect.top': PART.top,
  'rect.width': PART.width,
  'rect.height': PART.height,
  'output_attr.size': [w, h, planes],
  'output_attr.dim_num': 3,
});

const TO = 'u8a i8d i16d f16 f32 bf16';

const bytes = sources.flatMap(({ op, bytes: pixel, order, mean, params }) =>
  SIZES.map(([w, h]): Case => ({
    op,
    name: `${w}x${h}${params['reverse_channel'] ? ' reversed' : ''}`,
    inputs: [integers([11 * pixel, 9], 0, 255)],
    params: { ...partParams(w, h, order.length), ...params },
    reference: ([x]) => [planesOf(need(x), pixel, PART, [w, h], order, { mean, scale: SCALE })],
    rows: `u8 > ${TO}`,
    double: 'always',
  })),
);

const videos = [0, 1].flatMap((shift) =>
  SIZES.map(([w, h]): Case => ({
    op: shift ? 'PRE_PROCESS_YUV420' : 'PRE_PROCESS_YUV444',
    name: `${w}x${h}`,
    inputs: [
      [11, 9],
      [11 >> shift, 9 >> shift],
      [11 >> shift, 9 >> shift],
    ].map((size) => integers(size, 0, 255)),
    params: { ...partParams(w, h, 3), ...colours },
    reference: ([y, u, v]) => {
      const rgb = rgbOf(need(y), need(u), need(v), shift);
      return [planesOf(rgb, 3, PART, [w, h], [0, 1, 2], { mean: RGB, scale: SCALE })];
    },
    rows: `u8 u8 u8 > ${TO}`,
    double: 'always',
  })),
);

/** Pictures of bytes that become a network's input: as they are, smaller and larger. */
export const pictureCases: readonly Case[] = [...bytes, ...videos];
