import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpyFile } from '../files/npy.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { calibrate } from '../quantization/calibrate.ts';
import type { Range } from '../quantization/entries.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { sharedPath } from './shared.ts';

/** What the manifest of the reference models says about one, as far as tests read it. */
export interface ReferenceModel {
  id: string;
  files: string[];
  inputs: { shape: number[] }[];
  reference: { input: string[]; output: string[]; tolerance: string };
}

const manifest = sharedPath('models/onnx/manifest.json');
const folder = sharedPath('models/onnx') ?? '';

/** The reference ONNX models; none where the collection is not beside the checkout. */
export const referenceModels: readonly ReferenceModel[] = manifest
  ? (JSON.parse(readFileSync(manifest, 'utf8')) as ReferenceModel[])
  : [];

/** For test titles: why tests of these models are skipped. */
export const referenceMissing = manifest ? '' : ' (skipped: ../shared/models is not beside this checkout)';

/** Imports one file of a model with the input sizes of its manifest. */
export function importReference(model: ReferenceModel, file = model.files[0]): Promise<Network> {
  return importOnnx(readFileSync(join(folder, file)), {
    name: model.id,
    folder: join(folder, model.id),
    inputSizes: model.inputs.map((input) => input.shape),
    sizesWithBatch: model.inputs.map(() => true),
  });
}

/** Arrays of the model's reference inputs or outputs. */
export function referenceArrays(files: readonly string[]): Promise<Float32Array[]> {
  return Promise.all(files.map(async (file) => toFloat32(await readNpyFile(join(folder, file)))));
}

/** Ranges of all tensors on one sample of the network's input. */
export function rangesOf(network: Network, sample: Float32Array): Promise<Map<string, Range>> {
  return calibrate(network, {
    batchSize: 1,
    batches: (async function* once() {
      yield { inputs: new Map([[network.inputs[0].key, sample]]) };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  });
}

/** A table calibrated on one sample, uint8 by default. */
export async function tableOf(
  network: Network,
  sample: Float32Array,
  scheme = resolveScheme('asymmetric_affine', 'uint8'),
): Promise<QuantizeTable> {
  const ranges = await rangesOf(network, sample);
  return buildTable(network, { scheme, ranges, all: false });
}
