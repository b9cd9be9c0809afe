import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { built, plain, runFloat } from './harness.ts';
import { check, type Params, sim } from './op-check.ts';
import { build, count, type Dense, get } from './reference/ops.ts';

/** Numbers of PyTorch and TensorFlow; fixtures/make.py says how they were made. */
type Sample = Readonly<Record<string, number[]>>;
type Framework = Readonly<Record<string, Sample>>;
const { torch, tensorflow } = JSON.parse(
  readFileSync(new URL('fixtures/frameworks.json', import.meta.url), 'utf8'),
) as { torch: Framework; tensorflow: Framework };

const OPS = {
  LSTM: 88,
  LSTM_UNIT: 80,
  GRU: 159,
  GRU_OVXLIB: 121,
  RNN: 93,
  FRAME: 63,
  INTERP: 143,
  ROI_ALIGN: 112,
};
const [WIDTH, UNITS, STEPS, BATCH] = [3, 4, 5, 2];

const dense = (size: number[], data: number[] | undefined): Dense => ({ size, data: data ?? [] });

/** Inputs by index; the others are left out. */
function run(op: number, inputs: Record<number, Dense>, outputs: number[][], params: Params): number[][] {
  const last = Math.max(...Object.keys(inputs).map(Number));
  return runFloat(sim, {
    op,
    inputs: Array.from({ length: last + 1 }, (_, i) => (inputs[i] ? plain('f32', inputs[i].size) : null)),
    feed: Object.fromEntries(Object.entries(inputs).map(([i, t]) => [i, Float32Array.from(t.data)])),
    outputs: outputs.map((size) => plain('f32', size)),
    params,
  });
}

function expectNear(
  got: readonly number[] | undefined,
  want: readonly number[] | undefined,
  tolerance: number,
): void {
  expect(got?.length).toBe(want?.length);
  got?.forEach((v, i) => expect(Math.abs(v - (want?.[i] ?? NaN))).toBeLessThan(tolerance));
}

/** Part `i` of weights or biases that hold all gates one behind the other. */
const gate = (values: number[] | undefined, i: number, n: number): number[] =>
  (values ?? []).slice(i * n, (i + 1) * n);

describe.skipIf(!built)('operators against PyTorch', () => {
  it.each(['lstm', 'projected'])('LSTM_OVXLIB and LSTMUNIT_OVXLIB: %s', (name) => {
    const s = torch[name] ?? {};
    const outputs = name === 'projected' ? 3 : UNITS;
    // PyTorch's gates are input, forget, cell, output, each with two biases.
    const gates = Object.fromEntries(
      [0, 1, 2, 3].flatMap((i) => {
        const bias = gate(s['bi'], i, UNITS).map((v, k) => v + (gate(s['br'], i, UNITS)[k] ?? NaN));
        return [
          [3 + i, dense([WIDTH, UNITS], gate(s['wi'], i, WIDTH * UNITS))],
          [7 + i, dense([outputs, UNITS], gate(s['wr'], i, outputs * UNITS))],
          [14 + i, dense([UNITS], bias)],
        ] as [number, Dense][];
      }),
    );
    if (name === 'projected') gates[18] = dense([UNITS, outputs], s['wp']);
    const states = { 1: dense([outputs, BATCH], s['h0']), 2: dense([UNITS, BATCH], s['c0']) };
    const shapes = [
      [outputs, BATCH, STEPS],
      [outputs, BATCH],
      [UNITS, BATCH],
    ];
    const tolerance = name === 'projected' ? 1e-3 : 1e-6; // float16 in front of the projection
    const [y, h, c] = run(
      OPS.LSTM,
      { 0: dense([WIDTH, BATCH, STEPS], s['x']), ...gates, ...states },
      shapes,
      {},
    );
    expectNear(y, s['y'], tolerance);
    expectNear(h, s['h'], tolerance);
    expectNear(c, s['c'], tolerance);
    const first = dense([WIDTH, BATCH], s['x']?.slice(0, WIDTH * BATCH));
    const [one] = run(
      OPS.LSTM_UNIT,
      { 0: first, ...gates, ...states },
      [shapes[1], shapes[1], shapes[2]],
      {},
    );
    expectNear(one, s['y']?.slice(0, outputs * BATCH), tolerance);
  });

  it.each([
    ['GRU', OPS.GRU, [1, 0, 2], { input: 2, state: 5, inputBias: 8, stateBias: 11 }, 2e-3],
    ['GRU_OVXLIB', OPS.GRU_OVXLIB, [], undefined, 1e-6],
  ] as const)('%s', (_, op, order, first, tolerance) => {
    const s = torch['gru'] ?? {};
    // PyTorch's gates are reset, update, candidate.
    const ports = first
      ? order.map((g, i) => [g, first.input + i, first.state + i, first.inputBias + i, first.stateBias + i])
      : [
          [0, 2, 4, 6, 8],
          [1, 3, 5, 7, 9],
          [2, 10, 11, 12, 13],
        ];
    const gates = Object.fromEntries(
      ports.flatMap(([g = 0, i = 0, r = 0, bi = 0, br = 0]) => [
        [i, dense([WIDTH, UNITS], gate(s['wi'], g, WIDTH * UNITS))] as const,
        [r, dense([UNITS, UNITS], gate(s['wr'], g, UNITS * UNITS))] as const,
        [bi, dense([UNITS], gate(s['bi'], g, UNITS))] as const,
        [br, dense([UNITS], gate(s['br'], g, UNITS))] as const,
      ]),
    );
    const inputs = { 0: dense([WIDTH, BATCH, STEPS], s['x']), 1: dense([UNITS, BATCH], s['h0']), ...gates };
    const reset: Params = op === OPS.GRU ? { num_units: UNITS, reset_after: 1 } : { linear_before_reset: 1 };
    const params = { activation: 4, recurrent_activation: 6, return_sequences: 1, time_major: 1, ...reset };
    const [y, h] = run(
      op,
      inputs,
      [
        [UNITS, BATCH, STEPS],
        [UNITS, BATCH],
      ],
      params,
    );
    expectNear(y, s['y'], tolerance);
    expectNear(h, s['h'], tolerance);
  });

  it('RNN', () => {
    const s = torch['rnn'] ?? {};
    const bias = (s['bi'] ?? []).map((v, i) => v + (s['br']?.[i] ?? NaN));
    const inputs = {
      0: dense([WIDTH, BATCH], s['x']?.slice(0, WIDTH * BATCH)),
      1: dense([WIDTH, UNITS], s['wi']),
      2: dense([UNITS, UNITS], s['wr']),
      3: dense([UNITS], bias),
      4: dense([UNITS, BATCH], s['h0']),
    };
    const got = run(
      OPS.RNN,
      inputs,
      [
        [UNITS, BATCH],
        [UNITS, BATCH],
      ],
      { activation: 4 },
    );
    for (const y of got) expectNear(y, s['y']?.slice(0, UNITS * BATCH), 1e-6);
  });

  it('ROI_ALIGN', () => {
    const s = torch['roiAlign'] ?? {};
    const inputs = [dense([7, 6, 2, 1], s['x']), dense([4, 3], s['boxes']), dense([3], [0, 0, 0])];
    check(OPS.ROI_ALIGN, inputs, [dense([3, 2, 2, 3], s['y'])], {
      output_width: 3,
      output_height: 2,
      width_ratio: 2,
      height_ratio: 2,
      width_sample_num: 2,
      height_sample_num: 2,
    });
  });
});

describe.skipIf(!built)('operators against TensorFlow', () => {
  it.each([
    [OPS.GRU, 2e-3],
    [OPS.GRU_OVXLIB, 1e-6],
  ])('GRU with the reset before the product (%i)', (op, tolerance) => {
    const s = tensorflow['gru'] ?? {};
    // Keras has its weights the other way round, and the gates update, reset, candidate behind each other.
    const part = (values: number[] | undefined, g: number, inputs: number): Dense => {
      const all = dense([3 * UNITS, inputs], values);
      return build([inputs, UNITS], ([i = 0, o = 0]) => get(all, g * UNITS + o, i));
    };
    const gates = [0, 1, 2].flatMap((g) => {
      const plainPort = [2 + g, 5 + g, 8 + g];
      const own = [
        [3, 5, 7],
        [2, 4, 6],
        [10, 11, 12],
      ][g];
      const [i = 0, r = 0, b = 0] = op === OPS.GRU ? plainPort : (own ?? []);
      return [
        [i, part(s['kernel'], g, WIDTH)] as const,
        [r, part(s['recurrent'], g, UNITS)] as const,
        [b, dense([UNITS], gate(s['bias'], g, UNITS))] as const,
      ];
    });
    const inputs = { 0: dense([WIDTH, STEPS, BATCH], s['x']), ...Object.fromEntries(gates) };
    const params = { activation: 4, recurrent_activation: 6, return_sequences: 1, time_major: 0 };
    const units: Params = op === OPS.GRU ? { num_units: UNITS } : {};
    const [y, h] = run(
      op,
      inputs,
      [
        [UNITS, STEPS, BATCH],
        [UNITS, BATCH],
      ],
      { ...params, ...units },
    );
    expectNear(y, s['y'], tolerance);
    expectNear(h, s['h'], tolerance);
  });

  it('SIGNAL_FRAME', () => {
    const s = tensorflow['frames'] ?? {};
    const params = { window_length: 4, step: 3, axis: 0, pad_end: 0, pad_value: 0.5 };
    check(OPS.FRAME, [dense([11, 3], s['x'])], [dense([4, 3, 3], s['y'])], params, 1e-7);
    check(
      OPS.FRAME,
      [dense([11, 3], s['x'])],
      [dense([4, 4, 3], s['padded'])],
      { ...params, pad_end: 1 },
      1e-7,
    );
  });

  it('INTERP between corners', () => {
    const s = tensorflow['resized'] ?? {};
    const want = dense([13, 10, 2, 1], s['y']);
    expect(count(want.size)).toBe(want.data.length);
    // Zooming by 3 makes 5 and 4 elements 13 and 10.
    check(OPS.INTERP, [dense([5, 4, 2, 1], s['x'])], [want], { zoom_factor: 3 });
  });
});
