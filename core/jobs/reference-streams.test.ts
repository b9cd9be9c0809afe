import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { errorsByDepth } from '../quantization/depth.ts';
import { addonPath } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';
import {
  importReference,
  referenceArrays,
  referenceMissing,
  referenceModels,
  tableOf,
} from '../testing/reference-models.ts';

const possible = referenceModels.length > 0 && existsSync(addonPath());

describe.skipIf(!possible)(
  `tensors of reference models that are looked at in passing${referenceMissing}`,
  () => {
    test.each(referenceModels.map((model) => [`${model.framework} ${model.id}`, model] as const))(
      '%s: what a graph that keeps all of them holds',
      async (_, model) => {
        const network = await importReference(model);
        const samples = await referenceArrays(model, 'input');
        const table = await tableOf(network, samples[0]);
        const float = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
        const quantized = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
        const { graph } = quantized;
        const [keeping, streaming] = [true, false].map((keepAll) => new Simulator(graph, { keepAll }));
        keeping.execute(samples);
        const ids = graph.tensors.flatMap(({ id, role }) => (role === 'const' ? [] : [id]));
        let seen = 0;
        for (const { tensor, bytes } of streaming.stream(samples, ids)) {
          expect(Buffer.compare(bytes, keeping.read(tensor.id).bytes), tensor.name).toBe(0);
          seen++;
        }
        expect(seen).toBeGreaterThan(graph.nodes.length);
        keeping.dispose();
        streaming.dispose();

        const [kept, passing] = [true, false].map((keepAll) => {
          const [reference, ours] = [float, quantized].map((lowered) => ({
            lowered,
            simulator: new Simulator(lowered.graph, { keepAll }),
          }));
          const errors = errorsByDepth(network, table, reference, ours, samples);
          for (const { simulator } of [reference, ours]) simulator.dispose();
          return errors;
        });
        expect(passing).toEqual(kept);
      },
      60_000,
    );
  },
);
