import { writeNetworkFile } from '../../files/network-json.ts';
import { batches } from '../../dataset/batches.ts';
import { StudioError } from '../../network/errors.ts';
import type { InputMeta } from '../../network/input-meta.ts';
import { floatPlan } from '../../device/types.ts';
import { parseNumberFormat } from '../../network/number-format.ts';
import { chooseLayers, type AutoGoal, type AutoOptions, type AutoResult } from '../../quantization/auto.ts';
import { evaluate } from '../../quantization/evaluate.ts';
import { SUGGESTED_FORMAT } from '../../quantization/suggest.ts';
import type { JobContext } from '../context.ts';
import { networkStem } from '../load.ts';
import { TARGET_COSINE, type QuantizeOptions } from './options.ts';

/** Samples that candidates are judged on at most, so that a long calibration does not make a search endless. */
const MOST_SAMPLES = 200;

/** `--algorithm auto`: chooses the layers for the wider type. */
export async function autoLayers(
  given: QuantizeOptions,
  options: Pick<AutoOptions, 'network' | 'table' | 'scheme' | 'ranges' | 'tensors'>,
  data: { meta: InputMeta; batchSize: number },
  context: JobContext,
): Promise<AutoResult> {
  const { meta, batchSize } = data;
  const iterations = Math.max(1, Math.min(given.iterations, Math.floor(MOST_SAMPLES / batchSize)));
  const samples = () => batches(meta, { batchSize, iterations, cwd: context.cwd });
  const goal = await goalOf(given, options, samples, context);
  const wide = given.autoFormat ?? SUGGESTED_FORMAT;
  parseNumberFormat(wide);
  const result = await chooseLayers({
    ...options,
    byCosine: given.MLE,
    wide,
    goal,
    samples,
    signal: context.signal,
    onTrial: ({ layers, score }) => {
      context.progress(0.9, `searching: ${layers.length} layers in ${wide}, ${spell(goal, score)}`);
      context.log('I', `  ${String(layers.length).padStart(4)} layers in ${wide}: ${spell(goal, score)}`);
    },
  });
  const { layers, score, reached, interrupted } = result;
  const end = interrupted ? 'Interrupted, best so far' : reached ? 'Target reached' : 'Target not reached';
  context.log(
    reached ? 'I' : 'W',
    `${end}: ${layers.length} layers in ${wide}, ${spell(goal, score)}; the target is ${spell(goal, goal.least)}`,
  );
  return result;
}

const spell = (goal: AutoGoal, value: number): string =>
  goal.kind === 'top1' ? `top-1 ${(100 * value).toFixed(2)} %` : `cosine ${value.toFixed(5)}`;

/** The target; an accuracy drop is taken from the float network's accuracy on the same samples. */
async function goalOf(
  given: QuantizeOptions,
  { network }: Pick<AutoOptions, 'network'>,
  samples: () => ReturnType<typeof batches>,
  context: JobContext,
): Promise<AutoGoal> {
  if (given.targetAccuracyDrop === undefined) {
    return { kind: 'cosine', least: given.targetCosine ?? TARGET_COSINE };
  }
  const candidate = { network, plan: floatPlan('float32') };
  const [{ top1, labelled }] = await evaluate(network, [candidate], samples(), context.signal);
  if (labelled === 0) {
    throw new StudioError(
      'dataset-invalid',
      '--target-accuracy-drop needs labels, and the dataset has none',
      {},
      'Write the class number behind each file name of the dataset list.',
    );
  }
  context.log('I', `Float top-1 ${(100 * top1).toFixed(2)} % on ${labelled} labelled samples`);
  return { kind: 'top1', least: top1 - given.targetAccuracyDrop / 100 };
}

/** Writes NAME.quantize.json when layers were chosen. @returns its path */
export async function writeHybrid(
  given: QuantizeOptions,
  { hybrid, layers }: AutoResult,
  context: JobContext,
): Promise<string | undefined> {
  if (layers.length === 0) return undefined;
  const target = `${networkStem(given.model)}.quantize.json`;
  await writeNetworkFile(target, hybrid.network);
  context.log('I', `Save hybrid network to ${target}`);
  return target;
}
