import { batches } from '../dataset/batches.ts';
import { loadCoefficients } from '../files/coefficients.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { StudioError } from '../network/errors.ts';
import { fusedUnits } from '../quantization/analysis.ts';
import { withRanges } from '../quantization/edit-ranges.ts';
import type { Range } from '../quantization/entries.ts';
import type { ErrorMeasure } from '../quantization/error-measure.ts';
import { NextLayers } from '../quantization/next-layer.ts';
import { fixedBatch, inputsInOrder } from '../simulator/batching.ts';
import type { Fidelity, ReaderEffect } from './contract-inspect.ts';
import { readTable } from './current-table.ts';
import type { Project } from './project.ts';
import { fingerprint, needCoefficients } from './project-files.ts';
import { sourceData } from './runs.ts';

/** Of each project the tensor that was asked for last: a handle asks many times. */
const kept = new WeakMap<Project, { key: string; layers: Promise<NextLayers> }>();

/**
 * What another range of a tensor does to the layers that read it, on the first sample. What fuses with an activation
 * has its range, so there the layers behind the activation are looked at.
 */
export async function nextLayerEffect(project: Project, ref: string, range: Range): Promise<ReaderEffect[]> {
  const { network, files } = project;
  const table = await readTable(files.table);
  const changed = withRanges(network, table, new Map([[ref, range]]));
  const tensor = fusedUnits(network, table).get(ref) ?? ref;
  const entries = [table, changed].flatMap(({ entries: all }) => all.get(tensor) ?? []);
  const [before, after] = (await nextLayersOf(project, tensor)).errors(entries);
  return [...after].flatMap(([layer, now]) => {
    const then = before.get(layer);
    return then ? [{ layer, before: fidelity(then), after: fidelity(now) }] : [];
  });
}

const fidelity = ({ sqnr, cosine }: ErrorMeasure): Fidelity => ({
  sqnr: sqnr === Infinity ? null : sqnr,
  cosine,
});

async function nextLayersOf(project: Project, tensor: string): Promise<NextLayers> {
  const { files } = project;
  await needCoefficients(files);
  const data = await sourceData(files);
  const sources = [fingerprint(files.model), fingerprint(data), project.inputsVersion()];
  const key = JSON.stringify([tensor, await Promise.all(sources)]);
  const before = kept.get(project);
  if (before?.key === key) return before.layers;
  const layers = runFirstSample(project, data, tensor);
  kept.set(project, { key, layers });
  // What was missing may come back without a change of the files that make the key.
  layers.catch(() => kept.get(project)?.layers === layers && kept.delete(project));
  return layers;
}

/** @param data path of the coefficients */
async function runFirstSample(project: Project, data: string, tensor: string): Promise<NextLayers> {
  const { files } = project;
  const { meta } = await project.inputMeta();
  if (project.isEmpty(meta)) {
    throw new StudioError(
      'dataset-invalid',
      'there are no samples to try it on',
      {},
      'Add some on the Dataset page.',
    );
  }
  const network = await readNetworkFile(files.model);
  await loadCoefficients(network, data);
  const batchSize = fixedBatch(network) ?? 1;
  for await (const { inputs } of batches(meta, { batchSize, cwd: files.folder })) {
    return new NextLayers(network, tensor, inputsInOrder(network, inputs), batchSize);
  }
  throw new StudioError('dataset-invalid', 'the dataset gave no sample');
}
