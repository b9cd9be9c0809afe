import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { Simulator } from '../simulator/simulator.ts';
import {
  importReference,
  referenceArrays,
  referenceMissing,
  referenceModels,
} from '../testing/reference-models.ts';

const cases = referenceModels.flatMap((model) => model.files.map((file) => ({ file, model })));

/** "abs 1e-4 (softmax/logits float32)" → 1e-4 */
const toleranceOf = (text: string): number => Number(/abs ([\d.e-]+)/.exec(text)?.[1]);

describe.skipIf(cases.length === 0)(`float inference equals the reference engines${referenceMissing}`, () => {
  test.each(cases)('$file', async ({ file, model: { reference }, model }) => {
    const network = await importReference(model, file);
    const simulator = new Simulator(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph);
    const results = simulator.run(await referenceArrays(reference.input));
    const expected = await referenceArrays(reference.output);
    simulator.dispose();
    expect(results).toHaveLength(expected.length);
    const differences = results.map(({ values }, output) => largestDifference(values, expected[output]));
    expect(Math.max(...differences)).toBeLessThanOrEqual(toleranceOf(reference.tolerance));
  });
});

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  return actual.reduce((largest, value, index) => {
    const difference = Math.abs(value - expected[index]);
    return Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }, 0);
}
