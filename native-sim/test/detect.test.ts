import { describe, expect, it } from 'vitest';
import { affine, built, codes, distance, load, plain, random, runFloat } from './harness.ts';
import { KEPT_OVERLAP, keptBoxes, PROPOSAL_MAP, PROPOSAL_PARAMS, proposals } from './reference/boxes.ts';
import { u8 } from './reference/quant.ts';

const OPS = { PROPOSAL: 16, NMS: 153 } as const;

/** No two values are equal, so that the order is a fact. */
const { width: W, height: H } = PROPOSAL_MAP;
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
      params: { ...PROPOSAL_PARAMS, ...params },
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
  const run = (most: number, params = {}) =>
    runFloat(sim, {
      op: OPS.NMS,
      inputs: [plain('f32', [4, COUNT]), plain('f32', [COUNT])],
      feed: { 0: Float32Array.from(boxes.flat()), 1: Float32Array.from(values) },
      outputs: [plain('i32', [most]), plain('f32', [most]), plain('i32', [1])],
      params: {
        max_output_size: most,
        iou_threshold: KEPT_OVERLAP,
        score_threshold: 0.25,
        soft_nms_sigma: 0,
        ...params,
      },
    });

  it.each([5, 40])('keeps at most %i boxes', (most) => {
    const [indices, best, count] = run(most);
    const want = keptBoxes(boxes.flat(), values, most, 0.25);
    expect([indices, count]).toEqual([want[0], want[2]]);
    expect(distance(best, want[1] ?? [])).toBeLessThan(1e-6);
  });

  it('keeps every box that overlaps none, without a threshold', () => {
    expect(run(COUNT, { score_threshold: -3e38 })[2]).toEqual(keptBoxes(boxes.flat(), values, COUNT, -1)[2]);
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
