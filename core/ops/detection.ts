import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { channelFirst, identity } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';

/** "0.5 1.0 2.0" */
function numbers(layer: Layer, name: string, fallback: string): number[] {
  const list = layer
    .text(name, fallback)
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map(Number);
  if (list.length === 0 || !list.every(Number.isFinite))
    throw new StudioError('parameter-invalid', `${name} is not a list of numbers`, { layer: layer.key });
  return list;
}

function anchors(layer: Layer): { ratio: number[]; scale: number[] } {
  return {
    ratio: numbers(layer, 'anchor_ratios', '0.5 1 2'),
    scale: numbers(layer, 'anchor_scales', '8 16 32'),
  };
}

function proposalShape({ layer, inputs }: ShapeContext): Shape[] {
  const { ratio, scale } = anchors(layer);
  const count = ratio.length * scale.length;
  const [scores, deltas] = inputs;
  const fits =
    scores.length === 4 &&
    scores[3] === 2 * count &&
    deltas.join() === [...scores.slice(0, 3), 4 * count].join();
  if (!fits) {
    throw new StudioError(
      'shape-mismatch',
      `scores [${scores.join(',')}] and deltas [${deltas.join(',')}] do not fit ${count} anchors`,
      { layer: layer.key },
    );
  }
  const boxes = layer.int('post_nms_top_n', 300);
  return [
    [boxes, 5],
    [boxes, 1],
  ];
}

/** ovxlib makes the inputs 2 (picture) and 3 (anchors) itself. */
function lowerProposal(context: LowerContext): void {
  const { layer } = context;
  const [scores, deltas] = context.inputs.map((operand) => context.ordered(operand, channelFirst(4)).tensor);
  const { ratio, scale } = anchors(layer);
  const [width, height, scaleX, scaleY] = numbers(layer, 'im_info', '800 600 1 1');
  context.emit(
    'PROPOSAL',
    {
      'anchor.ratio': ratio,
      'anchor.scale': scale,
      'anchor.base_size': layer.number('anchor_base_size', 16),
      'im_info.size': [width, height],
      'im_info.scale': [scaleX ?? 1, scaleY ?? scaleX ?? 1],
      feat_stride: layer.int('feat_stride', 16),
      pre_nms_topn: layer.int('pre_nms_top_n', 6000),
      post_nms_topn: layer.int('post_nms_top_n', 300),
      nms_thresh: layer.number('nms_thresh', 0.7),
      min_size: layer.int('min_size', 16),
    },
    [scores, deltas, -1, -1],
    [identity(2), identity(2)],
  );
}

function roiShape({ layer, inputs }: ShapeContext): Shape[] {
  const [feature, boxes] = inputs;
  if (feature.length !== 4 || boxes.length !== 2 || boxes[1] !== 5) {
    throw new StudioError(
      'shape-mismatch',
      `pictures [${feature.join(',')}] and boxes [${boxes.join(',')}] do not fit together`,
      { layer: layer.key },
    );
  }
  return [[boxes[0], layer.int('pooled_h', 6), layer.int('pooled_w', 6), feature[3]]];
}

function lowerRoiPooling(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(4);
  const feature = context.ordered(context.inputs[0], order);
  const boxes = context.ordered(context.inputs[1], identity(2));
  context.emit(
    'ROI_POOL',
    {
      type: 'VX_NN_POOLING_MAX',
      size: [layer.int('pooled_w', 6), layer.int('pooled_h', 6)],
      scale: layer.number('spatial_scale', 0.0625),
    },
    [feature.tensor, boxes.tensor],
    [order],
  );
}

function nmsShapes({ layer, inputs }: ShapeContext): Shape[] {
  const [boxes, scores] = inputs;
  const fits = boxes.length === 2 && boxes[1] === 4 && scores.length === 1 && scores[0] === boxes[0];
  if (!fits) {
    throw new StudioError(
      'shape-mismatch',
      `boxes [${boxes.join(',')}] and scores [${scores.join(',')}] do not fit together`,
      { layer: layer.key },
    );
  }
  const most = layer.int('max_output_size');
  return [[most], [most], [1]];
}

function lowerNms(context: LowerContext): void {
  const { layer } = context;
  const inputs = context.inputs.map(
    (operand) => context.ordered(operand, identity(operand.shape.length)).tensor,
  );
  const params = {
    max_output_size: layer.int('max_output_size'),
    iou_threshold: layer.number('iou_threshold', 0.5),
    score_threshold: layer.number('score_threshold', 0),
    soft_nms_sigma: 0,
  };
  context.emit('NMS', params, inputs, [identity(1), identity(1), identity(1)]);
}

/** Ops of detectors that pick boxes. */
export const detectionOps: readonly OpSpec[] = [
  {
    op: 'proposal',
    summary: 'boxes (out0: [batch index, x1, y1, x2, y2]) and scores (out1) of Faster R-CNN',
    parameters: {
      anchor_base_size: { type: 'int', fallback: 16, meaning: 'size of the base anchor' },
      anchor_ratios: { type: 'text', fallback: '0.5 1 2', meaning: 'aspect ratios' },
      anchor_scales: { type: 'text', fallback: '8 16 32', meaning: 'scales' },
      feat_stride: { type: 'int', fallback: 16, meaning: 'pixels of the picture per element' },
      im_info: { type: 'text', fallback: '800 600 1 1', meaning: 'width, height, scales of the picture' },
      min_size: { type: 'int', fallback: 16, meaning: 'smaller boxes are dropped' },
      nms_thresh: { type: 'real', fallback: 0.7, meaning: 'overlap above which the weaker box is dropped' },
      post_nms_top_n: { type: 'int', fallback: 300, meaning: 'boxes kept at the end' },
      pre_nms_top_n: { type: 'int', fallback: 6000, meaning: 'boxes considered' },
    },
    arity: [2, 2],
    // Corners in pixels do not fit into 8 bits.
    range: 'float',
    shapes: proposalShape,
    lower: lowerProposal,
  },
  {
    op: 'roipooling',
    summary: 'max pooling of each box (input 1) of the pictures (input 0) to one size',
    parameters: {
      pooled_h: { type: 'int', fallback: 6, meaning: 'output height' },
      pooled_w: { type: 'int', fallback: 6, meaning: 'output width' },
      spatial_scale: { type: 'real', fallback: 0.0625, meaning: 'elements per pixel of the picture' },
    },
    arity: [2, 2],
    range: 'same',
    shapes: roiShape,
    lower: lowerRoiPooling,
  },
  {
    op: 'nms',
    summary:
      'indices (out0) and scores (out1) of boxes [y1, x1, y2, x2] that overlap no better one, their count (out2)',
    parameters: {
      max_output_size: { type: 'int', meaning: 'boxes kept at most; what follows the kept ones is 0' },
      iou_threshold: {
        type: 'real',
        fallback: 0.5,
        meaning: 'overlap above which the weaker box is dropped',
      },
      score_threshold: { type: 'real', fallback: 0, meaning: 'only boxes with a larger score' },
    },
    arity: [2, 2],
    range: 'own',
    outputType: (_layer, port) => (port === 1 ? undefined : 'int32'),
    shapes: nmsShapes,
    lower: lowerNms,
  },
];
