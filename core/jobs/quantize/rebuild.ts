import { basename, dirname, join } from 'node:path';
import { writeQuantizeFile } from '../../files/quantize-file.ts';
import { StudioError } from '../../network/errors.ts';
import type { InputMeta } from '../../network/input-meta.ts';
import type { Network } from '../../network/network.ts';
import type { QuantizeTable } from '../../network/quantize-table.ts';
import { adviseScheme } from '../../quantization/advice.ts';
import { analyze } from '../../quantization/analysis.ts';
import { analysisReport } from '../../quantization/analysis-report.ts';
import type { AutoResult } from '../../quantization/auto.ts';
import { calibrate } from '../../quantization/calibrate.ts';
import { CalibrationCheck } from '../../quantization/calibration-check.ts';
import { chipProblems } from '../../quantization/chip-check.ts';
import { isFloat, tensorEntry, type Range } from '../../quantization/entries.ts';
import { minimiseErrors, type Minimised } from '../../quantization/minimise/minimise.ts';
import { resolveScheme, type Scheme } from '../../quantization/schemes.ts';
import { suggestLayers } from '../../quantization/suggest.ts';
import { buildTable, measuredRefs, quantizableRefs, type TailOptions } from '../../quantization/table.ts';
import { chips, findChip, type Chip } from '../../targets/chips.ts';
import type { JobContext } from '../context.ts';
import { batchSizeOf, loadInputMeta, loadNetwork, networkStem } from '../load.ts';
import { autoLayers, writeHybrid } from './auto.ts';
import { restoreOriginal, writeCorrected } from './corrected-data.ts';
import { checkEntropyBatch, writeEntropy } from './entropy.ts';
import { equalizeNetwork } from './equalize.ts';
import { algorithmOf, type QuantizeOptions } from './options.ts';
import { Passes } from './passes.ts';
import type { QuantizeResult } from './result.ts';

/** `--rebuild` and `--rebuild-all`: calibration data to a table, with all that may happen in between. */
export async function rebuild(
  given: QuantizeOptions,
  all: boolean,
  context: JobContext,
): Promise<QuantizeResult> {
  const scheme = resolveScheme(given.quantizer, given.qtype);
  const chip = chipOf(given);
  checkCalibrated(given, scheme);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const work = new Rebuild(given, { scheme, all, splitHeads: given.splitHeadScales }, network, meta, context);
  const chipNotes = chip ? chipProblems(scheme, chip) : [];
  for (const note of chipNotes) context.log('W', note);
  const ranges = await work.calibrated();
  const { table, minimised } = await work.table(ranges);
  const found = await work.analysed(table, ranges);
  // A search that was interrupted has a result worth keeping.
  if (found.auto?.interrupted !== true) context.signal.throwIfAborted();
  const advice = ranges.size > 0 ? adviseScheme({ network, ranges, chip }) : undefined;
  for (const sentence of advice?.sentences ?? []) context.log('I', sentence);
  const result = await work.write(table, minimised, found);
  return { ...result, chipNotes, ...(advice ? { advice } : {}) };
}

/** Options that are about integers make no sense for float schemes. */
function checkCalibrated(given: QuantizeOptions, scheme: Scheme): void {
  if (needsCalibration(scheme)) return;
  const odd = [
    given.MLE && '--MLE',
    given.biasCorrection && '--bias-correction',
    given.crossLayerEqualization && '--cross-layer-equalization',
    given.algorithm === 'auto' && '--algorithm auto',
  ].filter((name) => name !== false);
  if (odd.length > 0) {
    throw new StudioError('usage', `${odd.join(', ')}: needs a quantizer that stores integers`);
  }
}

/** Whether a scheme's entries depend on what the tensors hold. */
function needsCalibration({ activation }: Scheme): boolean {
  return !isFloat(tensorEntry(activation, { min: 0, max: 0 }));
}

function chipOf({ target }: QuantizeOptions): Chip | undefined {
  const chip = target === undefined ? undefined : findChip(target);
  if (target === undefined || chip) return chip;
  const known = chips.map(({ pid, chips: [name] }) => `${pid} (${name})`).join(', ');
  throw new StudioError('usage', `--target: "${target}" is no known chip; known: ${known}`);
}

/** What the last step before writing found. */
type Found = Pick<QuantizeResult, 'analysis'> & { auto?: AutoResult };

/** The steps of one rebuild, which share network, data and progress. */
class Rebuild {
  private readonly passes: Passes;
  private readonly check: CalibrationCheck;
  private readonly batchSize: number;
  private warnings: QuantizeResult['warnings'] = [];
  private equalized: QuantizeResult['equalized'];
  private restored = false;

  constructor(
    private readonly given: QuantizeOptions,
    private readonly options: TailOptions & { scheme: Scheme },
    private readonly network: Network,
    private readonly meta: InputMeta,
    private readonly context: JobContext,
  ) {
    this.batchSize = batchSizeOf(given.batchSize, meta);
    if (given.computeEntropy) checkEntropyBatch(this.batchSize);
    this.check = new CalibrationCheck(meta);
    const minimising = given.MLE ? 5 : given.biasCorrection ? 3 : 0;
    this.passes = new Passes(
      {
        meta,
        batchSize: this.batchSize,
        iterations: given.iterations,
        count: 1 + minimising + Number(given.crossLayerEqualization) + Number(this.analyses),
        inspect: (batch) => this.check.add(batch),
      },
      context,
    );
  }

  private get analyses(): boolean {
    return this.given.computeEntropy || this.given.algorithm === 'auto';
  }

  private get minimises(): boolean {
    return this.given.MLE || this.given.biasCorrection;
  }

  /** Ranges of the activations the table reads; none for float schemes, whose dataset is not read. */
  async calibrated(): Promise<Map<string, Range>> {
    const { given, network, context } = this;
    const { scheme } = this.options;
    if (!needsCalibration(scheme)) {
      context.log('I', `${given.quantizer} needs no calibration; the dataset is not read`);
      return new Map();
    }
    if (this.minimises) this.restored = await restoreOriginal(network, given.modelData, context);
    if (given.crossLayerEqualization) {
      this.equalized = await equalizeNetwork(network, this.passes.next('measuring channels'), context);
    }
    this.noteAlgorithm();
    const ranges = await calibrate(network, {
      ...this.passes.next('calibrating'),
      algorithm: algorithmOf(given),
      format: scheme.activation,
      // Layers that become wider need their range in front of a fused activation, too.
      refs: given.algorithm === 'auto' ? quantizableRefs(network) : measuredRefs(network, this.options),
    });
    this.warnings = this.check.warnings();
    for (const { input, message } of this.warnings) {
      context.log('W', `calibration data${input === undefined ? '' : ` of ${input}`}: ${message}`);
    }
    return ranges;
  }

  private noteAlgorithm(): void {
    const { algorithm, iterations, movingAverageWeight = 0.01 } = this.given;
    const wide = this.options.scheme.activation.qtype === 'i16';
    if (wide && (algorithm === 'kl_divergence' || algorithm === 'auto')) {
      this.context.log(
        'W',
        'int16 has more values than kl_divergence could tell apart; ranges are chosen as by normal',
      );
    } else if (algorithm === 'moving_average' && iterations < 3 / movingAverageWeight) {
      this.context.log(
        'W',
        `moving_average still leans on the first of ${iterations} steps; give more --iterations or a larger --moving-average-weight`,
      );
    }
  }

  async table(ranges: ReadonlyMap<string, Range>): Promise<{ table: QuantizeTable; minimised?: Minimised }> {
    if (!this.minimises) return { table: buildTable(this.network, { ...this.options, ranges }) };
    const minimised = await minimiseErrors(this.network, {
      ...this.options,
      ranges,
      changeRanges: this.given.MLE,
      pass: (text) => this.passes.next(text),
    });
    logMinimised(minimised, this.context);
    return { table: minimised.table, minimised };
  }

  /** `--compute-entropy` and `--algorithm auto` both start from the error of every tensor. */
  async analysed(table: QuantizeTable, ranges: ReadonlyMap<string, Range>): Promise<Found> {
    if (!this.analyses) return {};
    const { given, network, context, meta, batchSize } = this;
    const analysis = await analyze(network, table, this.passes.next('measuring errors'));
    // Real tables carry the suggestion, for the person who will run --hybrid.
    if (given.computeEntropy) table.customized = suggestLayers(network, analysis.tensors);
    const report = analysisReport(network.meta.name, analysis, table.customized);
    if (given.algorithm !== 'auto') return { analysis: report };
    const { tensors } = analysis;
    const { scheme } = this.options;
    const auto = await autoLayers(
      given,
      { network, table, scheme, ranges, tensors },
      { meta, batchSize },
      context,
    );
    return { analysis: report, auto };
  }

  /** Coefficients first, then what describes them; each file appears whole or not at all. */
  async write(
    made: QuantizeTable,
    minimised: Minimised | undefined,
    { analysis, auto }: Found,
  ): Promise<QuantizeResult> {
    const { given, context } = this;
    const stem = networkStem(given.model);
    const file = given.modelQuantize ?? `${stem}.quantize`;
    const table = auto?.hybrid.table ?? made;
    const data = await this.writeData(minimised?.network ?? this.network);
    const files = {
      entropy: join(context.cwd ?? '', 'entropy.txt'),
      analysis: join(dirname(file), `${basename(stem)}.analysis.json`),
    };
    if (given.computeEntropy && analysis) await writeEntropy(analysis, files, context);
    const hybrid = auto && (await writeHybrid(given, auto, context));
    await writeQuantizeFile(file, table);
    context.log('I', `Dump net quantize tensor table to ${file}`);
    context.log('I', 'End quantization...');
    context.progress(1, 'quantized');
    return {
      file,
      table,
      samples: needsCalibration(this.options.scheme) ? this.batchSize * given.iterations : 0,
      warnings: this.warnings,
      ...(hybrid === undefined ? {} : { network: hybrid }),
      ...(this.equalized ? { equalized: this.equalized } : {}),
      ...(minimised ? { minimised: summaryOf(minimised) } : {}),
      ...(data === undefined ? {} : { data }),
      ...(given.computeEntropy && analysis ? { analysis, entropy: files } : {}),
      ...(auto ? { auto: trialsOf(auto) } : {}),
    };
  }

  /** Writes the coefficients when they are no longer those of the file. @returns where */
  private async writeData(network: Network): Promise<string | undefined> {
    const { given, context } = this;
    const changed = network !== this.network || this.restored || (this.equalized?.length ?? 0) > 0;
    if (!changed && given.outputData === undefined) return undefined;
    const data = given.outputData ?? given.modelData;
    await writeCorrected(network, given.modelData, data, context);
    return data;
  }
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

const summaryOf = ({ kept, dropped, before, after, layers }: Minimised): QuantizeResult['minimised'] => ({
  kept,
  dropped,
  before,
  after,
  layers,
});

const trialsOf = ({ layers, score, reached, interrupted, trials }: AutoResult): QuantizeResult['auto'] => ({
  layers,
  score,
  reached,
  interrupted,
  trials,
});
