import { expect, test } from 'vitest';
import { Layer } from '../../network/layer.ts';
import { Network } from '../../network/network.ts';
import { floatTensor, toFloat32 } from '../../network/tensor.ts';
import type { CalibrationRun } from '../calibrate.ts';
import type { Range } from '../entries.ts';
import { resolveScheme } from '../schemes.ts';
import { buildTable, measuredRefs } from '../table.ts';
import { minimiseErrors } from './minimise.ts';
import { storedValues } from './stored-values.ts';
import { copyOf, survey } from './survey.ts';

const INPUTS = 6;
const OUTPUTS = 3;
const SAMPLES = 8;

/** Numbers between -1 and 1 without a pattern. */
function scattered(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 * seed));
}

/** input → fullconnect (→ relu) → output. */
function network(activation: boolean): Network {
  const ref = (layer: string) => ({ layer, port: 0 });
  const net = new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' }, [
    new Layer({ key: 'out_0', name: 'out', op: 'output', inputs: [ref(activation ? 'relu_3' : 'fc_1')] }),
    new Layer({
      key: 'fc_1',
      name: 'fc',
      op: 'fullconnect',
      inputs: [ref('in_2')],
      parameters: { weights: OUTPUTS },
    }),
    new Layer({ key: 'in_2', name: 'in', op: 'input', inputs: [], parameters: { shape: [0, INPUTS] } }),
  ]);
  if (activation) net.add(new Layer({ key: 'relu_3', name: 'relu', op: 'relu', inputs: [ref('fc_1')] }));
  net.setCoefficient('fc_1', 'weight', floatTensor([INPUTS, OUTPUTS], scattered(INPUTS * OUTPUTS, 1)));
  net.setCoefficient('fc_1', 'bias', floatTensor([OUTPUTS], scattered(OUTPUTS, 2)));
  return net;
}

const samples = Array.from({ length: SAMPLES }, (_, index) =>
  scattered(INPUTS, index + 3).map((value) => value + 0.5),
);

function pass(): CalibrationRun {
  return {
    batchSize: 1,
    batches: (async function* stream() {
      for (const values of samples) yield { inputs: new Map([['in_2', values]]) };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  };
}

test.each([
  ['asymmetric_affine', 'uint8'],
  ['dynamic_fixed_point', 'int8'],
  ['symmetric_affine', 'int8'],
  ['perchannel_symmetric_affine', 'int8'],
])('%s %s: the shift of a channel is weight error times mean input', async (quantizer, qtype) => {
  for (const activation of [false, true]) {
    const net = network(activation);
    const table = buildTable(net, { scheme: resolveScheme(quantizer, qtype), ranges: new Map(), all: true });
    const entry = table.entries.get('@fc_1:weight');
    const weight = net.coefficient('fc_1', 'weight');
    const stored = entry && weight && storedValues(weight, entry);
    if (!weight || !stored) throw new Error('no weight');
    const { weights } = await survey(net, [table], measuredRefs(net, { all: true }), pass());
    const shifts = weights[0].shifts.get('fc_1');
    const mean = (input: number): number => samples.reduce((sum, values) => sum + values[input], 0) / SAMPLES;
    const exact = toFloat32(weight);
    for (let output = 0; output < OUTPUTS; output++) {
      let expected = 0;
      for (let input = 0; input < INPUTS; input++) {
        expected += (exact[input * OUTPUTS + output] - stored[input * OUTPUTS + output]) * mean(input);
      }
      expect(expected).not.toBe(0);
      expect(shifts?.[output]).toBeCloseTo(expected, 6);
    }
  }
});

test('stored values are those of the type', () => {
  const weight = floatTensor([2, 2], Float32Array.of(1, -0.26, 0.6, 9));
  const affine = {
    quantizer: 'asymmetric_affine',
    qtype: 'u8',
    min: -0.5,
    max: 1,
    scale: 0.5,
    zeroPoint: 1,
  } as const;
  expect(storedValues(weight, affine)).toEqual(Float32Array.of(1, -0.5, 0.5, 9));
  const fixed = { quantizer: 'dynamic_fixed_point', qtype: 'i8', min: -1, max: 1, fl: 5 } as const;
  expect(storedValues(weight, fixed)).toEqual(Float32Array.of(1, -0.25, 0.59375, 127 / 32));
  const channels = {
    quantizer: 'perchannel_symmetric_affine',
    qtype: 'i8',
    min: -1,
    max: 1,
    scales: [0.5, 0.01],
    channelDim: -1,
  } as const;
  expect(storedValues(weight, channels)).toEqual(Float32Array.of(1, -0.26, 0.5, 1.27));
  expect(storedValues(weight, { quantizer: 'float16', qtype: 'f16', min: null, max: null })).toBeUndefined();
});

test('a copy has coefficients of its own', () => {
  const net = network(true);
  copyOf(net).setCoefficient('fc_1', 'bias', floatTensor([OUTPUTS], new Float32Array(OUTPUTS)));
  expect(toFloat32(net.coefficient('fc_1', 'bias') ?? floatTensor([0], new Float32Array()))[0]).not.toBe(0);
});

test('ranges far too wide are narrowed; the given network stays as it was', async () => {
  const net = network(true);
  const bias = net.coefficient('fc_1', 'bias');
  const ranges = new Map<string, Range>([
    ['@in_2:out0', { min: -50, max: 50 }],
    ['@relu_3:out0', { min: 0, max: 100 }],
  ]);
  const scheme = resolveScheme('asymmetric_affine', 'uint8');
  const result = await minimiseErrors(net, { scheme, all: true, ranges, changeRanges: true, pass });
  expect(result.kept).toContain('ranges of activations');
  expect(result.after).toBeLessThan(result.before / 5);
  expect(result.ranges.get('@in_2:out0')?.max).toBeLessThan(2);
  expect(net.coefficient('fc_1', 'bias')).toBe(bias);

  const onlyBias = await minimiseErrors(net, { scheme, all: true, ranges, changeRanges: false, pass });
  expect(onlyBias.ranges).toBe(ranges);
  expect(onlyBias.after).toBeLessThanOrEqual(onlyBias.before);
});
