import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { caseFiles, packedCaseFiles, PACKED_FILE } from '../export/case-files.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { packageRoot } from '../files/package-root.ts';
import { writeTensorFile } from '../files/tensor-file.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { floatTensor } from '../network/tensor.ts';
import { packNetwork } from '../packing/write.ts';
import { ownTable } from '../quantization/own-table.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import { differentOutputs } from '../testing/compiled-outputs.ts';
import {
  importReference,
  isInteger,
  rangesOf,
  referenceArrays,
  referenceMissing,
  referenceModels,
  type ReferenceModel,
} from '../testing/reference-models.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/**
 * Smallest cosine between float and quantized outputs. Detection heads that join boxes and scores in one
 * tensor share one scale, which costs the small numbers most in uint8.
 */
const COSINE = { uint8: 0.95, int16: 0.9999 };

const folder = temporaryFolder();
const sdk = join(packageRoot(), 'out/sdk');
const built = existsSync(join(sdk, 'include'));

describe.skipIf(referenceModels.length === 0)(`reference models quantized${referenceMissing}`, () => {
  test.each(referenceModels.map((model) => [`${model.framework} ${model.id}`, model] as const))(
    '%s in uint8 and int16: near float, and the compiled case code agrees byte for byte, packed or not',
    async (_, model) => {
      const network = await importReference(model);
      const samples = await referenceArrays(model, 'input');
      const float = outputs(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph, samples);
      const input = join(folder, `${model.framework}-${model.id}.tensor`);
      await writeTensorFile(input, floatTensor(model.inputs[0].shape, samples[0]));
      for (const [type, table] of Object.entries(await tablesOf(model, network, samples[0]))) {
        const { graph } = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
        const quantized = outputs(graph, samples);
        const cosines = float.map(({ values }, index) => cosine(values, quantized[index].values));
        const text = `${type}, cosines ${cosines.map((value) => value.toFixed(6)).join(', ')}`;
        expect(Math.min(...cosines), text).toBeGreaterThan(COSINE[type as keyof typeof COSINE]);
        if (!built) continue;
        const meta = defaultInputMeta(network);
        const place = join(folder, `${model.framework}-${model.id}-${type}`);
        const plain = caseFiles(graph, meta, { name: model.id });
        expect(await differentOutputs(place, plain, sdk, [input], quantized), place).toEqual([]);
        const packed = packedCaseFiles(graph, meta, { name: model.id });
        packed.set(PACKED_FILE, packNetwork(graph, 0));
        const unify = `${place}_nbg_unify`;
        expect(await differentOutputs(unify, packed, sdk, [input], quantized), unify).toEqual([]);
      }
    },
    120_000,
  );
});

/** From one calibration. A model of integers keeps its own parameters in place of uint8. */
async function tablesOf(
  model: ReferenceModel,
  network: Network,
  sample: Float32Array,
): Promise<Record<keyof typeof COSINE, QuantizeTable>> {
  const ranges = await rangesOf(network, sample);
  const made = (quantizer: string, qtype: string): QuantizeTable =>
    buildTable(network, { scheme: resolveScheme(quantizer, qtype), ranges, all: false });
  const own = isInteger(model) ? ownTable(network).table : undefined;
  return {
    uint8: own ?? made('asymmetric_affine', 'uint8'),
    int16: made('dynamic_fixed_point', 'int16'),
  };
}

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
