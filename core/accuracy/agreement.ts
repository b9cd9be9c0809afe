import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readDatasetList } from '../files/dataset-list.ts';
import { analyze, type Analysis } from '../quantization/analysis.ts';
import { spearman } from './rank-correlation.ts';
import type { MeasuredModel } from './models.ts';
import type { Workspace } from './workspace.ts';

/** Pictures the errors are measured on; the entropy sees another one. */
const OTHERS = 10;

const SCHEMES = [
  { quantizer: 'asymmetric_affine', qtype: 'uint8' },
  { quantizer: 'dynamic_fixed_point', qtype: 'int8' },
] as const;

/** How well the entropy of one picture tells the order of the errors on others: rank correlations, 1 = the same order. */
export interface Agreement {
  scheme: string;
  /** Activations that were compared. */
  tensors: number;
  /** With the SQNR of each tensor when its layer alone is quantized. */
  single: number;
  /** With the mean over its channels of that. */
  channels: number;
  /** With the SQNR of each tensor when the whole network is. */
  entire: number;
  /** As `single`, on pictures that the ranges were not measured on: some of their values are cut off. */
  unseen: number;
}

/**
 * Entropy from the first calibration picture, as `--compute-entropy --iterations 1` has it, against errors on other
 * pictures.
 */
export async function measureAgreement(model: MeasuredModel, workspace: Workspace): Promise<Agreement[]> {
  const lists = await listsOf(model, workspace);
  const found: Agreement[] = [];
  for (const scheme of SCHEMES) {
    const { result } = await workspace.quantize({ rebuild: true, ...scheme });
    const analysis = (pictures: string, count: number): Promise<Analysis> =>
      analyze(workspace.network, result.table, {
        batchSize: 1,
        batches: workspace.samples(pictures, count),
        signal: workspace.signal,
        onBatch: () => undefined,
      });
    const one = await analysis(model.calibration, 1);
    const others = compare(one, await analysis(lists.others, OTHERS));
    const { single: unseen } = compare(one, await analysis(lists.unseen, OTHERS));
    found.push({ scheme: `${scheme.quantizer} ${scheme.qtype}`, ...others, unseen });
  }
  return found;
}

function compare(one: Analysis, other: Analysis): Omit<Agreement, 'scheme' | 'unseen'> {
  const pairs = one.tensors.flatMap((tensor, index) => {
    const { single, entire, entropy } = other.tensors[index];
    return single && entire ? [{ entropy: tensor.entropy, single, entire, bits: 1 - entropy }] : [];
  });
  const kept = pairs.map(({ entropy }) => 1 - entropy);
  return {
    tensors: pairs.length,
    single: spearman(
      kept,
      pairs.map(({ single }) => single.sqnr),
    ),
    // What 1 - entropy is on the same pictures: the mean of 10 log10(1 + signal / noise) of the channels, scaled.
    channels: spearman(
      kept,
      pairs.map(({ bits }) => bits),
    ),
    entire: spearman(
      kept,
      pairs.map(({ entire }) => entire.sqnr),
    ),
  };
}

/** Writes a list of other calibration pictures, and one of pictures that are not for calibration. */
async function listsOf(
  { calibration }: MeasuredModel,
  workspace: Workspace,
): Promise<{ others: string; unseen: string }> {
  const paths = async (file: string): Promise<string[]> =>
    (await readDatasetList(file, { columns: 1 })).map(({ paths: [path] }) => path);
  const spread = async (name: string, from: readonly string[]): Promise<string> => {
    const step = Math.floor(from.length / OTHERS);
    const chosen = Array.from({ length: OTHERS }, (_, index) => from[index * step]);
    await writeFile(workspace.at(name), `${chosen.join('\n')}\n`);
    return workspace.at(name);
  };
  const used = await paths(calibration);
  const all = await paths(join(dirname(calibration), 'labels.txt'));
  return {
    others: await spread('others.txt', used.slice(1)),
    unseen: await spread(
      'unseen.txt',
      all.filter((path) => !used.includes(path)),
    ),
  };
}
