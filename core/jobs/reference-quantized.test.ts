import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { caseFiles } from '../export/case-files.ts';
import { writeCase } from '../export/write-case.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { packageRoot } from '../files/package-root.ts';
import { writeTensorFile } from '../files/tensor-file.ts';
import { floatTensor } from '../network/tensor.ts';
import { ownTable } from '../quantization/own-table.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import {
  importReference,
  isInteger,
  referenceArrays,
  referenceMissing,
  referenceModels,
  tableOf,
} from '../testing/reference-models.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { runCaseJob } from './run-case.ts';

/**
 * Smallest cosine between float and uint8 outputs. Detection heads that join boxes and scores in one
 * tensor share one scale, which costs the small numbers most.
 */
const COSINE = 0.95;

const folder = temporaryFolder();
const built = existsSync(join(packageRoot(), 'out/sdk/include'));

describe.skipIf(referenceModels.length === 0)(`reference models in uint8${referenceMissing}`, () => {
  test.each(referenceModels.map((model) => [`${model.framework} ${model.id}`, model] as const))(
    '%s: near float, and the compiled case code agrees byte for byte',
    async (_, model) => {
      const network = await importReference(model);
      const samples = await referenceArrays(model, 'input');
      // A model of integers keeps its own parameters.
      const own = isInteger(model) ? ownTable(network).table : undefined;
      const plan = quantizedPlan(own ?? (await tableOf(network, samples[0])));
      const { graph } = lowerNetwork(network, { plan, batch: 1 });
      const quantized = outputs(graph, samples);
      const float = outputs(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph, samples);
      const cosines = float.map(({ values }, index) => cosine(values, quantized[index].values));
      const text = cosines.map((value) => value.toFixed(4)).join(', ');
      expect(Math.min(...cosines), `cosines ${text}`).toBeGreaterThan(COSINE);
      if (!built) return;
      const project = join(folder, `${model.framework}-${model.id}`);
      await writeCase(project, caseFiles(graph, defaultInputMeta(network), { name: model.id }));
      const input = join(project, 'input.tensor');
      await writeTensorFile(input, floatTensor(model.inputs[0].shape, samples[0]));
      const compiled = await runCaseJob({ folder: project, samples: [[input]] }, quietContext());
      const equal = quantized.map(
        ({ bytes }, index) => Buffer.compare(bytes, compiled.outputs[0][index]) === 0,
      );
      expect(equal).toEqual(quantized.map(() => true));
    },
    60_000,
  );
});

function outputs(graph: DeviceGraph, samples: readonly Float32Array[]): TensorValue[] {
  const simulator = new Simulator(graph);
  const results = simulator.run(samples);
  simulator.dispose();
  return results;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, index) => sum + value * y[index], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
