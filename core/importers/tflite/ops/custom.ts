import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { foldedCount } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { elementCount } from '../../../network/tensor.ts';
import { computed, padding, requireRank } from './helpers.ts';
import { transposed } from './convolution.ts';
import { suppressed } from './pick.ts';
import { windowOf } from './pooling.ts';
import { channelFirstOrder, channelLastOrder } from '../../onnx/draft.ts';

/** The spatial size that a window of these strides came from. */
function enlarged(c: Composer, node: OnnxNode, x: string, taps: readonly number[]): number[] {
  const same = padding(node).auto_pad !== 'VALID';
  const strides = [node.int('stride_h', 1), node.int('stride_w', 1)];
  return c.shape(x).slice(1, 3).map((dim, i) => (same ? dim * strides[i] : (dim - 1) * strides[i] + taps[i])); // prettier-ignore
}

/** Inputs: x, kernel [out, h, w, in], bias. */
const transposeBias = composed((c, node) => {
  const [x, kernel] = [c.input(0), c.input(1)];
  requireRank(c, node, x, 4);
  requireRank(c, node, kernel, 4);
  const size = enlarged(c, node, x, c.shape(kernel).slice(1, 3));
  transposed(c, node, { data: 0, bias: 2 }, c.transpose(kernel, [3, 0, 1, 2]), size);
});

/** MediaPipe's kernel adds this to places, so that they can be cut off to whole numbers safely. */
const PLACE = Math.fround(0.1);

/** Maxima of windows and where they were: y * width + x, as floats. */
const poolWithPlaces = composed((c, node) => {
  requireRank(c, node, c.input(0), 4);
  const first = c.transpose(c.input(0), channelFirstOrder(4));
  const [batch, channels, height, width] = c.shape(first);
  const [most, indices] = c.ops('MaxPool', [first], windowOf(node), 2, node.layerName);
  c.output(0, c.transpose(most, channelLastOrder(4)));
  if (!c.wants(1)) return;
  const size = height * width;
  const offset = computed(c, 'float32', [batch, channels, 1, 1], (plane) => plane * size - PLACE);
  const places = c.sub(c.op('Cast', [indices], { to: 1 }), offset);
  c.output(1, c.transpose(places, channelLastOrder(4)));
});

/** Puts maxima back to where they were; inputs: maxima, places. */
const unpool = composed((c, node) => {
  const x = c.input(0);
  requireRank(c, node, x, 4);
  const [batch, , , channels] = c.shape(x);
  const [height, width] = enlarged(c, node, x, [node.int('filter_h', 1), node.int('filter_w', 1)]);
  const total = foldedCount([batch, height, width, channels]);
  if (total >= 2 ** 24) throw new Unsupported('places beyond 2^24, which float32 can not hold');
  const count = elementCount(c.shape(x));
  const first = computed(c, 'int32', [batch, 1, 1, channels], (i) => {
    const [picture, channel] = [Math.floor(i / channels), i % channels];
    return picture * height * width * channels + channel;
  });
  const whole = c.op('Cast', [c.input(1)], { to: 6 });
  const scaled = c.mul(whole, c.filled(channels, [], 'int32'));
  const places = c.add(scaled, first);
  const zeros = c.filled(0, [total], 'float32');
  const flat = c.op('ScatterND', [zeros, c.reshape(places, [count, 1]), c.reshape(x, [count])]);
  c.output(0, c.reshape(flat, [batch, height, width, channels]));
});

/** Corners [y1, x1, y2, x2] of boxes that are stored as differences from anchors [y, x, h, w]. */
function decoded(c: Composer, node: OnnxNode, boxes: string, anchors: string): string {
  const column = (x: string, at: number): string => c.slice(x, 1, at, 1);
  const scaled = (at: number, name: string): string =>
    c.mul(column(boxes, at), c.scalar(1 / node.float(name, 1)));
  const side = (axis: 0 | 1): [string, string] => {
    const length = column(anchors, axis + 2);
    const centre = c.add(
      c.mul(scaled(axis, axis === 0 ? 'y_scale' : 'x_scale'), length),
      column(anchors, axis),
    );
    const half = c.mul(
      c.op('Exp', [scaled(axis + 2, axis === 0 ? 'h_scale' : 'w_scale')]),
      c.mul(length, c.scalar(0.5)),
    );
    return [c.sub(centre, half), c.add(centre, half)];
  };
  const [[top, bottom], [left, right]] = [side(0), side(1)];
  return c.concat([top, left, bottom, right], 1);
}

/**
 * The fast form of the SSD post-processing: the best class of every box, then suppression over all classes. Inputs:
 * boxes [1, count, 4], scores [1, count, classes (and background in front)], anchors [count, 4]. Outputs: boxes,
 * classes, scores and how many, filled up with zeros.
 */
const detection = composed((c, node) => {
  const [boxes, scores, anchors] = [0, 1, 2].map((index) => c.input(index));
  const [batch, count, columns] = c.shape(scores);
  if (batch !== 1) throw new Unsupported('more than one picture');
  if (node.int('use_regular_nms', 0) !== 0)
    throw new Unsupported('suppression class by class (use_regular_nms)');
  if (node.int('max_classes_per_detection', 1) !== 1) throw new Unsupported('several classes per box');
  const most = node.int('max_detections', 0);
  const classes = node.int('num_classes', columns);
  if (most < 1 || classes < 1 || classes > columns) throw node.invalid(`${most} boxes of ${classes} classes`);
  const corners = decoded(c, node, c.reshape(boxes, [count, 4]), anchors);
  const own = c.slice(c.reshape(scores, [count, columns]), 1, columns - classes, classes);
  const best = c.op('ReduceMax', [own, c.ints([1])], { keepdims: 0 });
  // A score that equals the threshold is kept here, by the layer only a higher one.
  const threshold = node.float('nms_score_threshold', 0);
  const limits = [node.float('nms_iou_threshold', 0), threshold - Math.abs(threshold) * 2 ** -24] as const;
  const [indices, kept, found] = suppressed(c, corners, best, most, limits);
  const labels = c.op('Cast', [c.op('ArgMax', [own], { axis: 1, keepdims: 0 })], { to: 1 });
  const places = computed(c, 'int32', [most], (i) => i);
  const valid = c.op('Less', [places, found]);
  const picked = (x: string, shape: readonly number[]): string => {
    const rows = c.op('Gather', [x, indices], { axis: 0 });
    return c.op('Where', [c.reshape(valid, shape), rows, c.scalar(0)]);
  };
  c.output(0, c.reshape(picked(corners, [most, 1]), [1, most, 4]));
  c.output(1, c.reshape(picked(labels, [most]), [1, most]));
  c.output(2, c.reshape(kept, [1, most]));
  c.output(3, c.op('Cast', [found], { to: 1 }));
});

/** Operators that are not of the schema, but of models that many people have. */
export const custom: OperatorFamily = {
  'tflite.custom:Convolution2DTransposeBias': { convert: transposeBias },
  'tflite.custom:MaxPoolingWithArgmax2D': { convert: poolWithPlaces },
  'tflite.custom:MaxUnpooling2D': { convert: unpool },
  'tflite.custom:TFLite_Detection_PostProcess': { convert: detection },
};
