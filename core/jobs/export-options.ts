import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { JobContext } from './context.ts';
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
    .describe("the device: 'None', 'default', a name such as VIPNANOQI_PID0X88, or a configuration file"),
  packNbgUnify: z
    .boolean()
    .default(false)
    .describe('also pack the network: FOLDER_nbg_unify beside the output folder; needs --optimize'),
  packNbgViplite: z
    .boolean()
    .default(false)
    .describe('the same for the VIPLite driver: FOLDER_nbg_viplite; not with --pack-nbg-unify'),
  vivSdk: z
    .string()
    .optional()
    .describe('folder of the vendor SDK (vcmdtools): packs for the device; without it, for the simulator'),
  postprocessFile: z.string().optional().describe('post-processing description, a .yml file'),
  saveFusedGraph: z.boolean().default(false).describe('also write NAME_fused.json, the exported nodes'),
  forceRemovePermute: z
    .boolean()
    .default(false)
    .describe('drop the permutes at inputs and outputs of TensorFlow, TFLite and Keras networks'),
  buildPlatform: z.enum(['make']).default('make').describe('what builds the packing program'),
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
  customerLids: z.string().optional().describe('reserved by the toolkit; does nothing'),
  customerOps: z.string().optional().describe('reserved by the toolkit; does nothing'),
});

/** Options of an export, with defaults filled in. */
export type ExportOptions = z.output<typeof exportOvxlibOptions>;

/** Pairs of options that exclude each other. */
const EXCLUSIVE = [
  ['packNbgUnify', 'packNbgViplite'],
  ['saveFusedGraph', 'packNbgUnify'],
  ['saveFusedGraph', 'packNbgViplite'],
  ['forceRemovePermute', 'packNbgUnify'],
  ['forceRemovePermute', 'packNbgViplite'],
] as const;

/**
 * Reads the options of an export and says which of them do nothing.
 * @throws StudioError 'usage' for values and combinations that cannot be
 */
export function exportOptions(options: unknown, context: JobContext): ExportOptions {
  const given = parseOptions(exportOvxlibOptions, options);
  for (const [one, other] of EXCLUSIVE) {
    if (given[one] && given[other]) {
      throw new StudioError('usage', `${flagOf(one)} and ${flagOf(other)} exclude each other`);
    }
  }
  if (given.dtype === 'quantized' && given.modelQuantize === undefined) {
    throw new StudioError('usage', '--dtype quantized needs --model-quantize');
  }
  for (const name of ['customerLids', 'customerOps'] as const) {
    if (given[name] !== undefined) context.log('W', `${flagOf(name)} is reserved and does nothing`);
  }
  if (given.vivSdk !== undefined && !isPacking(given)) {
    context.log('I', '--viv-sdk does nothing without --pack-nbg-unify or --pack-nbg-viplite');
  }
  return given;
}

/** Whether a packed network is asked for. */
export function isPacking({ packNbgUnify, packNbgViplite }: ExportOptions): boolean {
  return packNbgUnify || packNbgViplite;
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
