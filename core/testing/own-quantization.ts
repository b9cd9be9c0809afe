import { expect } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { encodeTiny, noise, type TinyModel } from '../importers/onnx/testing.ts';
import { integers } from '../importers/onnx/testing-quantized.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { Network } from '../network/network.ts';
import { ownTable } from '../quantization/own-table.ts';
import { Simulator } from '../simulator/simulator.ts';

const ort = await import('onnxruntime-node').catch(() => undefined);

/** What ONNX Runtime computes, as plain numbers. */
async function reference(
  bytes: Uint8Array,
  data: Float32Array,
  model: TinyModel,
): Promise<number[][] | undefined> {
  if (!ort) return undefined;
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  const [[name, dims]] = Object.entries(model.inputs);
  const tensor =
    model.types?.[name] === 'uint8'
      ? new ort.Tensor('uint8', Uint8Array.from(data), dims.map(Number))
      : new ort.Tensor('float32', data, dims.map(Number));
  const results = await session.run({ [name]: tensor });
  return session.outputNames.map((output) => Array.from(results[output].data as Float32Array, Number));
}

function simulate(network: Network, plan: TypePlan, input: Float32Array): number[][] {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  try {
    return simulator.run([input]).map(({ values }) => [...values]);
  } finally {
    simulator.dispose();
  }
}

/** A model as it is imported, with its own table. */
export async function importedOwn(
  model: TinyModel,
): Promise<{ network: Network; table: QuantizeTable; notes: readonly string[]; ops: string[] }> {
  const network = await importOnnx(encodeTiny(model), { name: 'tiny.onnx' });
  const { table, notes } = ownTable(network);
  if (!table) throw new Error('the model brought no quantization');
  return { network, table, notes, ops: [...network.layers.values()].map(({ op }) => op) };
}

const share = (a: readonly number[], b: readonly number[], most: number): number =>
  a.filter((value, i) => Math.abs(value - b[i]) <= most).length / a.length;

/** How {@link compareOwn} compares. */
interface CompareOptions {
  /** Turns integer inputs into the reals they stand for. */
  real?: (input: Float32Array) => Float32Array;
  /** Steps by which 1 % of the elements may differ. */
  steps?: number;
  /** Share of elements that are the same. */
  exact?: number;
}

/**
 * Runs a model by its own table and in floats, and compares both with ONNX Runtime where that is installed; the unit is
 * a step of the output.
 */
export async function compareOwn(model: TinyModel, options: CompareOptions = {}): Promise<void> {
  const { real, steps = 1, exact = 0.9 } = options;
  const { network, table } = await importedOwn(model);
  const [dims] = Object.values(model.inputs);
  const count = dims.reduce<number>((all, dim) => all * Number(dim), 1);
  const given = real
    ? Float32Array.from(integers(count, 0, 255))
    : Float32Array.from(noise(count, 7), (value) => value * 2);
  const wanted = await reference(encodeTiny(model), given, model);
  const input = real ? real(given) : given;
  const quantized = simulate(network, quantizedPlan(table), input);
  const plain = simulate(network, floatPlan('float32'), input);
  for (const [index, layer] of network.outputs.entries()) {
    const entry = table.entries.get(`@${layer.key}:out0`);
    const step = entry?.scale ?? 2 ** -(entry?.fl ?? Infinity);
    expect(step).toBeGreaterThan(0);
    expect(new Set(quantized[index]).size).toBeGreaterThan(3);
    const integer = model.types?.[model.outputs[index]] === 'uint8';
    const expected = wanted?.[index].map((value) =>
      integer ? (value - (entry?.zeroPoint ?? 0)) * step : value,
    );
    if (!expected) continue;
    expect(share(quantized[index], expected, step * (steps + 0.01))).toBeGreaterThanOrEqual(0.99);
    expect(share(quantized[index], expected, step * 0.01)).toBeGreaterThanOrEqual(exact);
    expect(share(plain[index], expected, step * 4)).toBeGreaterThanOrEqual(0.99);
  }
}
