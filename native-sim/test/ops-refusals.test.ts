import { describe, expect, it } from 'vitest';
import type { NativeTensorSpec } from '../../core/simulator/native.ts';
import { built, plain, single } from './harness.ts';
import { type Params, sim } from './op-check.ts';

const f = (...size: number[]): NativeTensorSpec => plain('f32', size);
const i = (...size: number[]): NativeTensorSpec => plain('i32', size);
const u8 = (...size: number[]): NativeTensorSpec => ({ size, vxType: 3, qntType: 0, virtual: false });
const constant = (...size: number[]): NativeTensorSpec =>
  plain('f32', size, new Float32Array(size.reduce((a, b) => a * b, 1)));

/** Inputs of LSTM_OVXLIB for 3 numbers and 4 units. */
const lstm = [
  f(3, 2, 5),
  null,
  null,
  ...Array.from({ length: 4 }, () => constant(3, 4)),
  ...Array.from({ length: 4 }, () => constant(4, 4)),
  ...Array.from({ length: 3 }, () => null),
  ...Array.from({ length: 4 }, () => constant(4)),
];
const gru = [f(3, 2), null, ...Array.from({ length: 6 }, (_, k) => constant(k < 3 ? 3 : 4, 4))];
const part = {
  'rect.left': 2,
  'rect.top': 0,
  'rect.width': 4,
  'rect.height': 4,
  'output_attr.size': [4, 4, 3],
  'output_attr.dim_num': 3,
};

describe.skipIf(!built)('operators refuse what they would compute wrongly', () => {
  it.each([
    ['an LSTM without tanh', 88, lstm, [f(4, 2, 5)], { activation: 1 }, /always computes tanh/],
    ['an LSTM with an unknown gate', 88, lstm, [f(4, 2, 5)], { recurrent_activation: 17 }, /17 is not known/],
    ['LSTM states of another size', 88, [lstm[0], f(3, 2), ...lstm.slice(2)], [f(4, 2, 5)], {}, /input 1/],
    ['a projection that is clipped', 88, [...lstm, constant(4, 3)], [f(3, 2, 5)], { proj_clip: 1 }, /clip/],
    [
      'working memory of an LSTM',
      80,
      [f(3, 2), ...lstm.slice(1)],
      [f(4, 2), f(4, 2), f(4, 2), f(16)],
      {},
      /output 3/,
    ],
    [
      'a GRU of no units',
      160,
      gru,
      [f(4, 2)],
      { num_units: 0, activation: 4, recurrent_activation: 6 },
      /num_units/,
    ],
    [
      'a GRU of other weights',
      160,
      gru,
      [f(5, 2)],
      { num_units: 5, activation: 4, recurrent_activation: 6 },
      /input 2/,
    ],
    [
      'a crop that moves one of two dimensions',
      33,
      [f(5, 4), f(3, 2)],
      [f(3, 2)],
      { axis: 1, dims: 2, offset: [1, 1, 0, 0, 0, 0, 0, 0] },
      /2 offsets/,
    ],
    [
      'a crop outside',
      33,
      [f(5, 4), f(3, 2)],
      [f(3, 2)],
      { axis: 0, dims: 2, offset: [3, 1, 0, 0, 0, 0, 0, 0] },
      /outside/,
    ],
    [
      'padding by INTERP',
      143,
      [f(5, 4)],
      [f(7, 6)],
      { pad_beg: 1, pad_end: 1, width: 7, height: 6 },
      /cropping/,
    ],
    ['INTERP without a size', 143, [f(5, 4)], [f(7, 6)], {}, /neither a factor nor a size/],
    [
      'windows longer than the signal',
      63,
      [f(5)],
      [f(6, 1)],
      { window_length: 6, step: 1, axis: 0 },
      /do not fit/,
    ],
    ['a picture part outside', 98, [u8(15, 4)], [f(4, 4, 3)], part, /not inside/],
    [
      'a picture of quantized bytes',
      98,
      [{ ...u8(18, 4), qntType: 2, scale: 0.5, zeroPoint: 0 }],
      [f(4, 4, 3)],
      part,
      /themselves/,
    ],
    [
      'a slice for a virtual tensor',
      61,
      [f(4, 1), i(1)],
      [{ ...f(4, 3), virtual: true }],
      { axis: 1 },
      /virtual/,
    ],
    [
      'boxes of 5 numbers',
      112,
      [f(6, 5, 1, 1), f(5, 2), i(2)],
      [f(2, 2, 1, 2)],
      { output_width: 2, output_height: 2, width_ratio: 1, height_ratio: 1 },
      /boxes/,
    ],
    [
      'a head without classes',
      117,
      [f(1, 3, 1), f(4, 3, 1), f(4, 3)],
      [f(2, 1), f(4, 2, 1), f(2, 1), f(1)],
      { dx: 1, dy: 1, dh: 1, dw: 1, max_num_detections: 2 },
      /class/,
    ],
    [
      'filters that are no ranks',
      65,
      [f(3, 1), f(12, 1), constant(3, 4), constant(3, 4)],
      [f(2, 1), f(12, 1)],
      { rank: 3, num_units: 2 },
      /rank/,
    ],
  ] as [string, number, (NativeTensorSpec | null | undefined)[], NativeTensorSpec[], Params, RegExp][])(
    '%s',
    (_, op, inputs, outputs, params, message) => {
      const once = { op, inputs: inputs.map((t) => t ?? null), feed: {}, outputs, params };
      expect(() => single(sim, once)).toThrow(message);
    },
  );

  it.each([
    [
      'more repeats than fit',
      150,
      [f(3), i(3)],
      { 1: [2, 2, 2] },
      f(5),
      { axis: 0, maxlen: 5 },
      /does not fit/,
    ],
    ['a slice behind the last', 61, [f(4, 1), i(1)], { 1: [3] }, f(4, 3), { axis: 1 }, /index 3/],
    ['a row behind the last', 91, [i(2), f(3, 4)], { 0: [1, 4] }, f(3, 2), {}, /index 4/],
    [
      'a box of no picture',
      112,
      [f(6, 5, 1, 1), f(4, 1), i(1)],
      { 2: [1] },
      f(2, 2, 1, 1),
      { output_width: 2, output_height: 2, width_ratio: 1, height_ratio: 1 },
      /picture 1/,
    ],
  ] as [string, number, NativeTensorSpec[], Record<number, number[]>, NativeTensorSpec, Params, RegExp][])(
    '%s, when it runs',
    (_, op, inputs, feed, output, params, message) => {
      const bytes = Object.fromEntries(
        Object.entries(feed).map(([port, values]) => [port, new Uint8Array(Int32Array.from(values).buffer)]),
      );
      const { graph } = single(sim, { op, inputs, feed: bytes, outputs: [output], params });
      expect(() => graph.run()).toThrow(message);
      graph.dispose();
    },
  );

  it('TENSORSTACKCONCAT keeps the slices that it wrote before', () => {
    const once = { op: 61, inputs: [f(2, 1), i(1)], feed: {}, outputs: [f(2, 3)], params: { axis: 1 } };
    const { graph, first } = single(sim, once);
    for (const [at, values] of [
      [2, [5, 6]],
      [0, [1, 2]],
    ] as const) {
      graph.writeFloat(0, Float32Array.from(values));
      graph.write(1, new Uint8Array(Int32Array.of(at).buffer));
      graph.run();
    }
    expect(Array.from(graph.readFloat(first))).toEqual([1, 2, 0, 0, 5, 6]);
    graph.dispose();
  });
});
