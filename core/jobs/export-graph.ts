import { lowerNetwork } from '../device/lower.ts';
import { appendOutputNodes } from '../device/output-nodes.ts';
import { removeEdgePermutes } from '../device/remove-permutes.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { deviceOutputs } from '../export/post-process.ts';
import type { InputMeta } from '../network/input-meta.ts';
import { summarize, type Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { readPostProcessFile } from '../postprocess/file.ts';
import type { Plan } from '../postprocess/plan.ts';
import { planSteps } from '../postprocess/step-files.ts';
import type { JobContext } from './context.ts';
import type { ExportOptions } from './export-options.ts';
import { batchSizeOf } from './load.ts';

/** What an export is made from. */
interface ExportSource {
  network: Network;
  meta: InputMeta;
  /** With `--dtype quantized`. */
  table: QuantizeTable | undefined;
}

/** The graph that a case builds. */
interface ExportedGraph {
  graph: DeviceGraph;
  /** What the program makes of the outputs. */
  steps: Plan[];
  batch: number;
}

/** Lowers a network as the options of an export say, with what the post-processing file adds. */
export async function exportGraph(
  given: Pick<ExportOptions, 'dtype' | 'batchSize' | 'forceRemovePermute' | 'postprocessFile'>,
  { network, meta, table }: ExportSource,
  context: JobContext,
): Promise<ExportedGraph> {
  const plan = table ? quantizedPlan(table) : floatPlan(given.dtype === 'float32' ? 'float32' : 'float16');
  const batch = batchSizeOf(given.batchSize, meta);
  const lowered = lowerNetwork(network, { plan, batch }).graph;
  const plain = given.forceRemovePermute ? withoutEdgePermutes(lowered, network, context) : lowered;
  return { ...(await withPostProcess(plain, given.postprocessFile, context.cwd)), batch };
}

/** The graph with the nodes that `app_postprocs` asks for, and the steps of `nibble_postprocs`. */
async function withPostProcess(
  graph: DeviceGraph,
  file: string | undefined,
  cwd: string | undefined,
): Promise<{ graph: DeviceGraph; steps: Plan[] }> {
  if (file === undefined) return { graph, steps: [] };
  const { app, steps } = await readPostProcessFile(file);
  const appended = appendOutputNodes(
    graph,
    app.filter(({ addNode }) => addNode),
  );
  return { graph: appended, steps: await planSteps(steps, deviceOutputs(appended), cwd) };
}

const CHANNEL_LAST = new Set(['tensorflow', 'tflite', 'keras']);

function withoutEdgePermutes(graph: DeviceGraph, network: Network, context: JobContext): DeviceGraph {
  const platform = network.meta.orgPlatform ?? network.meta.platform;
  if (!CHANNEL_LAST.has(platform.toLowerCase())) {
    context.log('W', `--force-remove-permute: this network comes from ${platform}, nothing is removed`);
    return graph;
  }
  const result = removeEdgePermutes(graph);
  const names = result.removed.map(({ layer }) => layer);
  context.log('I', `--force-remove-permute: removed ${names.length === 0 ? 'nothing' : summarize(names)}`);
  return result.graph;
}
