import { describe, expect, test } from 'vitest';
import { focus } from './focus.ts';
import { importPasses } from './index.ts';
import { runPasses } from './pass.ts';
import { removeDead } from './remove-dead.ts';
import { check, computedOps, convolution, run, sketch, type Sketch } from './testing.ts';

type Draw = (g: Sketch) => string;

/** A cut of a picture with steps along height and width; `axes` says which those are. */
function cut(g: Sketch, x: string, axes: readonly [number, number], begin: number[], step: number[]): string {
  const list = (at: readonly number[], fill: number): number[] =>
    [0, 1, 2, 3].map((axis) => (axis === axes[0] ? at[0] : axis === axes[1] ? at[1] : fill));
  return g.op('stridedslice', [x], {
    slice_begin: list(begin, 0),
    slice_end: [99, 99, 99, 99],
    slice_strides: list(step, 1),
  });
}

const LAST = [1, 2] as const;
const FIRST = [2, 3] as const;
/** Rows and columns of the blocks as YOLOv5 joins them, and as space2depth does. */
const YOLO = [[0, 0], [1, 0], [0, 1], [1, 1]]; // prettier-ignore
const PLAIN = [[0, 0], [0, 1], [1, 0], [1, 1]]; // prettier-ignore

const blocks = (g: Sketch, axes: readonly [number, number], order: readonly number[][]): string[] =>
  order.map((begin) => cut(g, g.x, axes, begin, [2, 2]));
const joined = (g: Sketch, slices: readonly string[], dim: number): string => g.op('concat', slices, { dim });
const conv = (g: Sketch, x: string, group = 1): string =>
  g.op(
    'convolution',
    [x],
    { ...convolution([0, 0, 0, 0]), group_number: group },
    { weight: { shape: [3, 3, 8 / group, 4] }, bias: { shape: [4] } },
  );
const toLast = (g: Sketch, x: string): string => g.op('permute', [x], { perm: [0, 2, 3, 1] });

const PICTURE = [1, 6, 8, 2];
const ONNX = [1, 2, 6, 8];
const SLICES = 'stridedslice stridedslice stridedslice stridedslice concat';

const cases: [title: string, shape: number[], draw: Draw, before: string, after: string][] = [
  ["in space2depth's order", PICTURE, (g) => joined(g, blocks(g, LAST, PLAIN), 3), SLICES, 'space2depth'],
  ["in YOLO's order, read by a convolution", PICTURE, (g) => conv(g, joined(g, blocks(g, LAST, YOLO), 3)), `${SLICES} convolution`, 'space2depth convolution'],
  ["in YOLO's order, read by another layer", PICTURE, (g) => g.op('relu', [joined(g, blocks(g, LAST, YOLO), 3)]), `${SLICES} relu`, 'space2depth gather relu'],
  ["in YOLO's order, read by a grouped convolution", PICTURE, (g) => conv(g, joined(g, blocks(g, LAST, YOLO), 3), 2), `${SLICES} convolution`, 'space2depth gather convolution'],
  ['channel-first, read by a convolution', ONNX, (g) => conv(g, toLast(g, joined(g, blocks(g, FIRST, YOLO), 1))), `${SLICES} permute convolution`, 'permute space2depth permute permute convolution'],
  ['channel-first, read by another layer', ONNX, (g) => g.op('relu', [joined(g, blocks(g, FIRST, YOLO), 1)]), `${SLICES} relu`, 'permute space2depth gather permute relu'],
  ['rows and columns cut one after the other', PICTURE, (g) => {
    const rows = [0, 1].map((y) => cut(g, g.x, LAST, [y, 0], [2, 1]));
    return joined(g, YOLO.map(([y, x]) => cut(g, rows[y], LAST, [0, x], [1, 2])), 3);
  }, 'stridedslice stridedslice stridedslice stridedslice stridedslice stridedslice concat', 'space2depth gather'],
  ['blocks of two rows and four columns', PICTURE, (g) => joined(g, [0, 1, 2, 3, 4, 5, 6, 7].map((i) => cut(g, g.x, LAST, [i >> 2, i & 3], [2, 4])), 3), `stridedslice stridedslice stridedslice stridedslice ${SLICES}`, 'space2depth'],
]; // prettier-ignore

const untouched: [title: string, draw: Draw][] = [
  ['the same block twice', (g) => joined(g, blocks(g, LAST, [[0, 0], [0, 0], [1, 0], [1, 1]]), 3)],
  ['blocks joined along the height', (g) => joined(g, blocks(g, LAST, YOLO), 1)],
  ['steps of 2 in blocks of 3', (g) => joined(g, YOLO.map((begin) => cut(g, g.x, LAST, begin, [3, 2])), 3)],
  ['a slice that another layer reads', (g) => {
    const slices = blocks(g, LAST, PLAIN);
    return g.op('concat', [joined(g, slices, 3), slices[0]], { dim: 3 });
  }],
  ['slices of two tensors', (g) => {
    const other = g.op('relu', [g.x]);
    return joined(g, PLAIN.map((begin, i) => cut(g, i === 0 ? other : g.x, LAST, begin, [2, 2])), 3);
  }],
]; // prettier-ignore

describe('slices joined along the channels', () => {
  test.each(cases)('%s', (_, shape, draw, before, after) => {
    const network = sketch(shape, draw);
    const result = check(focus, network, before, after);
    expect(result.outputs[0].inputs).toEqual(network.outputs[0].inputs);
  });

  test.each(untouched)('not: %s', (_, draw) => {
    const network = sketch(PICTURE, draw);
    expect(computedOps(runPasses(network, [focus, removeDead]))).toBe(computedOps(network));
  });

  test('all passes leave one permute in front of a channel-first picture', () => {
    const network = sketch(ONNX, cases[4][2]);
    const result = runPasses(network, importPasses);
    expect(computedOps(result)).toBe('permute space2depth convolution');
    const [was, is] = [run(network), run(result)];
    was.values.forEach((value, i) => expect(Math.abs(is.values[i] - value)).toBeLessThan(1e-3));
  });
});
