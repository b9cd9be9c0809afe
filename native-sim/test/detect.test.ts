import { describe, expect, it } from 'vitest';
import { affine, built, codes, distance, load, plain, random, runFloat } from './harness.ts';
import { u8 } from './reference/quant.ts';

const OPS = { PROPOSAL: 16, NMS: 153 } as const;

/** The nine anchors that Faster R-CNN publishes for base 16, ratios 1/2, 1, 2 and scales 8, 16, 32. */
const ANCHORS = [
  [-84, -40, 99, 55],
  [-176, -88, 191, 103],
  [-360, -184, 375, 199],
  [-56, -56, 71, 71],
  [-120, -120, 135, 135],
  [-248, -248, 263, 263],
  [-36, -80, 51, 95],
  [-80, -168, 95, 183],
  [-168, -344, 183, 359],
];

/** Elements of the map: 12 x 9, 16 pixels each. */
const [W, H] = [12, 9];
const [WIDTH, HEIGHT] = [W * 16 - 5, H * 16 - 3];
const PARAMS = {
  'anchor.ratio': [0.5, 1, 2],
  'anchor.ratio_num': 3,
  'anchor.scale': [8, 16, 32],
  'anchor.scale_num': 3,
  'anchor.base_size': 16,
  'im_info.size': [WIDTH, HEIGHT],
  'im_info.scale': [1.5, 1.5],
  feat_stride: 16,
  pre_nms_topn: 200,
  post_nms_topn: 40,
  nms_thresh: 0.7,
  min_size: 16,
};

interface Box {
  corners: number[];
  score: number;
}

/** Part of the smaller-than-both union that two boxes share; `extra` is 1 for pixel corners. */
function shared(a: readonly number[], b: readonly number[], extra: number): number {
  const side = (from: number, to: number): number => Math.max(0, to - from + extra);
  const both =
    side(Math.max(a[0], b[0]), Math.min(a[2], b[2])) * side(Math.max(a[1], b[1]), Math.min(a[3], b[3]));
  const area = (c: readonly number[]): number => side(c[0], c[2]) * side(c[1], c[3]);
  return both / (area(a) + area(b) - both);
}

/** Strikes boxes out, as the published code does, instead of collecting them. */
function strike(list: readonly Box[], threshold: number, extra: number): Box[] {
  const left = list.map((box) => ({ ...box, gone: false }));
  left.forEach((box, i) => {
    if (box.gone) return;
    for (const other of left.slice(i + 1))
      if (shared(box.corners, other.corners, extra) > threshold) other.gone = true;
  });
  return left.filter(({ gone }) => !gone);
}

/** Faster R-CNN's proposal layer; scores [18,H,W] and deltas [36,H,W] in C order. */
function proposals(scores: readonly number[], deltas: readonly number[]): Box[] {
  const plane = W * H;
  const boxes: Box[] = [];
  for (let y = 0; y < H; y++)
    for (let x = 0; x < W; x++)
      ANCHORS.forEach((anchor, a) => {
        const at = y * W + x;
        const [x1, y1, x2, y2] = anchor.map((corner, i) => corner + (i % 2 === 0 ? x : y) * 16);
        const [dx, dy, dw, dh] = [0, 1, 2, 3].map((i) => deltas[(a * 4 + i) * plane + at]);
        const [w, h] = [x2 - x1 + 1, y2 - y1 + 1];
        const [cx, cy] = [x1 + w / 2 + dx * w, y1 + h / 2 + dy * h];
        const [pw, ph] = [Math.exp(dw) * w, Math.exp(dh) * h];
        const raw = [cx - pw / 2, cy - ph / 2, cx + pw / 2, cy + ph / 2];
        const corners = raw.map((v, i) => Math.min(Math.max(v, 0), (i % 2 === 0 ? WIDTH : HEIGHT) - 1));
        if (corners[2] - corners[0] + 1 < 24 || corners[3] - corners[1] + 1 < 24) return;
        boxes.push({ corners, score: scores[(9 + a) * plane + at] });
      });
  boxes.sort((a, b) => b.score - a.score);
  return strike(boxes.slice(0, 200), 0.7, 1).slice(0, 40);
}

/** No two values are equal, so that the order is a fact. */
const scores = Array.from({ length: 18 * W * H }, (_, i) => ((i * 7919) % 18000) / 18000);
const deltas = Array.from({ length: 36 * W * H }, () => (random() - 0.5) * 1.2);

describe.skipIf(!built)('PROPOSAL', () => {
  const sim = built ? load() : (undefined as never);
  const run = (params = {}) =>
    runFloat(sim, {
      op: OPS.PROPOSAL,
      inputs: [plain('f32', [W, H, 18, 1]), plain('f32', [W, H, 36, 1]), null, null],
      feed: { 0: Float32Array.from(scores), 1: Float32Array.from(deltas) },
      outputs: [plain('f32', [5, 40]), plain('f32', [1, 40])],
      params: { ...PARAMS, ...params },
    });

  it('gives the boxes of the published layer', () => {
    const want = proposals(scores, deltas);
    const [boxes, best] = run();
    expect(want.length).toBeGreaterThan(20);
    const padded = [...want, ...Array.from({ length: 40 - want.length }, () => undefined)];
    const flat = padded.flatMap((box) => (box ? [0, ...box.corners] : [0, 0, 0, 0, 0]));
    expect(distance(boxes, flat)).toBeLessThan(1e-4);
    expect(
      distance(
        best,
        padded.map((box) => box?.score ?? 0),
      ),
    ).toBeLessThan(1e-6);
  });

  it('fills up with zeros', () => {
    const [boxes, best] = run({ pre_nms_topn: 3 });
    expect(boxes.slice(15)).toEqual(new Array(5 * 37).fill(0));
    expect(best.slice(3)).toEqual(new Array(37).fill(0));
    expect(best[0]).toBeGreaterThan(0);
  });

  it.each([
    [{ 'anchor.scale': [8, 16], 'anchor.scale_num': 2 }, /do not fit 6 anchors/],
    [{ 'anchor.ratio': [0.5, 0, 2] }, /must be positive/],
    [{ post_nms_topn: 0 }, /post_nms_topn/],
    [{ 'anchor.scale_num': 900 }, /anchor.scale/],
  ])('refuses %j', (params, message) => {
    expect(() => run(params)).toThrow(message);
  });
});

describe.skipIf(!built)('NMS', () => {
  const sim = built ? load() : (undefined as never);
  const COUNT = 50;
  const boxes = Array.from({ length: COUNT }, () => {
    const [y, x, h, w] = [random(), random(), 0.05 + random() * 0.4, 0.05 + random() * 0.4];
    return random() < 0.5 ? [y, x, y + h, x + w] : [y + h, x, y, x + w];
  });
  const values = Array.from({ length: COUNT }, (_, i) => ((i * 37) % COUNT) / COUNT);
  const ordered = (box: readonly number[]): number[] => [
    Math.min(box[1], box[3]), Math.min(box[0], box[2]), Math.max(box[1], box[3]), Math.max(box[0], box[2]),
  ]; // prettier-ignore
  const want = (threshold: number): number[] => {
    const list = boxes.map((box, i) => ({ corners: ordered(box), score: values[i], i }));
    const open = list.filter(({ score }) => score > threshold).sort((a, b) => b.score - a.score);
    return strike(open, 0.4, 0).map(({ score }) => values.indexOf(score));
  };
  const run = (most: number, params = {}) =>
    runFloat(sim, {
      op: OPS.NMS,
      inputs: [plain('f32', [4, COUNT]), plain('f32', [COUNT])],
      feed: { 0: Float32Array.from(boxes.flat()), 1: Float32Array.from(values) },
      outputs: [plain('i32', [most]), plain('f32', [most]), plain('i32', [1])],
      params: {
        max_output_size: most,
        iou_threshold: 0.4,
        score_threshold: 0.25,
        soft_nms_sigma: 0,
        ...params,
      },
    });

  it.each([5, 40])('keeps at most %i boxes', (most) => {
    const kept = want(0.25).slice(0, most);
    const [indices, best, count] = run(most);
    expect(count).toEqual([kept.length]);
    expect(indices).toEqual([...kept, ...new Array<number>(most - kept.length).fill(0)]);
    expect(
      distance(
        best.slice(0, kept.length),
        kept.map((i) => values[i]),
      ),
    ).toBeLessThan(1e-6);
  });

  it('keeps every box that overlaps none, without a threshold', () => {
    expect(run(COUNT, { score_threshold: -3e38 })[2]).toEqual([want(-1).length]);
  });

  it('works on codes', () => {
    const q = u8(1 / 255, 0);
    const [indices] = runFloat(sim, {
      op: OPS.NMS,
      inputs: [affine(q, [4, 3]), affine(q, [3])],
      feed: { 0: codes([0, 0, 100, 100, 0, 0, 98, 100, 120, 120, 200, 200]), 1: codes([200, 210, 90]) },
      outputs: [plain('i32', [3]), plain('f32', [3]), plain('i32', [1])],
      params: { max_output_size: 3, iou_threshold: 0.5, score_threshold: 0, soft_nms_sigma: 0 },
    });
    expect(indices).toEqual([1, 2, 0]);
  });

  it('refuses soft suppression', () => {
    expect(() => run(5, { soft_nms_sigma: 0.5 })).toThrow(/soft_nms_sigma/);
  });
});
