/** Boxes: how much they overlap, which are kept, and where Faster R-CNN proposes them. */

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
export const PROPOSAL_MAP = { width: W, height: H };
const [WIDTH, HEIGHT] = [W * 16 - 5, H * 16 - 3];
export const PROPOSAL_PARAMS = {
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

/** Corners are x1, y1, x2, y2. */
export interface Box {
  corners: number[];
  score: number;
}

/** Part of the smaller-than-both union that two boxes share; `extra` is 1 for pixel corners. */
export function shared(a: readonly number[], b: readonly number[], extra: number): number {
  const side = (from: number, to: number): number => Math.max(0, to - from + extra);
  const both =
    side(Math.max(a[0], b[0]), Math.min(a[2], b[2])) * side(Math.max(a[1], b[1]), Math.min(a[3], b[3]));
  const area = (c: readonly number[]): number => side(c[0], c[2]) * side(c[1], c[3]);
  return both / (area(a) + area(b) - both);
}

/** Strikes boxes out, as the published code does, instead of collecting them. */
export function strike<T extends Box>(list: readonly T[], threshold: number, extra: number): T[] {
  const left = list.map((box) => ({ box, gone: false }));
  left.forEach(({ box, gone }, i) => {
    if (gone) return;
    for (const other of left.slice(i + 1))
      if (shared(box.corners, other.box.corners, extra) > threshold) other.gone = true;
  });
  return left.filter(({ gone }) => !gone).map(({ box }) => box);
}

/** Faster R-CNN's proposal layer; scores [18,H,W] and deltas [36,H,W] in C order. */
export function proposals(scores: readonly number[], deltas: readonly number[]): Box[] {
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

/** Any two opposite corners y, x, y, x as x1, y1, x2, y2. */
export const ordered = ([y1 = 0, x1 = 0, y2 = 0, x2 = 0]: readonly number[]): number[] => [
  Math.min(x1, x2),
  Math.min(y1, y2),
  Math.max(x1, x2),
  Math.max(y1, y2),
];

/** Indices of the boxes [4,n] that are kept, the best score first, and their scores; zeros behind them. */
export function keptBoxes(
  boxes: readonly number[],
  scores: readonly number[],
  most: number,
  threshold: number,
): number[][] {
  const list = scores.map((score, i) => ({ corners: ordered(boxes.slice(4 * i, 4 * i + 4)), score, i }));
  const open = list.filter(({ score }) => score > threshold).sort((a, b) => b.score - a.score);
  const kept = strike(open, KEPT_OVERLAP, 0).slice(0, most);
  const filled = (values: number[]): number[] => [
    ...values,
    ...new Array<number>(most - values.length).fill(0),
  ];
  return [filled(kept.map(({ i }) => i)), filled(kept.map(({ score }) => score)), [kept.length]];
}

/** Part of their union that two kept boxes may share. */
export const KEPT_OVERLAP = 0.40625;

export interface Detections {
  /** Of each box kept: score, corners y, x, y, x, and class without the background. */
  found: { score: number; corners: number[]; kind: number }[];
  count: number;
}

export interface DetectionOptions {
  /** Divisors of the deltas y, x, height, width. */
  divisors: number[];
  scoreThreshold: number;
  overlap: number;
  /** Boxes of each class on their own, at most so many; otherwise the best classes of each box. */
  regular: boolean;
  perClass: number;
  classes: number;
  most: number;
}

/** TensorFlow's detection head for one picture: scores [classes,n], deltas [4,n] and anchors [4,n] (centre and size). */
export function detections(
  scores: readonly number[],
  deltas: readonly number[],
  anchors: readonly number[],
  o: DetectionOptions,
): Detections {
  const count = anchors.length / 4;
  const kinds = scores.length / count;
  const score = (i: number, kind: number): number => scores[i * kinds + kind] ?? NaN;
  const boxes = Array.from({ length: count }, (_, i) => {
    const [ay = 0, ax = 0, ah = 0, aw = 0] = anchors.slice(4 * i, 4 * i + 4);
    const [dy = 0, dx = 0, dh = 0, dw = 0] = o.divisors.map((d, k) => (deltas[4 * i + k] ?? 0) / d);
    const [y, x, h, w] = [ay + dy * ah, ax + dx * aw, ah * Math.exp(dh), aw * Math.exp(dw)];
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
  });
  // What shares just the threshold goes, too.
  const keep = <T extends Box>(list: T[]): T[] =>
    strike(list.filter((box) => box.score > o.scoreThreshold).sort(best), o.overlap * (1 - 1e-12), 0);
  const best = (a: Box, b: Box): number => b.score - a.score;
  const shown = (i: number, kind: number): Detections['found'][number] => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes[i] ?? [];
    return { score: score(i, kind), corners: [y1, x1, y2, x2], kind: kind - 1 };
  };
  const foreground = Array.from({ length: kinds - 1 }, (_, k) => k + 1);
  const all = boxes.map((corners, i) => ({ corners, i }));
  if (o.regular) {
    const found = foreground.flatMap((kind) =>
      keep(all.map((box) => ({ ...box, score: score(box.i, kind), kind }))).slice(0, o.perClass),
    );
    const chosen = found.sort(best).slice(0, o.most);
    return { found: chosen.map(({ i, kind }) => shown(i, kind)), count: chosen.length };
  }
  const kept = keep(
    all.map((box) => ({ ...box, score: Math.max(...foreground.map((kind) => score(box.i, kind))) })),
  ).slice(0, o.most);
  const found = kept.flatMap(({ i }) =>
    [...foreground]
      .sort((p, q) => score(i, q) - score(i, p))
      .slice(0, o.classes)
      .map((kind) => shown(i, kind)),
  );
  return { found: found.slice(0, o.most), count: kept.length };
}
