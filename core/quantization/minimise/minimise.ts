import { formatRef } from '../../network/layer.ts';
import type { Network } from '../../network/network.ts';
import { coefficientKey, type QuantizeTable } from '../../network/quantize-table.ts';
import { floatTensor, toFloat32 } from '../../network/tensor.ts';
import { opSpec } from '../../ops/registry.ts';
import type { CalibrationRun } from '../calibrate.ts';
import type { Range } from '../entries.ts';
import { isFloat } from '../entries.ts';
import { gridOf } from '../ranges/grid.ts';
import { histogramOf } from '../ranges/histogram.ts';
import { leastErrorRange } from '../ranges/mse.ts';
import { squaredError } from '../ranges/squared-error.ts';
import type { Scheme } from '../schemes.ts';
import { buildTable, measuredRefs, type TableOptions } from '../table.ts';
import type { TensorError } from './simulation.ts';
import { compareWhole, copyOf, survey, type Survey } from './survey.ts';

/** What {@link minimiseErrors} may change. */
export interface MinimiseOptions extends TableOptions {
  /** Ranges of activations and weights may be narrowed (`--MLE`); else only biases are corrected. */
  changeRanges: boolean;
  /** A pass over the calibration data; `text` says what for. */
  pass(text: string): CalibrationRun;
}

/** Error of a tensor before and after: root of noise / signal; 0 = exact. */
export interface LayerChange {
  ref: string;
  before: number;
  after: number;
}

/** What became of a network. */
export interface Minimised {
  ranges: ReadonlyMap<string, Range>;
  table: QuantizeTable;
  /** The network with the corrected biases; the given one when none was kept. */
  network: Network;
  /** Steps that made the network's outputs better, and those that did not and were taken back. */
  kept: string[];
  dropped: string[];
  /** Activations with an entry of their own, then the outputs. */
  layers: LayerChange[];
  /** Of the outputs together. */
  before: number;
  after: number;
}

/** Ranges, coefficients and what they lead to. */
interface State {
  ranges: ReadonlyMap<string, Range>;
  network: Network;
  table: QuantizeTable;
  errors: ReadonlyMap<string, TensorError>;
  output: number;
}

/** A step has to lower the outputs' error at least to this share to be worth a change. */
const NOTICEABLE = 0.999;

/**
 * Makes each layer's error smaller, in three steps:
 * 1. activations get the range with the least expected squared error of rounding and clipping;
 * 2. weights with one scale get such a range too, where it makes the layer's own output error smaller;
 * 3. biases take back by how much quantized weights shift the mean of each output channel (R. Banner et al., "Post
 *    training 4-bit quantization of convolutional networks", NeurIPS 2019; M. Nagel et al., "Data-Free Quantization
 *    Through Weight Equalization and Bias Correction", ICCV 2019).
 * After each step the whole quantized network runs over the calibration data; a step that does not bring the network's
 * outputs nearer to those of the float network is taken back. The result is never worse than the start.
 * Takes one pass over the data to survey, one for the start, one for each step.
 */
export async function minimiseErrors(network: Network, options: MinimiseOptions): Promise<Minimised> {
  const { scheme, changeRanges } = options;
  const refs = measuredRefs(network, options);
  const outputs = network.outputs.map((layer) => formatRef({ layer: layer.key, port: 0 }));
  const stateOf = async (ranges: ReadonlyMap<string, Range>, of: Network, text: string): Promise<State> => {
    const table = buildTable(of, { ...options, ranges });
    const errors = await compareWhole(network, of, table, [...outputs, ...refs], options.pass(text));
    return { ranges, network: of, table, errors, output: outputError(errors, outputs) };
  };
  const start = await stateOf(options.ranges, network, 'error before');
  const narrowed = changeRanges ? weightRanges(network, scheme) : new Map<string, Range>();
  const tables = [options.ranges, new Map([...options.ranges, ...narrowed])].map((ranges) =>
    buildTable(network, { ...options, ranges }),
  );
  const found = await survey(network, tables, refs, options.pass('effect of each layer'));
  const chosen = betterWeights(found, narrowed);

  let best = start;
  const kept: string[] = [];
  const dropped: string[] = [];
  const attempt = async (step: string, ranges: ReadonlyMap<string, Range>, of: Network): Promise<void> => {
    const state = await stateOf(ranges, of, step);
    const better = state.output < best.output * NOTICEABLE;
    if (better) best = state;
    (better ? kept : dropped).push(step);
  };
  const activations = changeRanges ? activationRanges(found, options) : new Map<string, Range>();
  if (activations.size > 0) {
    await attempt('ranges of activations', new Map([...best.ranges, ...activations]), network);
  }
  if (chosen.size > 0) await attempt('ranges of weights', new Map([...best.ranges, ...chosen]), network);
  const corrected = withCorrectedBiases(best, found);
  if (corrected) await attempt('bias correction', best.ranges, corrected);
  return {
    ranges: best.ranges,
    table: best.table,
    network: best.network,
    kept,
    dropped,
    layers: [...refs, ...outputs].flatMap((ref) => {
      const before = start.errors.get(ref);
      return before
        ? [{ ref, before: relative(before), after: relative(best.errors.get(ref) ?? before) }]
        : [];
    }),
    before: start.output,
    after: best.output,
  };
}

/** Root of noise / signal; Infinity where there is noise only. */
function relative({ noise, signal }: TensorError): number {
  return noise === 0 ? 0 : Math.sqrt(noise / signal);
}

/** All outputs count alike, whatever their size. */
function outputError(errors: ReadonlyMap<string, TensorError>, outputs: readonly string[]): number {
  const squares = outputs.flatMap((ref) => {
    const error = errors.get(ref);
    return error ? [relative(error) ** 2] : [];
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / Math.max(squares.length, 1));
}

/** Activations whose least expected error is below that of the range they have. */
function activationRanges(found: Survey, { scheme, ranges }: MinimiseOptions): Map<string, Range> {
  const better = new Map<string, Range>();
  for (const [ref, histogram] of found.histograms) {
    const present = ranges.get(ref);
    const error = squaredError(histogram);
    const cost = (range: Range): number => {
      const grid = gridOf(scheme.activation, range);
      return grid ? error(grid) : 0;
    };
    const range = leastErrorRange(histogram, scheme.activation);
    if (present && cost(range) < cost(present)) better.set(ref, range);
  }
  return better;
}

/** Weights with one scale whose least expected error is not that of their own range. */
function weightRanges(network: Network, { weight }: Scheme): Map<string, Range> {
  const ranges = new Map<string, Range>();
  if (weight.quantizer === 'perchannel_symmetric_affine') return ranges;
  for (const layer of network.layers.values()) {
    if (opSpec(layer.op, layer.key).quantizedCoefficients?.includes('weight') !== true) continue;
    const tensor = network.coefficient(layer.key, 'weight');
    const histogram = tensor && histogramOf(toFloat32(tensor));
    const range = histogram && leastErrorRange(histogram, weight);
    if (range && (range.min > histogram.min || range.max < histogram.max)) {
      ranges.set(coefficientKey(layer.key, 'weight'), range);
    }
  }
  return ranges;
}

/** Those narrowed weights that make their layer's output better. */
function betterWeights(
  { weights: [wide, narrow] }: Survey,
  narrowed: ReadonlyMap<string, Range>,
): Map<string, Range> {
  return new Map(
    [...narrowed].filter(([key]) => {
      const ref = key.replace(/:weight$/, ':out0');
      const [before, after] = [wide.errors.get(ref), narrow.errors.get(ref)];
      return before && after && after.noise < before.noise;
    }),
  );
}

/** The state's network with every bias moved by the shift of its layer's weights; undefined where none moves. */
function withCorrectedBiases({ network, ranges, table }: State, { weights }: Survey): Network | undefined {
  const copy = copyOf(network);
  let moved = false;
  for (const [key, own] of weights[0].shifts) {
    const weightKey = coefficientKey(key, 'weight');
    const entry = table.entries.get(weightKey);
    const bias = network.coefficient(key, 'bias');
    const shifts = ranges.has(weightKey) ? weights[1].shifts.get(key) : own;
    if (!entry || isFloat(entry) || !bias || !shifts?.some((shift) => shift !== 0)) continue;
    const values = toFloat32(bias).map((value, channel) => value + shifts[channel]);
    copy.setCoefficient(key, 'bias', floatTensor(bias.shape, values));
    moved = true;
  }
  return moved ? copy : undefined;
}
