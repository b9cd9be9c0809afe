import { findOp } from '../ops/registry.ts';
import type { JobContext } from '../jobs/context.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey, type QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import type { JobId, NamedBytes } from './contract.ts';
import type { ChannelRanges, GraphApi, NodeDataFormat, ProfileView } from './contract-graph.ts';
import { readTable, tableNetwork } from './current-table.ts';
import { graphView } from './graph-view.ts';
import { analysisOf } from './inspection.ts';
import type { JobRunner } from './job-runner.ts';
import { exportedNodeData, importedNodeData, quantitiesOf } from './node-data.ts';
import type { OpenedProject } from './open-project.ts';
import type { Project } from './project.ts';
import { changed, fingerprint, needCoefficients } from './project-files.ts';
import { runJob } from './run-job.ts';
import * as check from './validate.ts';

/** The part of the core that is about the graph's colours. */
export class GraphCore implements GraphApi {
  /** Of each project the last profile, and the table it was made with. */
  private readonly profiles = new WeakMap<Project, { table: string; view: ProfileView }>();

  /** @param opened the open project; throws when there is none */
  constructor(
    private readonly opened: () => OpenedProject,
    private readonly jobs: JobRunner,
  ) {}

  async profile(runs: number, job: JobId): Promise<ProfileView> {
    const { project } = this.opened();
    const checked = check.checkRuns(runs);
    const title = checked === 0 ? 'Find the units' : 'Time the layers';
    const table = await fingerprint(project.files.table);
    const view = await this.jobs.run(check.checkJob(job), title, (context) =>
      profileProject(project, checked, context),
    );
    this.profiles.set(project, { table, view });
    return view;
  }

  async channelRanges(key: string): Promise<ChannelRanges[]> {
    return channelRangesOf(this.opened().project, check.checkKey(key));
  }

  async readNodeData(file: NamedBytes) {
    return importedNodeData(this.opened().project.network, check.checkNamedBytes(file));
  }

  async quantities() {
    const all = await this.allQuantities();
    return all.map(({ name, values }) => ({ name, layers: values.size }));
  }

  async exportNodeData(format: NodeDataFormat, quantity: string | null) {
    const { files } = this.opened().project;
    const [program, name] = [check.checkNodeDataFormat(format), check.checkQuantity(quantity)];
    return exportedNodeData(files.name, await this.allQuantities(), program, name);
  }

  private async allQuantities() {
    const { project, model } = this.opened();
    const { files } = project;
    const quantized = (await changed(files.table)) !== undefined;
    const known = this.profiles.get(project);
    return quantitiesOf({
      graph: graphView(model),
      analysis: quantized ? await analysisOf(project) : null,
      profile: known?.table === (await fingerprint(files.table)) ? known.view : undefined,
    });
  }
}

/** Units and times as the project's table says; as float32 where there is none. */
async function profileProject({ files }: Project, runs: number, context: JobContext): Promise<ProfileView> {
  await needCoefficients(files);
  const quantized = (await changed(files.table)) !== undefined;
  const model = quantized ? await tableNetwork(files, await readTable(files.table)) : files.model;
  const table = quantized ? { modelQuantize: files.table } : {};
  return runJob(
    'profile',
    { model, modelData: files.data, runs, ...table },
    { ...context, cwd: files.folder },
  );
}

/** Ranges of a layer's weights by output channel, with the scales of the project's table. */
async function channelRangesOf({ files, network }: Project, key: string): Promise<ChannelRanges[]> {
  const table = (await changed(files.table)) === undefined ? undefined : await readTable(files.table);
  return rangesByChannel(network, table, key);
}

/** @throws StudioError when there is no such layer */
export function rangesByChannel(
  network: Network,
  table: QuantizeTable | undefined,
  key: string,
): ChannelRanges[] {
  const layer = network.layer(key);
  return [...(network.coefficients.get(key) ?? [])].flatMap(([name, tensor]) => {
    const shared = name === 'weight' && findOp(layer.op)?.outputsPerScale?.(layer, tensor) !== undefined;
    if (!shared || tensor.shape.length < 2) return [];
    const scales = table?.entries.get(coefficientKey(key, name))?.scales;
    return [{ name, ...channelsOf(tensor), scales: scales ? [...scales] : null }];
  });
}

/** Output channels are the last axis of a stored weight. */
function channelsOf(tensor: Tensor): { min: number[]; max: number[] } {
  const values = toFloat32(tensor);
  const channels = tensor.shape[tensor.shape.length - 1];
  const min = new Array<number>(channels).fill(Infinity);
  const max = new Array<number>(channels).fill(-Infinity);
  for (let start = 0; start < values.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const value = values[start + channel];
      if (value < min[channel]) min[channel] = value;
      if (value > max[channel]) max[channel] = value;
    }
  }
  // A channel of nothing but NaN has no range.
  const known = (bound: number): number => (Number.isFinite(bound) ? bound : 0);
  return { min: min.map(known), max: max.map(known) };
}
