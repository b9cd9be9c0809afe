import {
  detections,
  KEPT_OVERLAP,
  keptBoxes,
  PROPOSAL_MAP,
  PROPOSAL_PARAMS,
  proposals,
} from '../../reference/boxes.ts';
import { roiAlign, spatialTransform } from '../../reference/sampling.ts';
import { build, get, need } from '../../reference/ops.ts';
import { type Case, list, positive, reals } from '../conform.ts';

const { width, height } = PROPOSAL_MAP;
const MOST = 12;
const NMS_ROWS = ['f32', 'f16', 'u8a', 'i8d', 'i16d'].map((k) => `${k} ${k} i32 ${k} > i32`).join('; ');

/** Boxes x1, y1, x2, y2, one of them partly and one wholly outside. */
const ALIGNED = [0, 0, 12, 11, 3, 2, 9, 7, 9, 8, 30, 40, 20, 2, 25, 4];
/** Boxes x1, y1, x2, y2. */
const MOVED = [2, 3, 14, 9, 0, 0, 30, 20, 11, 10, 13, 17];
/** Four of the six coefficients for each of two pictures. */
const THETA = [0.75, 0.125, 0.875, -0.25, 1.25, 0, -0.5, 0.375];

/** Operators that choose boxes; everything but coordinates and scores is an integer. */
export const detectionCases: readonly Case[] = [
  {
    op: 'PROPOSAL',
    inputs: [positive([width, height, 18, 1], 1), reals([width, height, 36, 1], 0.6)],
    params: PROPOSAL_PARAMS,
    reference: ([scores, deltas]) => {
      const boxes = proposals(need(scores).data, need(deltas).data);
      const filled = Array.from({ length: 40 }, (_, i) => boxes[i]);
      return [
        { size: [5, 40], data: filled.flatMap((box) => (box ? [0, ...box.corners] : [0, 0, 0, 0, 0])) },
        { size: [1, 40], data: filled.map((box) => box?.score ?? 0) },
      ];
    },
    rows: `f32 f32 > f32; f16 f16 > f32 f16; u8a u8a > f32 u8a; i8d i8d > f32; i16d i16d > f32 i16d`,
    double: 'always',
  },
  {
    op: 'NMS',
    inputs: [positive([4, 40], 1), positive([40], 1)],
    params: { max_output_size: MOST, iou_threshold: KEPT_OVERLAP, score_threshold: 0.25, soft_nms_sigma: 0 },
    reference: ([boxes, scores]) =>
      keptBoxes(need(boxes).data, need(scores).data, MOST, 0.25).map((data) => ({
        size: [data.length],
        data,
      })),
    rows: NMS_ROWS,
    outputs: 3,
    double: 'always',
  },
  ...[0, 1].map((regular): Case => ({
    op: 'DETECTION_POSTPROCESS',
    name: regular ? 'class by class' : 'box by box',
    inputs: [positive([4, 20, 2], 1), reals([4, 20, 2], 2), positive([4, 20], 1)],
    params: {
      dy: 10,
      dx: 8,
      dh: 5,
      dw: 4,
      nms_type: regular,
      max_num_detections: MOST,
      maximum_class_per_detection: 2,
      maximum_detection_per_class: 5,
      score_threshold: 0.3125,
      iou_threshold: 0.40625,
      is_bg_in_label: 0,
    },
    reference: ([scores, deltas, anchors]) => {
      const pictures = [0, 1].map((n) =>
        detections(
          need(scores).data.slice(n * 80, n * 80 + 80),
          need(deltas).data.slice(n * 80, n * 80 + 80),
          need(anchors).data,
          {
            divisors: [10, 8, 5, 4],
            scoreThreshold: 0.3125,
            overlap: 0.40625,
            regular: regular === 1,
            perClass: 5,
            classes: 2,
            most: MOST,
          },
        ),
      );
      const filled = pictures.flatMap(({ found }) => Array.from({ length: MOST }, (_, i) => found[i]));
      return [
        { size: [MOST, 2], data: filled.map((box) => box?.score ?? 0) },
        { size: [4, MOST, 2], data: filled.flatMap((box) => box?.corners ?? [0, 0, 0, 0]) },
        { size: [MOST, 2], data: filled.map((box) => box?.kind ?? 0) },
        { size: [2], data: pictures.map(({ count }) => count) },
      ];
    },
    double: 'always',
  })),
  ...[0, 2].map((samples): Case => ({
    op: 'ROI_ALIGN',
    name: samples ? 'of given points' : '',
    inputs: [reals([7, 6, 2, 2]), list([4, 4], ALIGNED), list([4], [0, 1, 1, 0])],
    params: {
      output_width: 3,
      output_height: 2,
      width_ratio: 2,
      height_ratio: 2,
      width_sample_num: samples,
      height_sample_num: samples,
    },
    reference: ([x, boxes, pictures]) => [
      roiAlign(need(x), need(boxes), need(pictures), { width: 3, height: 2, ratio: 2, samples }),
    ],
    rows: `f32 f32 i32 > f32; f16 f16 i32 > f16 f32; u8a f16 i32 > u8a f16; u8a f32 i32 > u8a; i8d i16d i32 > i8d; i16d
      i16d i32 > i16d`,
    slack: 64,
  })),
  {
    op: 'SPATIAL_TRANSFORMER',
    inputs: [reals([6, 5, 2, 2]), list([4, 2], THETA)],
    params: {
      output_W: 5,
      output_H: 4,
      has_theta_1_1: 0,
      has_theta_1_2: 1,
      has_theta_1_3: 0,
      has_theta_2_1: 1,
      has_theta_2_2: 0,
      has_theta_2_3: 0,
      theta_1_2: 0.25,
      theta_2_1: -0.125,
      align_corners: 0,
    },
    reference: ([x, theta]) => {
      const pictures = [0, 1].map((n) => {
        const [a = 0, b = 0, c = 0, d = 0] = need(theta).data.slice(n * 4, n * 4 + 4);
        const one = { size: [6, 5, 2], data: need(x).data.slice(n * 60, n * 60 + 60) };
        return spatialTransform(one, [a, 0.25, b, -0.125, c, d], 5, 4).data;
      });
      return [{ size: [5, 4, 2, 2], data: pictures.flat() }];
    },
    double: 'always',
    approximate: true,
  },
  {
    op: 'AXIS_ALIGNED_BBOX_TRANSFORM',
    inputs: [list([4, 3], MOVED), reals([8, 3], 0.7), list([3], [1, 0, 1]), list([2, 2], [20, 30, 24, 28])],
    reference: ([boxes, deltas, pictures, sizes]) => [
      build([8, 3], ([k = 0, i = 0]) => {
        const side = k % 2; // 0 along the width, 1 along the height
        const first = get(need(boxes), side, i);
        const length = get(need(boxes), side + 2, i) - first;
        const d = (j: number): number => get(need(deltas), k - (k % 4) + j, i);
        const centre = first + length / 2 + d(side) * length;
        const half = (Math.exp(d(side + 2)) * length) / 2;
        const most = get(need(sizes), 1 - side, need(pictures).data[i] ?? 0);
        return Math.min(Math.max(k % 4 < 2 ? centre - half : centre + half, 0), most);
      }),
    ],
    rows: `f32 f32 i32 f32 > f32; f16 f16 i32 f16 > f16 u8a; i16d i16d i32 i16d > i16d f32; u8a u8a i32 u8a > u8a`,
    double: 'always',
  },
];
