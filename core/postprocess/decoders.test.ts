import { describe, expect, it } from 'vitest';
import { planOn, runOn, stepOf } from '../testing/post-steps.ts';
import { priorsOfBlob, ssdPriors, ultraFacePriors } from './priors.ts';
import type { StepResult } from './run.ts';

type Step = ReturnType<typeof stepOf>;

/** The only detection, rounded. */
function only(result: StepResult): { label: number; score: number; box: number[]; points: number[] } {
  if (result.kind !== 'detections') throw new Error(result.kind);
  expect(result.detections).toHaveLength(1);
  const [{ label, score, box, points }] = result.detections;
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  return { label, score: round(score), box: box.map(round), points: points.map(round) };
}

/** Zeros with some values set. */
function zeros(count: number, values: Record<number, number>, fill = 0): Float32Array {
  const data = new Float32Array(count).fill(fill);
  for (const [index, value] of Object.entries(values)) data[Number(index)] = value;
  return data;
}

const logit = (p: number): number => Math.log(p / (1 - p));
const frame = { input_size: [100, 50] };

describe('YOLO heads, computed by hand', () => {
  // One anchor, two classes, grid of 2 x 2; the cell (row 1, column 0) is index 2 of each plane of 4.
  const head = (values: number[]): Float32Array =>
    zeros(28, Object.fromEntries(values.map((value, channel) => [channel * 4 + 2, value])), -50);
  const shape = [1, 7, 2, 2];
  const given = { ...frame, classes: 2, anchors: [[20, 10]] };

  it('v3: sigmoid centres, exponential sizes', () => {
    const values = head([logit(0.5), logit(0.5), Math.log(2), 0, logit(0.8), logit(0.1), logit(0.9)]);
    // Centre (0.25, 0.75) of 100 x 50, size 40 x 10.
    expect(only(runOn(stepOf('yolo', ['o0'], given), [shape, values]))).toEqual({
      label: 1,
      score: 0.72,
      box: [5, 32.5, 45, 42.5],
      points: [],
    });
  });

  it('v4: stretched centres', () => {
    const values = head([logit(0.9), logit(0.5), Math.log(2), 0, logit(0.8), logit(0.1), logit(0.9)]);
    // 0.9 * 1.2 - 0.1 = 0.98 of a cell: centre x = 49.
    const { box } = only(
      runOn(stepOf('yolo', ['o0'], { ...given, version: 'v4', scale_x_y: [1.2] }), [shape, values]),
    );
    expect(box).toEqual([29, 32.5, 69, 42.5]);
  });

  it('v5: twice the sigmoid, squared sizes', () => {
    const values = head([
      logit(0.75),
      logit(0.25),
      logit(0.75),
      logit(0.5),
      logit(0.8),
      logit(0.9),
      logit(0.1),
    ]);
    // x = (1.5 - 0.5 + 0) / 2, y = (0.5 - 0.5 + 1) / 2; width 20 * 2.25 = 45, height 10.
    const expected = { label: 0, score: 0.72, box: [27.5, 20, 72.5, 30], points: [] };
    expect(only(runOn(stepOf('yolo', ['o0'], { ...given, version: 'v5' }), [shape, values]))).toEqual(
      expected,
    );
    const sigmoids = values.map((value) => 1 / (1 + Math.exp(-value)));
    const step = stepOf('yolo', ['o0'], { ...given, version: 'v5', activated: true });
    expect(only(runOn(step, [shape, sigmoids]))).toEqual(expected);
    // The same as [N,A,H,W,C].
    const last = zeros(
      28,
      Object.fromEntries(Array.from({ length: 7 }, (_, c) => [14 + c, values[c * 4 + 2]])),
      -50,
    );
    expect(only(runOn(stepOf('yolo', ['o0'], { ...given, version: 'v5' }), [[1, 1, 2, 2, 7], last]))).toEqual(
      expected,
    );
  });

  it('v2: anchors in cells, softmax over the classes', () => {
    const values = head([logit(0.5), logit(0.5), 0, 0, logit(0.8), Math.log(3), 0]);
    const step = stepOf('yolo', ['o0'], { ...given, version: 'v2', anchors: [[0.5, 1]] });
    // Softmax of (ln 3, 0) is 0.75; width 0.5 of 2 cells.
    expect(only(runOn(step, [shape, values]))).toEqual({
      label: 0,
      score: 0.6,
      box: [12.5, 25, 37.5, 50],
      points: [],
    });
  });

  it('v8: means of distributions, in cells', () => {
    // Two bins per side, one class, one cell: softmax (0, ln 3) has the mean 0.75.
    const ln3 = Math.log(3);
    const values = [0, 0, 0, ln3, 0, 0, 0, ln3, logit(0.7)];
    const step = stepOf('yolov8', ['o0'], { ...frame, classes: 1, bins: 2 });
    const expected = { label: 0, score: 0.7, box: [0, 0, 100, 50], points: [] };
    expect(only(runOn(step, [[1, 9, 1, 1], values]))).toEqual(expected);
    // On 2 x 2 cells the distances are halves: cell (0, 0) reaches from 0 (clipped) to (0.5 + 0.5) / 2.
    const wide = zeros(36, Object.fromEntries(values.map((value, c) => [c * 4, value])), -30);
    expect(only(runOn(step, [[1, 9, 2, 2], wide])).box).toEqual([0, 0, 50, 31.25]);
    const split = stepOf('yolov8', ['o0', 'o1'], { ...frame, classes: 1, bins: 2, split: true });
    expect(only(runOn(split, [[1, 8, 1, 1], values.slice(0, 8)], [[1, 1, 1, 1], values.slice(8)]))).toEqual(
      expected,
    );
  });

  it('tables of decoded boxes, as rows and as columns', () => {
    const row = [50, 25, 20, 10, 0.1, 0.9];
    const step = stepOf('yolo_table', ['o0'], { ...frame, classes: 2 });
    const expected = { label: 1, score: 0.9, box: [40, 20, 60, 30], points: [] };
    expect(only(runOn(step, [[1, 1, 6], row]))).toEqual(expected);
    const other = [1, 1, 1, 1, 0, 0];
    const columns = row.flatMap((value, index) => [other[index], value, other[index]]);
    expect(only(runOn(step, [[1, 6, 3], columns]))).toEqual(expected);
  });
});

describe('other detectors, computed by hand', () => {
  it('SSD: offsets from priors times variances', () => {
    const given = { ...frame, classes: 1, feature_sizes: [[1, 1]], min_sizes: [[20]], aspect_ratios: [[]] };
    // Prior: centre (0.5, 0.5), size (0.2, 0.4). Offset 1 * 0.1 * 0.2 and exp(ln 2 / 0.2 * 0.2).
    const boxes = [1, 0, Math.log(2) / 0.2, 0];
    const scores = [0, Math.log(4)];
    const step = stepOf('ssd', ['o0', 'o1'], { ...given, activation: 'softmax' });
    expect(only(runOn(step, [[1, 4], boxes], [[1, 2], scores]))).toEqual({
      label: 0,
      score: 0.8,
      box: [32, 15, 72, 35],
      points: [],
    });
  });

  it('SSD: priors of PriorBox layers, and of their blob', () => {
    const priors = ssdPriors({
      inputSize: [100, 100],
      featureSizes: [[2, 1]],
      minSizes: [[20]],
      maxSizes: [[80]],
      aspectRatios: [[4]],
      flip: true,
      clip: false,
      offset: 0.5,
    });
    const rounded = [...priors].map((value) => Math.round(value * 1e4) / 1e4);
    const shapes = [0.2, 0.2, 0.4, 0.4, 0.4, 0.1, 0.1, 0.4];
    expect(rounded).toEqual(
      [0.25, 0.75].flatMap((x) => [0, 2, 4, 6].flatMap((at) => [x, 0.5, shapes[at], shapes[at + 1]])),
    );
    const blob = new Float32Array([0.1, 0.2, 0.3, 0.6, 0.1, 0.1, 0.2, 0.2]);
    const bytes = new Uint8Array(blob.buffer);
    const read = priorsOfBlob(bytes, 'p.bin');
    expect([...read.priors].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.2, 0.4, 0.2, 0.4]);
    expect(read.variances).toEqual([...blob.subarray(4)]);
    expect(() => priorsOfBlob(bytes.subarray(4), 'p.bin')).toThrow('28 bytes are no priors');
  });

  it('UltraFace: 4420 priors for 320 x 240', () => {
    const priors = ultraFacePriors(
      [320, 240],
      [8, 16, 32, 64],
      [
        [10, 16, 24],
        [32, 48],
        [64, 96],
        [128, 192, 256],
      ],
    );
    expect(priors.length / 4).toBe(4420);
    const near = (index: number, row: number[]): void =>
      row.forEach((value, at) => expect(priors[4 * index + at]).toBeCloseTo(value, 6));
    near(0, [4 / 320, 4 / 240, 10 / 320, 10 / 240]);
    near(3, [12 / 320, 4 / 240, 10 / 320, 10 / 240]);
    // The last one is higher than the picture: cut to 1.
    near(4419, [(4.5 * 64) / 320, (3.5 * 64) / 240, 256 / 320, 1]);
  });

  it('BlazeFace: offsets from cell centres in pixels', () => {
    const given = { input_size: [128, 128], grids: [2], repeats: [1], points: 1 };
    const boxes = zeros(24, { 6: 12.8, 7: 0, 8: 64, 9: 32, 10: -32, 11: 16 });
    const step = stepOf('blazeface', ['o0', 'o1'], given);
    expect(
      only(
        runOn(
          step,
          [
            [1, 4, 1],
            [-9, logit(0.9), -9, -9],
          ],
          [[1, 4, 6], boxes],
        ),
      ),
    ).toEqual({
      label: 0,
      score: 0.9,
      box: [76.8, 16, 128, 48],
      points: [64, 48],
    });
  });

  it('FastestDet: powers of the scores, tanh centres, sigmoid sizes', () => {
    const values = zeros(28, {
      3: 0.5,
      7: Math.atanh(0.5),
      11: 0,
      15: logit(0.2),
      19: logit(0.4),
      23: 0.3,
      27: 0.9,
    });
    const { box, score, label } = only(
      runOn(stepOf('fastestdet', ['o0'], { ...frame, classes: 2, score_threshold: 0.5 }), [
        [1, 7, 2, 2],
        values,
      ]),
    );
    expect(label).toBe(1);
    expect(score).toBeCloseTo(0.5 ** 0.6 * 0.9 ** 0.4, 4);
    expect(box).toEqual([65, 15, 85, 35]);
  });
});

describe('suppression and pictures', () => {
  const step = (given: object): Step => stepOf('yolo_table', ['o0'], { ...frame, classes: 2, ...given });
  // Three boxes of 20 x 20: the second overlaps the first by 1/3, the third is of another class.
  const rows = [30, 25, 20, 20, 0.9, 0, 40, 25, 20, 20, 0.8, 0, 30, 25, 20, 20, 0, 0.7];
  const labels = (given: object): number[] => {
    const result = runOn(step(given), [[1, 3, 6], rows]);
    return result.kind === 'detections' ? result.detections.map(({ score }) => Math.round(score * 10)) : [];
  };

  it('drops the weaker of two boxes of a class by their overlap', () => {
    expect(labels({ nms_threshold: 0.34 })).toEqual([9, 8, 7]);
    expect(labels({ nms_threshold: 0.33 })).toEqual([9, 7]);
    expect(labels({ nms_threshold: 0.34, class_agnostic: true })).toEqual([9, 8]);
    expect(labels({ nms_threshold: 1, max_detections: 2 })).toEqual([9, 8]);
    expect(labels({ score_threshold: 0.85 })).toEqual([9]);
  });

  it('brings boxes back from a letterbox, clipped to the picture', () => {
    // 400 x 100 in 100 x 50: scaled by 1/4, 12.5 rows of bars above and below.
    const given = { image_size: [400, 100], fit: 'letterbox' };
    const result = runOn(step(given), [
      [1, 1, 6],
      [50, 25, 20, 10, 0.9, 0],
    ]);
    expect(only(result).box).toEqual([160, 30, 240, 70]);
    expect(
      only(
        runOn(step(given), [
          [1, 1, 6],
          [0, 0, 20, 30, 0.9, 0],
        ]),
      ).box,
    ).toEqual([0, 0, 40, 10]);
    expect(
      only(
        runOn(step({ image_size: [400, 100] }), [
          [1, 1, 6],
          [50, 25, 20, 10, 0.9, 0],
        ]),
      ).box,
    ).toEqual([160, 40, 240, 60]);
  });

  it('leaves out boxes that are not finite, and scores that are no number', () => {
    const bad = [NaN, 25, 20, 10, 0.9, 0, 50, 25, Infinity, 10, 0.9, 0, 50, 25, 20, 10, NaN, NaN];
    expect(runOn(step({}), [[1, 3, 6], bad])).toEqual({ kind: 'detections', detections: [] });
  });

  it('says which output does not fit', () => {
    const other = stepOf('fastestdet', ['o0'], { ...frame, classes: 3 });
    expect(() => planOn(other, [1, 7, 2, 2])).toThrow('the output has shape [1,7,2,2], not [N,8,H,W]');
    expect(() => planOn(stepOf('fastestdet', ['x'], { ...frame, classes: 3 }), [1, 7, 2, 2])).toThrow(
      '"x" is no output',
    );
    expect(() => planOn(stepOf('ssd', ['o0'], { ...frame, classes: 3 }), [1, 7, 4])).toThrow(
      '"ssd" needs 2 outputs',
    );
  });
});

describe('classes, segmentation and points, computed by hand', () => {
  it('classification: probabilities, the first of equals first', () => {
    const result = runOn(stepOf('classification', ['o0'], { topn: 3, softmax: true }), [
      [1, 4],
      [0, Math.log(2), 0, NaN],
    ]);
    expect(
      result.kind === 'classification' && result.classes.map(({ label, score }) => [label, score]),
    ).toEqual([
      [1, 0.5],
      [0, 0.25],
      [2, 0.25],
    ]);
  });

  it('segmentation: the best channel, in either layout; one channel against a threshold', () => {
    const classes = [1, 0, 1, 0];
    const planes = [0, 1, 0, 1, 1, 1, 2, -1];
    const pixels = [0, 1, 1, 1, 0, 2, 1, -1];
    const step = stepOf('segmentation', ['o0'], { classes: 2 });
    const result = runOn(step, [[1, 2, 1, 4], planes]);
    expect(result).toEqual({ kind: 'segmentation', width: 4, height: 1, classes: Uint8Array.from(classes) });
    expect(runOn(step, [[1, 1, 4, 2], pixels])).toEqual(result);
    const mask = runOn(stepOf('segmentation', ['o0'], { classes: 1, threshold: 0.5 }), [
      [1, 1, 2, 2],
      [0.4, 0.6, 0.5, 1],
    ]);
    expect(mask.kind === 'segmentation' && [...mask.classes]).toEqual([0, 1, 0, 1]);
  });

  it('keypoints: a quarter of a cell towards the higher neighbour', () => {
    const map = zeros(20, { 7: 0.9, 6: 0.1, 8: 0.3, 2: 0.5, 12: 0.4 });
    const result = runOn(stepOf('keypoints', ['o0'], { points: 1, ...frame }), [[1, 1, 4, 5], map]);
    // Row 1, column 2 of 4 x 5: x = (2.5 + 0.25) / 5, y = (1.5 - 0.25) / 4.
    expect(result.kind === 'keypoints' && result.points[0]).toEqual({
      x: 55,
      y: 15.625,
      score: Math.fround(0.9),
    });
  });
});
