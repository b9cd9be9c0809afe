import { describe, expect, test } from 'vitest';
import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { Layer } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { coefficientKey, type QuantizeEntry, type QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { opSpecs } from '../ops/registry.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { Simulator } from '../simulator/simulator.ts';
import { caseTable, networkOf, opCases, samplesOf, spread, type OpCase } from '../testing/op-cases.ts';
import { refusals, typesKnown } from '../testing/accepted-types.ts';

/** Ops without reals to compare: what makes tensors, changes nothing, or knows truth values only. */
const WITHOUT = [
  'input', 'output', 'variable', 'noop', 'dropout', 'continuationindicator', 'quantize', 'dequantize',
  'logical_not', 'logical_and', 'logical_or', 'logical_xor',
  'equal', 'not_equal', 'greater', 'greater_equal', 'less', 'less_equal',
  // Checked against a reference of their own: a step may change which box wins.
  'proposal', 'nms',
]; // prettier-ignore

const UINT8 = resolveScheme('asymmetric_affine', 'uint8');

/** The nearest value that the entry can hold. */
function snap(entry: QuantizeEntry, value: number): number {
  const [scale, zero] = [Number(entry.scale), Number(entry.zeroPoint)];
  return (Math.max(0, Math.min(255, Math.round(value / scale) + zero)) - zero) * scale;
}

/** Weights and inputs as the quantized network sees them, so that only the arithmetic is compared. */
function snapAll(network: Network, table: QuantizeTable, samples: Float32Array[]): Float32Array[] {
  for (const layer of network.layers.values()) {
    for (const [name, tensor] of network.coefficients.get(layer.key) ?? []) {
      const entry = table.entries.get(coefficientKey(layer.key, name));
      if (entry?.qtype !== 'u8') continue;
      const data = toFloat32(tensor).map((value) => snap(entry, value));
      network.setCoefficient(layer.key, name, { ...tensor, data });
    }
  }
  return samples.map((values, i) => {
    const entry = table.entries.get(`@${network.inputs[i].key}:out0`);
    return entry ? values.map((value) => snap(entry, value)) : values;
  });
}

interface Output {
  tensor: DeviceTensor;
  values: Float32Array;
}

function run(
  network: Network,
  plan: TypePlan,
  samples: Float32Array[],
): { graph: DeviceGraph; outputs: Output[] } {
  const { graph } = lowerNetwork(network, { plan, batch: 1 });
  const simulator = new Simulator(graph);
  const outputs = simulator.run(samples).map(({ tensor, values }) => ({ tensor, values: values.slice() }));
  simulator.dispose();
  return { graph, outputs };
}

/** The size of a step of an output; integers are exact, half floats have 11 bits. */
function stepOf({ tensor }: Output, values: Float32Array): number {
  if (tensor.quantization.kind === 'affine') return tensor.quantization.scale;
  return tensor.type.startsWith('float') ? 2 ** -7 * Math.max(...values.map(Math.abs), 1e-6) : 0;
}

async function compare(one: OpCase): Promise<void> {
  const network = networkOf(one);
  const first = await caseTable(network, samplesOf(one), UINT8);
  const samples = snapAll(network, first, samplesOf(one));
  // The output's range is that of the values as they are now; inputs and weights keep their grid.
  const second = await caseTable(network, samples, UINT8);
  const isOutput = (ref: string): boolean => ref.startsWith('@layer_900:out') || ref.startsWith('@out_');
  const table: QuantizeTable = {
    ...first,
    entries: new Map([...first.entries, ...[...second.entries].filter(([ref]) => isOutput(ref))]),
  };
  const float = run(network, floatPlan('float32'), samples);
  const quantized = run(network, quantizedPlan(table), samples);
  float.outputs.forEach(({ values }, port) => {
    const got = quantized.outputs[port];
    const step = stepOf(got, values);
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - got.values[i])), 0);
    expect(worst, `output ${port} of type ${got.tensor.type}, step ${step}`).toBeLessThanOrEqual(
      step * ((one.steps ?? 1) + 0.01),
    );
  });
}

const named = opCases.map((one) => [`${one.op} ${one.note ?? ''}`.trim(), one] as const);

describe('every op in uint8 is a step from its floats', () => {
  test.each(named)('%s', (_, one) => compare(one));

  test('no op is left out', () => {
    const covered = new Set([...opCases.map(({ op }) => op), ...WITHOUT]);
    expect(opSpecs.map(({ op }) => op).filter((op) => !covered.has(op))).toEqual([]);
  });
});

/** Their other inputs are uint8 places from poolwithargmax and float statistics from moments; see below. */
const FED_BY_OTHERS = ['upsample', 'batchnorm_single'];

/** x through two layers; the second reads outputs of the first. */
function pair(first: Layer, second: Layer): Network {
  const network = new Network({ name: 'pair', acuityVersion: '6', platform: 'tensorflow' });
  const parameters = { shape: [1, 6, 4, 4] };
  network.add(new Layer({ key: 'x_0', name: 'x', op: 'input', parameters, inputs: [] }));
  network.add(first);
  network.add(second);
  const inputs = [{ layer: second.key, port: 0 }];
  network.add(new Layer({ key: 'y_3', name: 'y', op: 'output', inputs }));
  const coefficients = opSpecs.find(({ op }) => op === second.op)?.coefficients ?? [];
  for (const name of coefficients) {
    network.setCoefficient(second.key, name, { type: 'float32', shape: [4], data: spread(4, [0.5, 1], 3) });
  }
  return network;
}

const X = { layer: 'x_0', port: 0 };
const first = (port: number) => ({ layer: 'a_1', port });
const WINDOW = { ksize_h: 2, ksize_w: 2, stride_h: 2, stride_w: 2 };
const pairs: [string, Network][] = [
  [
    'batchnorm_single behind moments',
    pair(
      new Layer({
        key: 'a_1',
        name: 'a',
        op: 'moments',
        parameters: { axis_list: [1, 2] },
        inputs: [X],
        outputs: 2,
      }),
      new Layer({ key: 'b_2', name: 'b', op: 'batchnorm_single', inputs: [X, first(0), first(1)] }),
    ),
  ],
  [
    'upsample behind poolwithargmax',
    pair(
      new Layer({ key: 'a_1', name: 'a', op: 'poolwithargmax', parameters: WINDOW, inputs: [X], outputs: 2 }),
      new Layer({
        key: 'b_2',
        name: 'b',
        op: 'upsample',
        parameters: { scale: 2 },
        inputs: [first(0), first(1)],
      }),
    ),
  ],
];

describe.skipIf(!typesKnown)(
  'nodes of quantized networks have types that ovxlib accepts (needs ../shared)',
  () => {
    const single = named.flatMap(([name, one]): [string, Network, Float32Array[]][] =>
      FED_BY_OTHERS.includes(one.op) ? [] : [[name, networkOf(one), samplesOf(one)]],
    );
    const behind = pairs.map(([name, network]) => [name, network, [spread(96, [-1, 1], 5)]] as const);
    test.each([...single, ...behind])('%s', async (_, network, samples) => {
      const table = await caseTable(network, samples, UINT8);
      const { graph } = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
      expect(refusals(graph)).toEqual([]);
    });
  },
);
