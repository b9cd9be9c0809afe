import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { readNpyFile } from '../files/npy.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import type { Network } from '../network/network.ts';
import { toFloat32 } from '../network/tensor.ts';
import { calibrate } from '../quantization/calibrate.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { Simulator } from '../simulator/simulator.ts';
import { sharedPath } from '../testing/shared.ts';

interface Entry {
  id: string;
  files: string[];
  inputs: { shape: number[] }[];
  reference: { input: string[] };
}

const manifest = sharedPath('models/onnx/manifest.json');
const entries: Entry[] = manifest ? (JSON.parse(readFileSync(manifest, 'utf8')) as Entry[]) : [];
const folder = sharedPath('models/onnx') ?? '';
const missing = manifest ? '' : ' (skipped: ../shared/models is not beside this checkout)';

/**
 * Smallest cosine between float and uint8 outputs. Detection heads that join boxes and scores in one
 * tensor share one scale, which costs the small numbers most.
 */
const COSINE = 0.95;

describe.skipIf(!manifest)(`uint8 outputs point where float outputs do${missing}`, () => {
  test.each(entries)('$id', async ({ id, files, inputs, reference }) => {
    const network = await importOnnx(readFileSync(join(folder, files[0])), {
      name: id,
      folder: join(folder, id),
      inputSizes: inputs.map((input) => input.shape),
      sizesWithBatch: inputs.map(() => true),
    });
    const sample = toFloat32(await readNpyFile(join(folder, reference.input[0])));
    const table = buildTable(network, {
      scheme: resolveScheme('asymmetric_affine', 'uint8'),
      ranges: await rangesOf(network, sample),
      all: false,
    });
    const float = outputs(network, floatPlan('float32'), sample);
    const quantized = outputs(network, quantizedPlan(table), sample);
    const cosines = float.map((values, index) => cosine(values, quantized[index]));
    expect(
      Math.min(...cosines),
      `cosines ${cosines.map((value) => value.toFixed(4)).join(', ')}`,
    ).toBeGreaterThan(COSINE);
  });
});

function rangesOf(network: Network, sample: Float32Array) {
  return calibrate(network, {
    batchSize: 1,
    batches: (async function* once() {
      yield { inputs: new Map([[network.inputs[0].key, sample]]) };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  });
}

function outputs(network: Network, plan: TypePlan, sample: Float32Array): Float32Array[] {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  const results = simulator.run([sample]).map(({ values }) => values);
  simulator.dispose();
  return results;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, index) => sum + value * y[index], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
