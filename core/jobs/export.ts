import { basename, dirname, extname } from 'node:path';
import { z } from 'zod';
import { caseFiles } from '../export/case-files.ts';
import { writeCase } from '../export/write-case.ts';
import { deviceOutputs } from '../export/post-process.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { appendOutputNodes } from '../device/output-nodes.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import { readPostProcessFile } from '../postprocess/file.ts';
import type { Plan } from '../postprocess/plan.ts';
import { planSteps } from '../postprocess/step-files.ts';
import type { JobContext } from './context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import { batchSizeOption, dataOption, inputMetaOption, modelOption, parseOptions } from './options.ts';

/** Options of `export ovxlib` (user guide 3.6.10). */
export const exportOvxlibOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z.string().optional().describe('the quantize table, required with --dtype quantized'),
  withInputMeta: inputMetaOption,
  dtype: z
    .enum(['float', 'float16', 'float32', 'quantized'])
    .default('float')
    .describe('data type of the case; float is float16'),
  outputPath: z
    .string()
    .optional()
    .describe('folder and name of what is written: out/lenet (default: the network name here)'),
  optimize: z
    .string()
    .default('default')
    .describe("'None', 'default' or a target such as VIPNANOQI_PID0X88; recorded only in this version"),
  packNbgUnify: z.boolean().default(false).describe('pack the network into an .nb file (not available yet)'),
  packNbgViplite: z.boolean().default(false).describe('pack for the VIPLite driver (not available yet)'),
  vivSdk: z.string().optional().describe('folder of the vendor SDK; only packing needs it'),
  postprocessFile: z.string().optional().describe('post-processing description, a .yml file'),
  saveFusedGraph: z
    .boolean()
    .default(false)
    .describe('write the fused graph for debugging (not available yet)'),
  forceRemovePermute: z
    .boolean()
    .default(false)
    .describe('drop the permutes at inputs and outputs (not available yet)'),
  buildPlatform: z.enum(['make']).default('make').describe('build tool of the case'),
  targetIdeProject: z
    .enum(['linux64', 'win32'])
    .default('linux64')
    .describe('IDE project files are written for'),
  batchSize: batchSizeOption,
});

/** What an export wrote. */
export interface ExportResult {
  folder: string;
  /** File names in `folder`. */
  files: string[];
}

/** Options that later versions will honour; asking for one must not silently do nothing. */
const LATER = ['packNbgUnify', 'packNbgViplite', 'saveFusedGraph', 'forceRemovePermute'] as const;

/** `pegasus export ovxlib`: network (+ table) → C case code for the unify driver. */
export async function exportOvxlibJob(options: unknown, context: JobContext): Promise<ExportResult> {
  const given = parseOptions(exportOvxlibOptions, options);
  for (const name of LATER) {
    if (given[name]) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      throw new StudioError('usage', `--${flag}: not available in this version`);
    }
  }
  if (given.dtype === 'quantized' && given.modelQuantize === undefined) {
    throw new StudioError('usage', '--dtype quantized needs --model-quantize');
  }
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const plan = await planOf(given, given.model, context);
  context.log('I', 'Start exporting ovxlib case...');
  context.progress(0.3, 'lowering to ovxlib');
  const lowered = lowerNetwork(network, { plan, batch: batchSizeOf(given.batchSize, meta) });
  const { graph, steps } = await withPostProcess(lowered.graph, given.postprocessFile);
  const target = given.outputPath ?? basename(given.model, extname(given.model)).replace(/\.quantize$/, '');
  const folder = dirname(target);
  const files = caseFiles(graph, meta, { name: basename(target), steps });
  context.progress(0.7, 'writing the case');
  await writeCase(folder, files, context.signal);
  for (const file of files.keys()) context.log('I', `Save ${file} to ${folder}`);
  context.progress(1, 'exported');
  return { folder, files: [...files.keys()] };
}

/** The graph with the nodes that `app_postprocs` asks for, and the steps of `nibble_postprocs`. */
async function withPostProcess(
  graph: DeviceGraph,
  file: string | undefined,
): Promise<{ graph: DeviceGraph; steps: Plan[] }> {
  if (file === undefined) return { graph, steps: [] };
  const { app, steps } = await readPostProcessFile(file);
  const appended = appendOutputNodes(
    graph,
    app.filter(({ addNode }) => addNode),
  );
  return { graph: appended, steps: await planSteps(steps, deviceOutputs(appended)) };
}

async function planOf(
  given: z.output<typeof exportOvxlibOptions>,
  model: string,
  context: JobContext,
): Promise<TypePlan> {
  if (given.dtype === 'quantized') {
    return quantizedPlan(await loadQuantizeTable(given.modelQuantize, model, context));
  }
  return floatPlan(given.dtype === 'float32' ? 'float32' : 'float16');
}
