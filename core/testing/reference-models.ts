import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { readNpyFile } from '../files/npy.ts';
import { FRAMEWORK_FILES, type Framework } from '../importers/formats.ts';
import { importerOf, importers } from '../importers/registry.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { calibrate } from '../quantization/calibrate.ts';
import type { Range } from '../quantization/entries.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { sharedPath } from './shared.ts';

/** An input or output as the manifest has it. */
interface ReferencePort {
  name: string;
  shape: number[];
  layout: string;
  dtype: string;
  /** Of integer models: real = (integer - zero_point) * scale. */
  scale?: number;
  zero_point?: number;
}

/** What the manifest of the reference models says about one, as far as tests read it. */
export interface ReferenceModel {
  id: string;
  framework: Framework;
  files: string[];
  inputs: ReferencePort[];
  outputs: ReferencePort[];
  preprocess: { mean?: number[]; scale?: number | number[]; order?: string };
  reference: {
    input: string[];
    output: string[];
    tolerance: string;
    dataset_output?: { file: string; dataset: string; accuracy: number };
  };
  task_check?: { label_offset?: number } | null;
  convert_args?: { inputs: string[]; outputs: string[] };
}

const root = sharedPath('models');

/** Where the collection keeps a framework under another name. */
const FOLDERS: Partial<Record<Framework, string>> = { pytorch: 'torchscript' };

const folderOf = (framework: Framework): string => join(root ?? '', FOLDERS[framework] ?? framework);

function modelsOf(framework: Framework): ReferenceModel[] {
  const manifest = join(folderOf(framework), 'manifest.json');
  if (!existsSync(manifest)) return [];
  // Python writes differences that are no numbers as NaN.
  const text = readFileSync(manifest, 'utf8').replaceAll('NaN', 'null');
  const models = JSON.parse(text) as ReferenceModel[];
  return models.map((model) => ({ ...model, framework }));
}

/** The reference models of all frameworks we import; none where the collection is not beside the checkout. */
export const referenceModels: readonly ReferenceModel[] = importers.flatMap(({ framework }) =>
  modelsOf(framework),
);

/** Files that each hold a whole model, perhaps with companions: several where a model is stored in several ways. */
export const mainFiles = ({ framework, files }: ReferenceModel): string[] =>
  files.filter((file) => FRAMEWORK_FILES[framework].extensions.includes(extname(file)));

/** All reference models and the files that hold them, for `test.each`. */
export const referenceCases = referenceModels.flatMap((model) =>
  mainFiles(model).map((file) => ({ title: `${model.framework} ${file}`, file, model })),
);

/** For test titles: why tests of these models are skipped. */
export const referenceMissing = root ? '' : ' (skipped: ../shared/models is not beside this checkout)';

/** Where to cut; a TensorFlow graph does not say in which order its outputs are. */
function pointsOf({ framework, outputs, convert_args }: ReferenceModel): {
  inputs?: string[];
  outputs?: string[];
} {
  if (convert_args) return { inputs: convert_args.inputs, outputs: convert_args.outputs };
  return framework === 'tensorflow' ? { outputs: outputs.map(({ name }) => name) } : {};
}

/** Imports one file of a model with the input sizes of its manifest. */
export async function importReference(model: ReferenceModel, file = mainFiles(model)[0]): Promise<Network> {
  const folder = folderOf(model.framework);
  const importer = importerOf(model.framework);
  const mains = mainFiles(model);
  const companions = model.files
    .filter((other) => !mains.includes(other))
    .map((other) => ({ name: basename(other), bytes: readFileSync(join(folder, other)) }));
  return importer.import(readFileSync(join(folder, file)), {
    name: model.id,
    folder: join(folder, dirname(file)),
    companions,
    inputSizes: model.inputs.map((input) => input.shape),
    sizesWithBatch: model.inputs.map(() => true),
    ...pointsOf(model),
  });
}

/** Reals of the model's reference inputs or outputs; integers become the reals they stand for. */
export async function referenceArrays(
  { framework, inputs, outputs, reference }: ReferenceModel,
  which: 'input' | 'output',
): Promise<Float32Array[]> {
  const ports = which === 'input' ? inputs : outputs;
  return Promise.all(
    reference[which].map(async (file, index) => {
      const stored = toFloat32(await readNpyFile(join(folderOf(framework), file)));
      const { dtype, scale = 1, zero_point: zero = 0 } = ports[index];
      return dtype === 'float32' ? stored : stored.map((value) => (value - zero) * scale);
    }),
  );
}

/** The engine's outputs for the labelled pictures, a row each, and where the pictures are. */
export async function datasetOutputs(
  model: ReferenceModel,
): Promise<{ rows: Float32Array; labels: string } | undefined> {
  const found = model.reference.dataset_output;
  if (!found || root === undefined) return undefined;
  const rows = toFloat32(await readNpyFile(join(folderOf(model.framework), found.file)));
  return { rows, labels: join(root, found.dataset, 'labels.txt') };
}

/** Whether the model's inputs are integers that stand for reals. */
export const isInteger = ({ inputs }: ReferenceModel): boolean =>
  inputs.some(({ dtype }) => dtype !== 'float32');

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
