import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { readNpyFile } from '../files/npy.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { toFloat32 } from '../network/tensor.ts';
import { Simulator } from '../simulator/simulator.ts';
import { sharedPath } from '../testing/shared.ts';

/** What the manifest of the reference models says, as far as this test reads it. */
interface Entry {
  id: string;
  files: string[];
  inputs: { shape: number[] }[];
  reference: { input: string[]; output: string[]; tolerance: string };
}

const manifest = sharedPath('models/onnx/manifest.json');
const entries: Entry[] = manifest ? (JSON.parse(readFileSync(manifest, 'utf8')) as Entry[]) : [];
const cases = entries.flatMap((entry) => entry.files.map((file) => ({ file, entry })));
const folder = sharedPath('models/onnx') ?? '';
const missing = cases.length === 0 ? ' (skipped: ../shared/models is not beside this checkout)' : '';

/** "abs 1e-4 (softmax/logits float32)" → 1e-4 */
const toleranceOf = (text: string): number => Number(/abs ([\d.e-]+)/.exec(text)?.[1]);

describe.skipIf(cases.length === 0)(`float inference equals the reference engines${missing}`, () => {
  test.each(cases)('$file', async ({ file, entry }) => {
    const network = await importOnnx(readFileSync(join(folder, file)), {
      name: entry.id,
      folder: join(folder, entry.id),
      inputSizes: entry.inputs.map((input) => input.shape),
      sizesWithBatch: entry.inputs.map(() => true),
    });
    const simulator = new Simulator(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph);
    const read = async (name: string) => toFloat32(await readNpyFile(join(folder, name)));
    const results = simulator.run(await Promise.all(entry.reference.input.map(read)));
    const expected = await Promise.all(entry.reference.output.map(read));
    simulator.dispose();
    expect(results).toHaveLength(expected.length);
    const differences = results.map(({ values }, output) => largestDifference(values, expected[output]));
    expect(Math.max(...differences)).toBeLessThanOrEqual(toleranceOf(entry.reference.tolerance));
  });
});

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  return actual.reduce(
    (largest, value, index) =>
      Math.max(largest, Math.abs(value - expected[index]) || (Number.isNaN(value) ? Infinity : 0)),
    0,
  );
}
