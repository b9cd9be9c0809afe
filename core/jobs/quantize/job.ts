import { writeQuantizeFile } from '../../files/quantize-file.ts';
import { StudioError } from '../../network/errors.ts';
import type { Network } from '../../network/network.ts';
import type { QuantizeTable } from '../../network/quantize-table.ts';
import { calibrate } from '../../quantization/calibrate.ts';
import { CalibrationCheck, type CalibrationWarning } from '../../quantization/calibration-check.ts';
import { tensorEntry, isFloat, type Range } from '../../quantization/entries.ts';
import { minimiseErrors, type LayerChange, type Minimised } from '../../quantization/minimise/minimise.ts';
import { resolveScheme, type Scheme } from '../../quantization/schemes.ts';
import { buildTable, measuredRefs } from '../../quantization/table.ts';
import type { JobContext } from '../context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, networkStem } from '../load.ts';
import { parseOptions } from '../options.ts';
import { restoreOriginal, writeCorrected } from './corrected-data.ts';
import { algorithmOf, modeOf, quantizeOptions, type QuantizeOptions } from './options.ts';
import { Passes } from './passes.ts';

/** What quantization wrote. */
export interface QuantizeResult {
  file: string;
  table: QuantizeTable;
  /** Calibration samples used. */
  samples: number;
  /** What is doubtful about the calibration data. */
  warnings: CalibrationWarning[];
  /** What `--MLE` or `--bias-correction` did. */
  minimised?: Pick<Minimised, 'kept' | 'dropped' | 'before' | 'after'> & { layers: LayerChange[] };
  /** The coefficient file with corrected biases, when there are some. */
  data?: string;
}

/** `pegasus quantize`: calibrates over the dataset and writes NAME.quantize. */
export async function quantizeJob(options: unknown, context: JobContext): Promise<QuantizeResult> {
  const given = parseOptions(quantizeOptions, options);
  return rebuild(given, modeOf(given) === 'rebuild-all', context);
}

/** `--rebuild` and `--rebuild-all`. */
async function rebuild(given: QuantizeOptions, all: boolean, context: JobContext): Promise<QuantizeResult> {
  const scheme = resolveScheme(given.quantizer, given.qtype);
  const algorithm = algorithmOf(given);
  const minimises = given.MLE || given.biasCorrection;
  if (minimises && !needsCalibration(scheme)) {
    throw new StudioError('usage', '--MLE and --bias-correction need a quantizer that stores integers');
  }
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const restored = minimises && (await restoreOriginal(network, given.modelData, context));
  const batchSize = batchSizeOf(given.batchSize, meta);
  const { iterations } = given;
  const check = new CalibrationCheck(meta);
  const count = !minimises ? 1 : given.MLE ? 6 : 4;
  const passes = new Passes(
    { meta, batchSize, iterations, count, inspect: (batch) => check.add(batch) },
    context,
  );
  noteAlgorithm(given, scheme, context);
  const calibrated = needsCalibration(scheme);
  const ranges = calibrated
    ? await calibrate(network, {
        ...passes.next('calibrating'),
        algorithm,
        format: scheme.activation,
        refs: measuredRefs(network, all),
      })
    : new Map<string, Range>();
  const warnings = check.warnings();
  for (const { input, message } of warnings) {
    context.log('W', `calibration data${input === undefined ? '' : ` of ${input}`}: ${message}`);
  }
  const minimised = minimises
    ? await minimiseErrors(network, {
        scheme,
        all,
        ranges,
        changeRanges: given.MLE,
        pass: (text) => passes.next(text),
      })
    : undefined;
  const table = minimised?.table ?? buildTable(network, { scheme, ranges, all });
  context.signal.throwIfAborted();
  const result = { table, samples: calibrated ? batchSize * iterations : 0, warnings };
  return { ...result, ...(await write(given, { network, table, minimised, restored }, context)) };
}

/** Whether a scheme's entries depend on what the tensors hold. */
function needsCalibration({ activation }: Scheme): boolean {
  return !isFloat(tensorEntry(activation, { min: 0, max: 0 }));
}

function noteAlgorithm(given: QuantizeOptions, scheme: Scheme, context: JobContext): void {
  if (!needsCalibration(scheme)) {
    context.log('I', `${given.quantizer} needs no calibration; the dataset is not read`);
  } else if (given.algorithm === 'kl_divergence' && scheme.activation.qtype === 'i16') {
    context.log(
      'W',
      'int16 has more values than kl_divergence could tell apart; ranges are chosen as by normal',
    );
  } else if (
    given.algorithm === 'moving_average' &&
    given.iterations < 3 / (given.movingAverageWeight ?? 0.01)
  ) {
    context.log(
      'W',
      `moving_average still leans on the first of ${given.iterations} steps; give more --iterations or a larger --moving-average-weight`,
    );
  }
}

/** What there is to write. */
interface Outcome {
  network: Network;
  table: QuantizeTable;
  minimised: Minimised | undefined;
  /** The network's coefficients are no longer those of the file. */
  restored: boolean;
}

/** Writes corrected coefficients, then the table that belongs to them; each file appears whole or not at all. */
async function write(
  given: QuantizeOptions,
  { network, table, minimised, restored }: Outcome,
  context: JobContext,
): Promise<Pick<QuantizeResult, 'file' | 'data' | 'minimised'>> {
  const file = given.modelQuantize ?? `${networkStem(given.model)}.quantize`;
  const data = given.outputData ?? given.modelData;
  const corrected = minimised !== undefined && minimised.network !== network;
  if (minimised) logMinimised(minimised, context);
  if (corrected || restored || given.outputData !== undefined) {
    await writeCorrected(minimised?.network ?? network, given.modelData, data, context);
  }
  await writeQuantizeFile(file, table);
  context.log('I', `Dump net quantize tensor table to ${file}`);
  context.log('I', 'End quantization...');
  context.progress(1, 'quantized');
  if (!minimised) return { file };
  const { kept, dropped, before, after, layers } = minimised;
  return { file, minimised: { kept, dropped, before, after, layers }, ...(corrected ? { data } : {}) };
}

function logMinimised({ kept, dropped, before, after, layers }: Minimised, context: JobContext): void {
  const percent = (error: number): string => `${(error * 100).toFixed(2)} %`;
  context.log('I', 'Error of each layer against float, before and after:');
  for (const layer of layers) {
    context.log(
      'I',
      `  ${percent(layer.before).padStart(10)} ${percent(layer.after).padStart(10)}  ${layer.ref}`,
    );
  }
  context.log('I', `Error of the outputs: ${percent(before)} before, ${percent(after)} after`);
  if (kept.length > 0) context.log('I', `Kept: ${kept.join(', ')}`);
  if (dropped.length > 0) context.log('I', `Taken back because it did not help: ${dropped.join(', ')}`);
}
