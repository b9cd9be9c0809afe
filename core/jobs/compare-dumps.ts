import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeviceGraph } from '../device/graph.ts';
import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { parseDumpName, readDump, type DumpName } from '../files/layer-dump.ts';
import { formatNetron } from '../files/node-data/netron.ts';
import { MAX_PERF_LOG, parsePerfLog, type PerfLayer } from '../files/perf-log.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount } from '../network/tensor.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { JobContext } from './context.ts';
import { dumpData } from './dump-data.ts';
import { dumpDifference, type DumpDifference } from './dump-difference.ts';
import { exportGraph } from './export-graph.ts';
import { exportOvxlibOptions } from './export-options.ts';
import { loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import { parseOptions } from './options.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';
import { loadInputs, repeated } from './sample-inputs.ts';

/** Options of `compare dumps`; the vendor's tool has no such command. */
export const compareDumpsOptions = exportOvxlibOptions
  .pick({
    model: true,
    modelData: true,
    modelQuantize: true,
    withInputMeta: true,
    batchSize: true,
    postprocessFile: true,
    forceRemovePermute: true,
  })
  .extend({
    ...requantizationOptions,
    dtype: z
      .enum(['float', 'float16', 'float32', 'quantized'])
      .default('quantized')
      .describe('what to compare with: the simulated network in this data type'),
    dumps: z.string().min(1).describe('folder that the program wrote, such as layer_dump'),
    sample: z
      .string()
      .default('0')
      .describe('what the program was run on: a number in the dataset, or a file'),
    perfLog: z.string().optional().describe('what the program printed with CNN_PERF=1'),
    output: z.string().optional().describe('write the values of each layer here, as a Netron attachment'),
  });

/** One output of a node, as the program wrote it, against the simulator's. */
export interface DumpedLayer extends DumpDifference {
  /** Key of the layer that the node belongs to. */
  layer: string;
  /** ovxlib operator. */
  op: string;
  uid: number;
  file: string;
}

/** A file that is no output of the network, or not in this form. */
export interface OddDump {
  file: string;
  reason: string;
}

/** What `compare dumps` answers. */
export interface CompareDumpsResult {
  /** In the order of computation. */
  layers: DumpedLayer[];
  /** Outputs of nodes that no file is of. */
  absent: number;
  odd: OddDump[];
  /** Times in the log, by layer. */
  times: { layer: string; microseconds: number }[];
}

type Given = z.output<typeof compareDumpsOptions>;

/** Files of one folder that are looked at. */
const MAX_FILES = 100_000;

/**
 * Compares what a program wrote of every layer with the simulator's own tensors, one after the other.
 * @throws StudioError 'file-missing' when there are no dumps, 'shape-mismatch' when none is of this network
 */
export async function compareDumpsJob(options: unknown, context: JobContext): Promise<CompareDumpsResult> {
  const given = parseOptions(compareDumpsOptions, options);
  const files = await dumpsIn(given.dumps);
  const log = given.perfLog === undefined ? [] : await readLog(given.perfLog);
  const { graph, inputs } = await subject(given, context);
  const requantization = await requantizationOf(given, context);
  const { matched, odd } = match(graph, files);
  if (matched.size === 0) throw noneFits(given.dumps, files.length, odd);
  const layers = await compareAll({ graph, inputs, matched, folder: given.dumps, requantization }, context);
  const outputs = graph.nodes.reduce((sum, node) => sum + node.outputs.length, 0);
  const layerOf = new Map(graph.nodes.map(({ uid, layer }) => [uid, layer]));
  const times = log.flatMap(({ uid, microseconds }) => {
    const layer = layerOf.get(uid);
    return layer === undefined ? [] : [{ layer, microseconds }];
  });
  const result = { layers, absent: outputs - matched.size, odd, times };
  if (given.output !== undefined) await writeFileAtomic(given.output, formatNetron(dumpData(result)));
  return result;
}

async function dumpsIn(folder: string): Promise<{ file: string; name: DumpName }[]> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory()) {
    throw new StudioError('file-missing', 'there is no such folder', { file: folder });
  }
  const files = (await readdir(folder)).sort().slice(0, MAX_FILES);
  const dumps = files.flatMap((file) => {
    const name = parseDumpName(file);
    return name ? [{ file, name }] : [];
  });
  if (dumps.length > 0) return dumps;
  throw new StudioError(
    'file-missing',
    'the folder holds no layer dumps (OP_uid_12_t_0_s_8_8_16_1.txt)',
    { file: folder },
    'Run the program with NN_LAYER_DUMP=1, or built with CFLAGS=-DVNN_APP_DEBUG=1.',
  );
}

async function readLog(file: string): Promise<PerfLayer[]> {
  return parsePerfLog(await readTextOf(file, { limit: MAX_PERF_LOG }), file);
}

/** The exported graph, and what its inputs hold. */
async function subject(
  given: Given,
  context: JobContext,
): Promise<{ graph: DeviceGraph; inputs: Float32Array[] }> {
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const quantized = given.dtype === 'quantized';
  const table = quantized ? await loadQuantizeTable(given.modelQuantize, given.model, context) : undefined;
  const { graph, batch } = await exportGraph(given, { network, meta, table }, context);
  const sample = /^\d+$/.test(given.sample) ? Number(given.sample) : given.sample;
  const { values } = await loadInputs(sample, network, meta, context);
  return { graph, inputs: repeated(values, batch) };
}

/** A dump and the node that made it. */
interface Matched {
  file: string;
  layer: string;
  op: string;
  uid: number;
}

/** Finds the tensor that each file is of. */
function match(
  graph: DeviceGraph,
  files: readonly { file: string; name: DumpName }[],
): { matched: Map<number, Matched>; odd: OddDump[] } {
  const nodes = new Map(graph.nodes.map((node) => [node.uid, node]));
  const matched = new Map<number, Matched>();
  const odd: OddDump[] = [];
  for (const { file, name } of files) {
    const node = nodes.get(name.uid);
    const id = node?.outputs[name.port];
    if (!node || id === undefined || !name.op.endsWith(node.op)) {
      odd.push({
        file,
        reason: `the network has no ${name.op} with uid ${name.uid} and output ${name.port}`,
      });
      continue;
    }
    const size = graph.tensors[id].size.join('x');
    const before = matched.get(id);
    if (size !== name.size.join('x')) {
      odd.push({ file, reason: `it is ${name.size.join('x')}, ${node.layer} has ${size}` });
    } else if (before) odd.push({ file, reason: `${before.file} is of the same tensor` });
    else matched.set(id, { file, layer: node.layer, op: node.op, uid: node.uid });
  }
  return { matched, odd };
}

function noneFits(folder: string, count: number, [first]: readonly OddDump[]): StudioError {
  const example = first ? `; of ${first.file}, ${first.reason}` : '';
  return new StudioError(
    'shape-mismatch',
    `none of the ${count} layer dumps is of this network${example}`,
    { file: folder },
    'Dumps belong to one export: give the network, the data type and the options that it was made with.',
  );
}

/** Runs the network and compares each tensor while it is there. */
async function compareAll(
  run: {
    graph: DeviceGraph;
    inputs: Float32Array[];
    matched: Map<number, Matched>;
    folder: string;
    requantization: NativeRequantization;
  },
  context: JobContext,
): Promise<DumpedLayer[]> {
  const simulator = new Simulator(run.graph, { signal: context.signal, requantization: run.requantization });
  try {
    const layers: DumpedLayer[] = [];
    for (const value of simulator.stream(run.inputs, run.matched.keys())) {
      context.signal.throwIfAborted();
      const found = run.matched.get(value.tensor.id);
      if (!found) continue;
      const dump = await readDump(join(run.folder, found.file), elementCount(value.tensor.size));
      layers.push({ ...found, ...dumpDifference(value, dump) });
      context.progress(layers.length / run.matched.size, `compared ${layers.length} of ${run.matched.size}`);
    }
    return layers;
  } finally {
    simulator.dispose();
  }
}
