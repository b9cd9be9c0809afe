import { describe, expect, test } from 'vitest';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { HybridQuantization } from '../quantization/hybrid.ts';
import { resolveScheme, VALID_QTYPES } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { Simulator } from '../simulator/simulator.ts';
import { block, networkOf } from '../testing/block-network.ts';
import {
  importReference,
  rangesOf,
  referenceArrays,
  referenceMissing,
  referenceModels,
} from '../testing/reference-models.ts';
import type { DeviceGraph, DeviceNode } from './graph.ts';
import { ABSENT, kindOf, legalRows, type Kind } from './legal-types.ts';
import { lowerNetwork } from './lower.ts';
import { floatPlan, quantizedPlan } from './types.ts';

const schemes = Object.entries(VALID_QTYPES).flatMap(([quantizer, qtypes]) =>
  qtypes.map((qtype): [string, string] => [quantizer, qtype]),
);

function kinds(graph: DeviceGraph, ids: readonly number[]): Kind[] {
  return ids.map((id) => (id < 0 ? ABSENT : kindOf(graph.tensors[id])));
}

/** `OP: inputs > outputs` of the nodes that ovxlib's tables do not hold. */
function refused(graph: DeviceGraph): string[] {
  const accepted = ({ op, inputs, outputs }: DeviceNode): boolean =>
    (legalRows(op) ?? [{ inputs: kinds(graph, inputs), outputs: kinds(graph, outputs) }]).some(
      (row) =>
        row.inputs.every((kind, index) => kind === (kinds(graph, inputs)[index] ?? ABSENT)) &&
        kinds(graph, outputs).every(
          (kind, index) => kind === row.outputs[Math.min(index, row.outputs.length - 1)],
        ),
    );
  return graph.nodes
    .filter((node) => !accepted(node))
    .map(
      ({ op, inputs, outputs }) =>
        `${op}: ${kinds(graph, inputs).join(' ')} > ${kinds(graph, outputs).join(' ')}`,
    );
}

/** Operators that are more than moves, with what they read and write, in order. */
const shown = (graph: DeviceGraph): string[] =>
  graph.nodes
    .filter(({ op }) => op !== 'PERMUTE' && op !== 'RESHAPE')
    .map(
      ({ op, inputs, outputs }) =>
        `${op} ${kinds(graph, inputs).join(' ')} > ${kinds(graph, outputs).join(' ')}`,
    );

function run(graph: DeviceGraph, sample: Float32Array): Float32Array {
  const simulator = new Simulator(graph);
  const [result] = simulator.run([sample]);
  simulator.dispose();
  return result.values;
}

const sample = Float32Array.from({ length: 16 }, (_, index) => Math.sin(index * 1.7));

interface Mixed {
  graph: DeviceGraph;
  table: QuantizeTable;
  /** Largest difference from the float outputs, in parts of the largest of them. */
  error: number;
}

/** The block of two convolutions with some layers in other types, lowered. */
async function mixed(customized: Record<string, string>): Promise<Mixed> {
  const network = block();
  const ranges = await rangesOf(network, sample);
  const u8 = resolveScheme('asymmetric_affine', 'uint8');
  const table = buildTable(network, { scheme: u8, ranges, all: false });
  const work = new HybridQuantization(
    network,
    { ...table, customized: new Map(Object.entries(customized)) },
    u8,
  );
  const result = work.apply(ranges);
  const { graph } = lowerNetwork(result.network, { plan: quantizedPlan(result.table), batch: 1 });
  const float = run(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph, sample);
  const found = run(graph, sample);
  const largest = float.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error =
    float.reduce((most, value, index) => Math.max(most, Math.abs(value - found[index])), 0) / largest;
  return { graph, table: result.table, error };
}

const i16 = 'dynamic_fixed_point-i16';

describe('a uint8 block with layers in other types', () => {
  test('plain: nothing is added', async () => {
    const { graph, error } = await mixed({});
    expect(graph.nodes.map(({ op }) => op)).not.toContain('DATACONVERT');
    expect(error).toBeLessThan(0.02);
  });

  test('a uint8 convolution that reads int16 gets its input in uint8, with a bias of that scale', async () => {
    const { graph, table, error } = await mixed({ left_8: i16, act_6: i16 });
    expect(shown(graph)).toEqual([
      'DATACONVERT u8a > i16d',
      'CONV2D i16d i16d i64d > i16d',
      'RELU i16d > i16d',
      'DATACONVERT i16d > u8a',
      'CONV2D u8a u8a i32a > u8a',
      'ADD i16d u8a > u8a',
    ]);
    expect(refused(graph)).toEqual([]);
    expect(error).toBeLessThan(0.02);
    const bias = graph.tensors.find(({ name }) => name === '@right_5:bias');
    expect(bias?.quantization).toEqual({
      kind: 'affine',
      scale: table.entries.get('@right_5:bias')?.scale,
      zeroPoint: 0,
    });
  });

  test('a layer behind a float part computes in float16 and stores uint8', async () => {
    const { graph, error } = await mixed({ left_8: 'float32', act_6: 'float32' });
    expect(shown(graph)).toEqual([
      'DATACONVERT u8a > f16',
      'CONV2D f16 f16 f32 > f16',
      'RELU f16 > f16',
      'CONV2D f16 f16 f32 > f16',
      'DATACONVERT f16 > u8a',
      'ADD f16 u8a > u8a',
    ]);
    expect(refused(graph)).toEqual([]);
    expect(error).toBeLessThan(0.02);
  });

  test.each([
    ['a sum', { sum_3: i16 }],
    ['a convolution', { right_5: i16 }],
    ['everything', { left_8: i16, act_6: i16, right_5: i16, sum_3: i16 }],
    ['an int8 convolution', { right_5: 'dynamic_fixed_point-i8' }],
    ['a convolution of per-channel weights', { right_5: 'perchannel_symmetric_affine-i8' }],
    ['bfloat16 in front of integers', { left_8: 'bfloat16', act_6: 'bfloat16', sum_3: i16 }],
    ['float16', { act_6: 'float16', right_5: 'float16' }],
    ['an output', { out_0: 'float32' }],
  ])('%s in another type is accepted throughout and near float', async (_, customized) => {
    const { graph, error } = await mixed(customized);
    expect(refused(graph)).toEqual([]);
    expect(error).toBeLessThan(0.03);
  });
});

describe('nodes that one scheme alone would have refused', () => {
  /** A network of one input with 4 channels, every tensor in one scheme. */
  async function lowered(layer: [string, string[]], quantizer: string, qtype: string): Promise<DeviceGraph> {
    const network = networkOf({
      out_0: ['output', ['it_1']],
      it_1: layer,
      in_2: ['input', [], { shape: [1, 2, 2, 4] }],
    });
    const ranges = await rangesOf(network, sample);
    const table = buildTable(network, { scheme: resolveScheme(quantizer, qtype), ranges, all: true });
    return lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 }).graph;
  }

  test('a constant is stored as float16 from its own values', async () => {
    const graph = await lowered(['prelu', ['in_2']], 'dynamic_fixed_point', 'int16');
    expect(shown(graph)).toEqual(['PRELU i16d f16 > i16d']);
    const slopes = graph.tensors.find(({ role }) => role === 'const');
    // 12/64, 49/64, 22/64 and 59/64 in binary16.
    expect([...new Uint16Array(slopes?.data?.slice().buffer ?? new ArrayBuffer(0))]).toEqual([
      0x3200, 0x3a20, 0x3580, 0x3b60,
    ]);
    expect(graph.tensors.filter(({ role }) => role === 'const')).toHaveLength(1);
  });

  test('an input goes through float16', async () => {
    const graph = await lowered(['argmax', ['in_2']], 'dynamic_fixed_point', 'int16');
    expect(shown(graph)).toEqual(['DATACONVERT i16d > f16', 'ARGMAX f16 > i32']);
  });
});

describe.skipIf(referenceModels.length === 0)(`reference models of one scheme${referenceMissing}`, () => {
  test.each(referenceModels)('$id: every node is accepted as it is', async (model) => {
    const network = await importReference(model);
    const [input] = await referenceArrays(model, 'input');
    const ranges = await rangesOf(network, input);
    for (const [quantizer, qtype] of schemes) {
      const table = buildTable(network, { scheme: resolveScheme(quantizer, qtype), ranges, all: false });
      const { graph } = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
      expect([quantizer, qtype, ...refused(graph)]).toEqual([quantizer, qtype]);
      expect(graph.nodes.some(({ op }) => op === 'DATACONVERT')).toBe(false);
    }
  });
});
