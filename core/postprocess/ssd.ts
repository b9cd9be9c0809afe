import { addBox, reaches, sigmoid, type Detection } from './detection.ts';
import { at, bestChannel, type Values, type View } from './view.ts';

/** Boxes and scores of an SSD network, a row per prior. */
export interface Ssd<V = View> {
  /** Rows of 4. */
  boxes: V;
  /** Rows of one value per class. */
  scores: V;
  /** Rows of centre x, y, width, height in fractions; absent: boxes are left, top, right, bottom already. */
  priors: Float32Array | undefined;
  /** Of x, y, width, height. */
  variances: readonly number[];
  /** What the scores still need. */
  activation: 'none' | 'softmax' | 'sigmoid';
  /** Class 0 means nothing is there. */
  hasBackground: boolean;
}

/**
 * For every prior and class that reaches the threshold, a box: centre prior + offset * variance * size,
 * size prior * exp(offset * variance) (Liu et al., SSD, 2016, as Caffe's DetectionOutput computes it).
 */
export function decodeSsd(ssd: Ssd<Values>, scoreThreshold: number): Detection[] {
  const list: Detection[] = [];
  const { scores } = ssd;
  const first = ssd.hasBackground ? 1 : 0;
  for (let row = 0; row < ssd.boxes.width; row++) {
    const probability = activationOf(ssd, row);
    for (let label = first; label < scores.channels; label++) {
      const score = probability(at(scores, label, 0, row));
      if (reaches(score, scoreThreshold)) addRow(ssd, row, score, label - first, list);
    }
  }
  return list;
}

function activationOf({ scores, activation }: Ssd<Values>, row: number): (value: number) => number {
  if (activation === 'none') return (value) => value;
  if (activation === 'sigmoid') return sigmoid;
  const largest = at(scores, bestChannel(scores, 0, scores.channels, 0, row), 0, row);
  let sum = 0;
  for (let label = 0; label < scores.channels; label++) sum += Math.exp(at(scores, label, 0, row) - largest);
  return (value) => Math.exp(value - largest) / sum;
}

function addRow(ssd: Ssd<Values>, row: number, score: number, label: number, list: Detection[]): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((column) => at(ssd.boxes, column, 0, row));
  if (!ssd.priors) {
    addBox(list, [(a + c) / 2, (b + d) / 2], [c - a, d - b], score, label);
    return;
  }
  const [x, y, width, height] = ssd.priors.subarray(4 * row, 4 * row + 4);
  const variances = ssd.variances.map(Math.fround);
  addBox(
    list,
    [a * variances[0] * width + x, b * variances[1] * height + y],
    [Math.exp(c * variances[2]) * width, Math.exp(d * variances[3]) * height],
    score,
    label,
  );
}
