import { KEPT_OVERLAP, keptBoxes, PROPOSAL_MAP, PROPOSAL_PARAMS, proposals } from '../../reference/boxes.ts';
import { need } from '../../reference/ops.ts';
import { type Case, positive, reals } from '../conform.ts';

const { width, height } = PROPOSAL_MAP;
const MOST = 12;
const NMS_ROWS = ['f32', 'f16', 'u8a', 'i8d', 'i16d'].map((k) => `${k} ${k} i32 ${k} > i32`).join('; ');

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
];
