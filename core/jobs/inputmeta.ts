import { z } from 'zod';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { writeInputMetaFile } from '../files/inputmeta-file.ts';
import { readNetworkFile } from '../files/network-json.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { JobContext } from './context.ts';
import { networkStem } from './load.ts';
import { modelOption, parseOptions } from './options.ts';

/** Options of `generate inputmeta` (user guide 3.6.8). */
export const inputMetaOptions = z.object({
  model: modelOption,
  inputMetaOutput: z
    .string()
    .optional()
    .describe('the file to write (default: NAME_inputmeta.yml beside the network)'),
  separatedDatabase: z.boolean().default(false).describe('one dataset file for each input of the network'),
  sourceFile: z
    .string()
    .optional()
    .describe(
      "the dataset file, with --separated-database one per input: 'a.txt#b.txt' (default: dataset.txt)",
    ),
  channelMeanValue: z
    .string()
    .optional()
    .describe("means and scale, '#' between inputs: '128 128 128 0.0078125' (default: mean 0, scale 1)"),
});

/** What was generated. */
export interface InputMetaResult {
  file: string;
  meta: InputMeta;
}

/** `pegasus generate inputmeta`: network → NAME_inputmeta.yml. */
export async function inputMetaJob(options: unknown, context: JobContext): Promise<InputMetaResult> {
  const given = parseOptions(inputMetaOptions, options);
  context.progress(0, 'reading the network');
  const network = await readNetworkFile(given.model);
  context.log('I', `Load model in ${given.model}`);
  const meta = defaultInputMeta(network, {
    sourceFiles: given.sourceFile?.split('#'),
    channelMeanValue: given.channelMeanValue,
    separated: given.separatedDatabase,
  });
  const file = given.inputMetaOutput ?? `${networkStem(given.model)}_inputmeta.yml`;
  await writeInputMetaFile(file, meta);
  context.log('I', `Save input meta to ${file}`);
  context.progress(1, 'written');
  return { file, meta };
}
