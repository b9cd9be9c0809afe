import { z } from 'zod';
import { readNetworkFile } from '../files/network-json.ts';
import type { Network } from '../network/network.ts';
import { inferShapes, shapeOf } from '../ops/shapes.ts';
import type { PostProcessDraft } from '../postprocess/file-text.ts';
import { writePostProcessFile } from '../postprocess/file.ts';
import { suggestSteps } from '../postprocess/suggest.ts';
import type { JobContext } from './context.ts';
import { networkStem } from './load.ts';
import { modelOption, parseOptions } from './options.ts';

/** Options of `generate postprocess-file` (user guide 3.6.9). */
export const postProcessFileOptions = z.object({
  model: modelOption,
  postprocessFileOutput: z
    .string()
    .optional()
    .describe('the file to write (default: NAME_postprocess_file.yml beside the network)'),
});

/** What was generated. */
export interface PostProcessFileResult {
  file: string;
  /** Kinds of the suggested steps. */
  kinds: string[];
}

/** `pegasus generate postprocess-file`: network → NAME_postprocess_file.yml, with steps that its outputs suggest. */
export async function postProcessFileJob(
  options: unknown,
  context: JobContext,
): Promise<PostProcessFileResult> {
  const given = parseOptions(postProcessFileOptions, options);
  context.progress(0, 'reading the network');
  const network = await readNetworkFile(given.model);
  context.log('I', `Load model in ${given.model}`);
  const draft = draftPostProcess(network);
  const file = given.postprocessFileOutput ?? `${networkStem(given.model)}_postprocess_file.yml`;
  await writePostProcessFile(file, draft);
  const kinds = draft.steps.map(({ kind }) => kind);
  if (kinds.length > 0)
    context.log(
      'I',
      `The outputs look like ${[...new Set(kinds)].join(', ')}: check the parameters in the file`,
    );
  context.log('I', `Save postprocess file to ${file}`);
  context.progress(1, 'written');
  return { file, kinds };
}

/** What the outputs of a network suggest. Its coefficients are not needed. */
export function draftPostProcess(network: Network): PostProcessDraft {
  const shapes = inferShapes(network, 1);
  const outputs = network.outputs.map(({ key }) => ({ lid: key, shape: shapeOf(shapes, `@${key}:out0`) }));
  const steps = suggestSteps({
    outputs,
    inputSize: inputSizeOf(network),
    endsWithSoftmax: (lid) => softmaxBefore(network, lid),
    hasExp: [...network.layers.values()].some(({ op }) => op === 'exp'),
  });
  return { outputs: outputs.map(({ lid, shape }) => ({ lid, rank: shape.length })), steps: [...steps] };
}

/** Width and height of the first input, if it is a picture; channels are told by their small number. */
function inputSizeOf(network: Network): [number, number] | undefined {
  const shape = network.inputs.at(0)?.ints('shape') ?? [];
  if (shape.length !== 4) return undefined;
  const isLast = [1, 3, 4].includes(shape[3]) && ![1, 3, 4].includes(shape[1]);
  const [height, width] = isLast ? shape.slice(1, 3) : shape.slice(2, 4);
  return height > 0 && width > 0 ? [width, height] : undefined;
}

function softmaxBefore(network: Network, lid: string): boolean {
  const producer = network.layers.get(lid)?.inputs.at(0)?.layer;
  return producer !== undefined && network.layers.get(producer)?.op === 'softmax';
}
