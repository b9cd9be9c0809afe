import { createHash } from 'node:crypto';
import type { Batch } from '../dataset/batches.ts';
import { pictureSize, sampleSize } from '../dataset/preprocess.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { counted } from '../network/counted.ts';

/** Something about the calibration data that usually makes a bad table. */
export interface CalibrationWarning {
  kind: 'few' | 'repeated' | 'constant' | 'noise' | 'not-finite' | 'scale' | 'one-label';
  /** Input layer, where it is about one. */
  input?: string;
  message: string;
}

/** Fewer different samples hardly show what a tensor can hold. */
const ENOUGH = 32;
/** Samples that are told apart; after that the data are many enough. */
const REMEMBERED = 65536;
/** Neighbours of independent noise differ by twice the variance; those of photographs by a small part of it. */
const NOISE = 0.8;

/** What was seen of one input. */
interface Seen {
  port: InputPort;
  hashes: Set<string>;
  samples: number;
  constant: number;
  noise: number;
  notFinite: number;
  min: number;
  max: number;
}

/** Looks at calibration samples as they pass: one walk over each sample and one hash; memory is bounded. */
export class CalibrationCheck {
  private readonly seen: Seen[];
  private readonly labels = new Set<number>();
  private labelled = 0;

  constructor(meta: InputMeta) {
    this.seen = meta.databases
      .flatMap(({ ports }) => ports)
      .map((port) => ({
        port,
        hashes: new Set(),
        samples: 0,
        constant: 0,
        noise: 0,
        notFinite: 0,
        min: Infinity,
        max: -Infinity,
      }));
  }

  add({ inputs, labels }: Batch): void {
    for (const label of labels) {
      if (label === undefined) continue;
      this.labelled++;
      this.labels.add(label);
    }
    for (const seen of this.seen) {
      const values = inputs.get(seen.port.lid);
      const size = sampleSize(seen.port);
      if (!values || size === 0) continue;
      for (let at = 0; at < values.length; at += size) addSample(seen, values.subarray(at, at + size));
    }
  }

  warnings(): CalibrationWarning[] {
    const found = this.seen.flatMap(warningsOf);
    if (this.labelled >= 8 && this.labels.size === 1) {
      found.push({
        kind: 'one-label',
        message: 'all samples have the same label; calibrate with every class',
      });
    }
    return found;
  }
}

function addSample(seen: Seen, values: Float32Array): void {
  seen.samples++;
  if (seen.hashes.size < REMEMBERED) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    seen.hashes.add(createHash('sha1').update(bytes).digest('base64'));
  }
  const { min, max, roughness, finite } = walk(values, neighbourStep(seen.port));
  if (!finite) seen.notFinite++;
  if (min === max) seen.constant++;
  else if (roughness > NOISE) seen.noise++;
  seen.min = Math.min(seen.min, min);
  seen.max = Math.max(seen.max, max);
}

/** How far the next pixel of the same channel is; undefined where the values are no picture. */
function neighbourStep(port: InputPort): number | undefined {
  const size = pictureSize(port);
  if (!size || size.width < 8 || size.height < 8) return undefined;
  return port.layout === 'nhwc' ? size.channels : 1;
}

/** Roughness: mean squared difference of neighbours over twice the variance, 0 where there are no neighbours. */
function walk(
  values: Float32Array,
  step: number | undefined,
): { min: number; max: number; roughness: number; finite: boolean } {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let squares = 0;
  let differences = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
    if (step !== undefined && index >= step) differences += (value - values[index - step]) ** 2;
  }
  const variance = squares / values.length - (sum / values.length) ** 2;
  const roughness = variance > 0 ? differences / values.length / (2 * variance) : 0;
  return { min, max, roughness, finite: Number.isFinite(squares) };
}

function warningsOf(seen: Seen): CalibrationWarning[] {
  const { port, samples, hashes } = seen;
  if (samples === 0) return [];
  const warnings: CalibrationWarning[] = [];
  const warn = (kind: CalibrationWarning['kind'], message: string): void => {
    warnings.push({ kind, input: port.lid, message });
  };
  const different = hashes.size;
  if (different < ENOUGH) {
    warn('few', `only ${counted(different, 'different sample')}; use 50 to 200 that look like real use`);
  }
  if (different < Math.min(samples, REMEMBERED)) {
    warn('repeated', `${samples - different} of ${samples} samples repeat others and add nothing`);
  }
  if (seen.notFinite > 0)
    warn('not-finite', `${counted(seen.notFinite, 'sample')} with NaN or infinite values`);
  if (seen.constant > 0) warn('constant', `${counted(seen.constant, 'sample')} with one value everywhere`);
  if (seen.noise > samples / 2) {
    warn('noise', 'the samples look like random noise; ranges of real pictures differ');
  }
  const scale = scaleProblem(seen);
  if (scale !== undefined) warn('scale', scale);
  return warnings;
}

/** What the smallest and largest value say about mean and scale of the input description. */
function scaleProblem({ port, min, max }: Seen): string | undefined {
  const { mean, scale } = port.preprocess;
  const scales = typeof scale === 'number' ? [scale] : scale;
  const largest = Math.max(...scales.map(Math.abs), 0);
  const none = mean.every((value) => value === 0) && scales.every((value) => value === 1);
  if (min < max && none && min >= 0 && max > 16 && max <= 255) {
    return `values are 0 to ${max} as read: set mean and scale in the inputmeta file, unless the network was trained on raw pixels`;
  }
  // Values of -1..1 that are treated like bytes end up within one or two steps of -mean * scale.
  if (min <= max && largest > 0 && largest <= 1 / 16 && max - min <= 2 * largest) {
    return `values are only ${min.toPrecision(3)} to ${max.toPrecision(3)}: the samples seem to be scaled already, and "scale" is applied once more`;
  }
  return undefined;
}
