import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { batches, type Batch } from '../dataset/batches.ts';
import { quantizedPlan } from '../device/types.ts';
import { readFileOf } from '../files/atomic.ts';
import { loadCoefficients, writeCoefficients } from '../files/coefficients.ts';
import { writeQuantizeFile } from '../files/quantize-file.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { writeInputMetaFile } from '../files/inputmeta-file.ts';
import { readNetworkFile, writeNetworkFile } from '../files/network-json.ts';
import { importers } from '../importers/registry.ts';
import { quantizeJob } from '../jobs/quantize/job.ts';
import type { QuantizeResult } from '../jobs/quantize/result.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import type { Candidate } from '../quantization/evaluate.ts';
import type { MeasuredModel, PictureRule } from './models.ts';

/** How many pictures models are calibrated with, and how many classifiers are judged on. */
const CALIBRATION = 50;
export const PICTURES = 200;

/** What a quantization gave, ready to run. */
export interface Quantized extends Candidate {
  result: QuantizeResult;
}

/** A model in a folder of its own, as `pegasus` has it: net.json, net.data, calibration.yml, net.quantize. */
export class Workspace {
  private constructor(
    private readonly folder: string,
    readonly network: Network,
    private readonly pictures: PictureRule,
    readonly signal: AbortSignal,
  ) {}

  /**
   * Imports a model and writes what quantization reads.
   * @param change alters the network before it is written
   */
  static async open(
    model: MeasuredModel,
    folder: string,
    signal: AbortSignal,
    change: (workspace: Workspace) => Promise<void> = async () => Promise.resolve(),
  ): Promise<Workspace> {
    await mkdir(folder, { recursive: true });
    const workspace = new Workspace(folder, await importModel(model, signal), model.pictures, signal);
    await change(workspace);
    await writeNetworkFile(workspace.at('net.json'), workspace.network);
    await writeCoefficients(workspace.at('net.data'), workspace.network.coefficients);
    await workspace.describe('calibration.yml', model.calibration);
    return workspace;
  }

  at(file: string): string {
    return join(this.folder, file);
  }

  /** Writes the description of the input for a list of pictures. @returns its path */
  async describe(file: string, list: string): Promise<string> {
    await writeInputMetaFile(this.at(file), this.meta(list));
    return this.at(file);
  }

  /** The first pictures of a list, one by one. */
  samples(list: string, count: number): AsyncGenerator<Batch> {
    return batches(this.meta(list), { batchSize: 1, iterations: count, signal: this.signal });
  }

  /** Runs `pegasus quantize` on {@link CALIBRATION} pictures, with further options. */
  async quantize(options: Readonly<Record<string, unknown>>): Promise<Quantized> {
    const changes = options['MLE'] === true || options['crossLayerEqualization'] === true;
    const result = await quantizeJob(
      {
        model: this.at('net.json'),
        modelData: this.at('net.data'),
        modelQuantize: this.at('net.quantize'),
        withInputMeta: this.at('calibration.yml'),
        ...(changes ? { outputData: this.at('changed.data') } : {}),
        batchSize: 1,
        iterations: CALIBRATION,
        ...options,
      },
      { signal: this.signal, progress: () => undefined, log: () => undefined },
    );
    return { network: await this.networkOf(result), plan: quantizedPlan(result.table), result };
  }

  /** Makes the table in uint8, then gives some layers another type by `--hybrid`. */
  async hybrid(layers: readonly string[], type: string): Promise<Quantized> {
    const { result } = await this.quantize({ rebuild: true });
    const customized = new Map(layers.map((layer) => [layer, type] as const));
    await writeQuantizeFile(result.file, { ...result.table, customized });
    return this.quantize({ hybrid: true });
  }

  /** The description of the input, with the model's preprocessing. */
  private meta(list: string): InputMeta {
    const meta = defaultInputMeta(this.network, { sourceFiles: [list] });
    const { mean, scale, order, layout } = this.pictures;
    for (const port of meta.databases.flatMap((database) => database.ports)) {
      port.layout = layout;
      port.preprocess.reverseChannel = order === 'BGR';
      port.preprocess.mean = [...mean];
      port.preprocess.scale = typeof scale === 'number' ? scale : [...scale];
    }
    return meta;
  }

  private async networkOf({ network, data }: QuantizeResult): Promise<Network> {
    if (network === undefined && data === undefined) return this.network;
    const changed = await readNetworkFile(network ?? this.at('net.json'));
    await loadCoefficients(changed, data ?? this.at('net.data'));
    return changed;
  }
}

async function importModel(
  { file, companions, framework, sizes }: MeasuredModel,
  signal: AbortSignal,
): Promise<Network> {
  const importer = importers.find((candidate) => candidate.framework === framework);
  if (!importer) throw new StudioError('usage', `no importer for ${framework}`, { file });
  const files = await Promise.all(
    companions.map(async (path) => ({ name: basename(path), bytes: await readFileOf(path) })),
  );
  return importer.import(await readFileOf(file), {
    companions: files,
    name: basename(file, extname(file)),
    folder: dirname(file),
    inputSizes: sizes,
    sizesWithBatch: sizes.map(() => true),
    signal,
  });
}
