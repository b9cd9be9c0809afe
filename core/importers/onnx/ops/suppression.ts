import { real } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { DataSized } from '../data-sized.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, fromNumbers, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** Every picture and class is a node of its own. */
const MOST_NODES = 512;

/** What stands for "no threshold": lower than any score. */
const LOWEST = -3e38;

/** Centre, width and height as two corners: [x, y, w, h] to [y1, x1, y2, x2]. */
function corners(c: Composer, boxes: string): string {
  const column = (at: number): string => c.slice(boxes, 2, at, 1);
  const half = c.scalar(0.5);
  const [dx, dy] = [c.mul(column(2), half), c.mul(column(3), half)];
  const [x, y] = [column(0), column(1)];
  return c.concat([c.sub(y, dy), c.sub(x, dx), c.add(y, dy), c.add(x, dx)], 2);
}

/** A scalar operand that is known, or `fallback` when it is absent. */
function limit(node: OnnxNode, builder: Builder, index: number, what: string, fallback: number): number {
  if (!builder.present(node, index)) return fallback;
  const value = scalarOf(builder.requireConstant(node, index, what));
  if (value === undefined || !Number.isFinite(value)) throw node.invalid(`${what} is not one number`);
  return value;
}

/** Indices of the kept boxes of one picture and class, -1 behind them. */
function keptOf(c: Composer, boxes: string, scores: string, most: number, limits: [number, number]): string {
  const [indices, , count] = c.layer(
    'nms',
    [
      ['max_output_size', most],
      ['iou_threshold', real(limits[0])],
      ['score_threshold', real(limits[1])],
    ],
    [boxes, scores],
    [
      { shape: [most], type: 'int32' },
      { shape: [most], type: 'float32' },
      { shape: [1], type: 'int32' },
    ],
  );
  const places = c.constant(
    fromNumbers(
      'int32',
      [most],
      Array.from({ length: most }, (_, i) => i),
    ),
  );
  return c.op('Where', [c.op('Less', [places, count]), indices, c.filled(-1, [1], 'int32')]);
}

/**
 * NonMaxSuppression with a result of fixed size [pictures * classes * max_output_boxes_per_class, 3]. ONNX packs
 * the rows [picture, class, box] of the kept boxes; here every picture and class has its own block of rows, in
 * the same order, and rows behind its kept boxes are -1. Only where the result leaves the network: operators
 * that read it count on its size.
 */
function convert(node: OnnxNode, builder: Builder): void {
  if (!builder.endsHere(node, 0)) throw new DataSized(' (rows of -1 could fill it up, but others read it)');
  const [batch, count] = builder.shapeOf(node, 0);
  const [, classes] = builder.shapeOf(node, 1);
  const asked = limit(node, builder, 2, 'the number of boxes', 0);
  const most = Math.min(Math.max(asked, 0), count);
  if (most === 0) throw new Unsupported('an empty result');
  if (batch * classes > MOST_NODES) throw new Unsupported(`${batch * classes} pictures and classes`);
  const limits: [number, number] = [
    limit(node, builder, 3, 'the overlap', 0),
    limit(node, builder, 4, 'the score threshold', LOWEST),
  ];
  const c = new Composer(node, builder);
  const boxes = node.int('center_point_box', 0) === 1 ? corners(c, c.input(0)) : c.input(0);
  const blocks = Array.from({ length: batch }, (_, picture) => {
    const own = c.reshape(c.slice(boxes, 0, picture, 1), [count, 4]);
    const scores = c.reshape(c.slice(c.input(1), 0, picture, 1), [classes, count]);
    return Array.from({ length: classes }, (__, at) =>
      keptOf(c, own, c.reshape(c.slice(scores, 0, at, 1), [count]), most, limits),
    );
  });
  c.output(0, rows(c, c.concat(blocks.flat(), 0), [batch, classes, most]));
}

/** The kept boxes with picture and class in front; -1 where there is none. */
function rows(c: Composer, kept: string, [batch, classes, most]: [number, number, number]): string {
  const total = foldedCount([batch, classes, most]);
  const numbered = (of: (row: number) => number): string =>
    c.constant(
      fromNumbers(
        'int32',
        [total],
        Array.from({ length: total }, (_, row) => of(row)),
      ),
    );
  const none = c.filled(-1, [1], 'int32');
  const empty = c.op('Less', [kept, c.filled(0, [1], 'int32')]);
  const picture = numbered((row) => Math.floor(row / most / classes));
  const ofClass = numbered((row) => Math.floor(row / most) % classes);
  const columns = [c.op('Where', [empty, none, picture]), c.op('Where', [empty, none, ofClass]), kept];
  return c.concat(
    columns.map((column) => c.reshape(column, [total, 1])),
    1,
  );
}

/** Operators that pick boxes. */
export const suppression: OperatorFamily = { NonMaxSuppression: { convert } };
