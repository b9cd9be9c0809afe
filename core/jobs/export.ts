import { basename, dirname, extname } from 'node:path';
import { z } from 'zod';
import { caseFiles } from '../export/case-files.ts';
import { writeCase } from '../export/write-case.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import { warnAboutChip } from './chip-warnings.ts';
import type { JobContext } from './context.ts';
import { goldenSamples } from './golden.ts';
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
    .describe("'None', 'default' or a target such as VIPNANOQI_PID0X88: warns of what its NN cores lack"),
  packNbgUnify: z.boolean().default(false).describe('pack the network into an .nb file (not available yet)'),
  packNbgViplite: z.boolean().default(false).describe('pack for the VIPLite driver (not available yet)'),
  vivSdk: z.string().optional().describe('folder of the vendor SDK; only packing needs it'),
  postprocessFile: z
    .string()
    .optional()
    .describe('post-processing description, a .yml file (not available yet)'),
  saveFusedGraph: z
    .boolean()
    .default(false)
    .describe('write the fused graph for debugging (not available yet)'),
  forceRemovePermute: z
    .boolean()
    .default(false)
    .describe('drop the permutes at inputs and outputs (not available yet)'),
  customerLids: z.string().optional().describe('reserved by the vendor; without effect'),
  customerOps: z.string().optional().describe('reserved by the vendor; without effect'),
  buildPlatform: z.enum(['make']).default('make').describe('build tool of the case'),
  targetIdeProject: z
    .enum(['linux64', 'win32'])
    .default('linux64')
    .describe('IDE project files are written for'),
  batchSize: batchSizeOption,
  selfTest: z
    .boolean()
    .default(false)
    .describe(
      'add golden inputs and outputs: the built program then takes --self-test in place of inputs; beyond the vendor',
    ),
});

/** What an export wrote. */
export interface ExportResult {
  folder: string;
  /** File names in `folder`. */
  files: string[];
}

/** Options that later versions will honour; asking for one must not silently do nothing. */
const LATER = [
  'packNbgUnify',
  'packNbgViplite',
  'postprocessFile',
  'saveFusedGraph',
  'forceRemovePermute',
] as const;

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
  const table =
    given.dtype === 'quantized'
      ? await loadQuantizeTable(given.modelQuantize, given.model, context)
      : undefined;
  warnAboutChip({ ...given, table }, context);
  const plan = table ? quantizedPlan(table) : floatPlan(given.dtype === 'float32' ? 'float32' : 'float16');
  context.log('I', 'Start exporting ovxlib case...');
  context.progress(0.3, 'lowering to ovxlib');
  const batch = batchSizeOf(given.batchSize, meta);
  const { graph } = lowerNetwork(network, { plan, batch });
  const golden = given.selfTest ? await goldenSamples(network, graph, meta, batch, context) : undefined;
  const target = given.outputPath ?? basename(given.model, extname(given.model)).replace(/\.quantize$/, '');
  const folder = dirname(target);
  const files = caseFiles(graph, meta, { name: basename(target), golden });
  context.progress(0.7, 'writing the case');
  await writeCase(folder, files, context.signal);
  for (const file of files.keys()) context.log('I', `Save ${file} to ${folder}`);
  context.progress(1, 'exported');
  return { folder, files: [...files.keys()] };
}
