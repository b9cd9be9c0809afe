import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { ownTable } from '../quantization/own-table.ts';
import { Simulator } from '../simulator/simulator.ts';
import {
  importReference,
  isInteger,
  referenceArrays,
  referenceCases,
  referenceMissing,
} from '../testing/reference-models.ts';

/** "abs 1e-4 (softmax/logits float32)" → absolute 1e-4; "rel 1e-4" → relative. */
function toleranceOf(text: string): { absolute: number; relative: number } {
  const [, kind, size] = /(abs|rel) ([\d.e-]+)/.exec(text) ?? [];
  return kind === 'rel'
    ? { absolute: 1e-6, relative: Number(size) }
    : { absolute: Number(size), relative: 0 };
}

/**
 * Models called float whose weights are integers: the reference engine rounds their activations to 8 bits while it runs,
 * a network of reals does not.
 */
const ROUNDED: ReadonlyMap<string, number> = new Map([['kws-dscnn-float', 4e-3]]);

function run(network: Network, plan: TypePlan, inputs: readonly Float32Array[]): Float32Array[] {
  const simulator = new Simulator(lowerNetwork(network, { plan, batch: 1 }).graph);
  const results = simulator.run(inputs).map(({ values }) => values);
  simulator.dispose();
  return results;
}

const floats = referenceCases.filter(({ model }) => !isInteger(model));
const integers = referenceCases.filter(({ model }) => isInteger(model));

describe.skipIf(floats.length === 0)(
  `float inference equals the reference engines${referenceMissing}`,
  () => {
    test.each(floats)('$title', async ({ file, model }) => {
      const network = await importReference(model, file);
      const results = run(network, floatPlan('float32'), await referenceArrays(model, 'input'));
      const expected = await referenceArrays(model, 'output');
      const { absolute, relative } = toleranceOf(model.reference.tolerance);
      const rounded = ROUNDED.get(model.id) ?? 0;
      expect(results.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
      const beyond = results.map((values, output) =>
        largest(values, (value, at) => {
          const wanted = expected[output][at];
          return Math.abs(value - wanted) - relative * Math.abs(wanted);
        }),
      );
      expect(Math.max(...beyond)).toBeLessThanOrEqual(absolute + rounded);
    });
  },
);

describe.skipIf(integers.length === 0)(
  `integer models give the integers of the reference engine${referenceMissing}`,
  () => {
    test.each(integers)('$title: 99 % within one step', async ({ file, model }) => {
      const network = await importReference(model, file);
      const { table } = ownTable(network);
      if (!table) throw new Error('the model brings no quantization');
      const results = run(network, quantizedPlan(table), await referenceArrays(model, 'input'));
      const expected = await referenceArrays(model, 'output');
      expect(results.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
      for (const [output, values] of results.entries()) {
        const step = model.outputs[output].scale ?? 1;
        const near = values.filter((value, at) => Math.abs(value - expected[output][at]) <= step * 1.001);
        expect(near.length / values.length).toBeGreaterThanOrEqual(0.99);
      }
    });
  },
);

/** The largest of some measure; Infinity when it is not a number anywhere. */
function largest(values: Float32Array, measure: (value: number, at: number) => number): number {
  return values.reduce((most, value, at) => {
    const size = measure(value, at);
    return Number.isNaN(size) ? Infinity : Math.max(most, size);
  }, 0);
}
