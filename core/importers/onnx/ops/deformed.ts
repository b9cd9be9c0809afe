import { real } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { composed, type Composer } from '../compose.ts';
import { channelLastOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { filled } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';
import { addBias, positions } from './convolution-composed.ts';

/** Pixel positions as GridSample counts them: -1 and 1 are the outer edges of the picture. */
function asGrid(c: Composer, pixels: string, size: number): string {
  return c.sub(c.mul(pixels, c.scalar(2 / size)), c.scalar((size - 1) / size));
}

/** Where kernel element k of output p looks without offsets, along one axis: [K, P]. */
function basePositions(window: Window, size: readonly number[], axis: number): number[] {
  return positions(window.kernel).flatMap((at) =>
    positions(size).map(
      (out) => out[axis] * window.strides[axis] - window.begin[axis] + at[axis] * window.dilations[axis],
    ),
  );
}

/** What every kernel element sees through the offsets of one group, times the mask: [N, C, K, P]. */
function sampledGroup(
  c: Composer,
  x: string,
  group: number,
  window: Window,
  size: readonly number[],
): string {
  const [batch, channels, height, width] = c.shape(x);
  const taps = window.kernel[0] * window.kernel[1];
  const points = size[0] * size[1];
  const own = c.slice(c.float(c.input(2)), 1, group * 2 * taps, 2 * taps);
  const offsets = c.reshape(own, [batch, taps, 2, points]);
  const along = (axis: 0 | 1, pixels: number): string => {
    const offset = c.reshape(c.slice(offsets, 2, axis, 1), [batch, taps, points]);
    const place = c.add(offset, c.floats(basePositions(window, size, axis), [taps, points]));
    return c.reshape(asGrid(c, place, pixels), [batch, taps * size[0], size[1], 1]);
  };
  const grid = c.concat([along(1, width), along(0, height)], 3);
  const picked = c.op('GridSample', [x, grid], { mode: 'linear', padding_mode: 'zeros', align_corners: 0 });
  const sampled = c.reshape(picked, [batch, channels, taps, points]);
  if (!c.has(4)) return sampled;
  const mask = c.slice(c.float(c.input(4)), 1, group * taps, taps);
  return c.mul(sampled, c.reshape(mask, [batch, 1, taps, points]));
}

/** A convolution whose kernel elements look at places of their own: sampled first, then a matrix product. */
const deformConv = composed((c, node) => {
  const [x, w] = [c.input(0), c.input(1)];
  if (c.shape(x).length !== 4) throw new Unsupported(`rank ${c.shape(x).length}`);
  const [batch, channels, ...spatial] = c.shape(x);
  const [outputs, perGroup, ...kernel] = c.shape(w);
  const groups = node.int('group', 1);
  const offsetGroups = node.int('offset_group', 1);
  if (perGroup * groups !== channels || channels % offsetGroups !== 0) {
    throw node.invalid(`${channels} channels in ${groups} groups and ${offsetGroups} offset groups`);
  }
  const window = readWindow(node, spatial, kernel);
  const size = windowOutput(node, spatial, window, false);
  const each = channels / offsetGroups;
  const parts = Array.from({ length: offsetGroups }, (_, i) =>
    sampledGroup(c, c.slice(x, 1, i * each, each), i, window, size),
  );
  const taps = kernel[0] * kernel[1];
  const points = size[0] * size[1];
  const columns = c.reshape(c.concat(parts, 1), [batch, groups, perGroup * taps, points]);
  const matrix = c.reshape(w, [1, groups, outputs / groups, perGroup * taps]);
  const y = c.reshape(c.op('MatMul', [matrix, columns]), [batch, outputs, ...size]);
  c.output(0, addBias(c, y, c.input(3)));
});

/** Sample positions of all regions along one axis, [R, samples], and 1 where they lie in the picture. */
function samplesAlong(c: Composer, node: OnnxNode, axis: 0 | 1, pixels: number, bins: number, ratio: number) {
  const rois = c.input(1);
  const scale = c.scalar(node.float('spatial_scale', 1));
  const mode = node.text('coordinate_transformation_mode', 'half_pixel');
  const half = node.opset >= 16 && mode === 'half_pixel';
  const edge = (column: number): string => {
    const scaled = c.mul(c.slice(rois, 1, column, 1), scale);
    return half ? c.sub(scaled, c.scalar(0.5)) : scaled;
  };
  const start = edge(axis === 1 ? 0 : 1);
  const length = c.sub(edge(axis === 1 ? 2 : 3), start);
  const extent = half ? length : c.op('Max', [length, c.scalar(1)]);
  const count = bins * ratio;
  const shares = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  const place = c.add(start, c.mul(extent, c.floats(shares, [1, count])));
  const inside = c.op('And', [
    c.op('GreaterOrEqual', [place, c.scalar(-1)]),
    c.op('LessOrEqual', [place, c.scalar(pixels)]),
  ]);
  return { grid: asGrid(c, place, pixels), inside: c.op('Cast', [inside], { to: 1 }) };
}

/** Average of samples in the bins of each region; the number of samples per bin must be given. */
const roiAlign = composed((c, node) => {
  const ratio = node.int('sampling_ratio', 0);
  if (node.text('mode', 'avg') !== 'avg') throw new Unsupported('mode "max"');
  if (ratio < 1) throw new Unsupported('sampling_ratio 0, which depends on the regions');
  const [, channels, height, width] = c.shape(c.input(0));
  const [regions] = c.shape(c.input(1));
  const bins = [node.int('output_height', 1), node.int('output_width', 1)];
  const rows = samplesAlong(c, node, 0, height, bins[0], ratio);
  const columns = samplesAlong(c, node, 1, width, bins[1], ratio);
  const [down, across] = [bins[0] * ratio, bins[1] * ratio];
  const spread = (name: string, shape: number[]): string =>
    c.op('Expand', [c.reshape(name, shape), c.ints([regions, down, across, 1])]);
  const grid = c.concat(
    [spread(columns.grid, [regions, 1, across, 1]), spread(rows.grid, [regions, down, 1, 1])],
    3,
  );
  const pictures = c.op('Gather', [c.input(0), c.input(2)], { axis: 0 });
  const attributes = { mode: 'linear', padding_mode: 'border', align_corners: 0 };
  const picked = c.op('GridSample', [pictures, grid], attributes);
  const inside = c.mul(
    c.reshape(rows.inside, [regions, 1, down, 1]),
    c.reshape(columns.inside, [regions, 1, 1, across]),
  );
  const kept = c.reshape(c.mul(picked, inside), [regions, channels, down, across]);
  const window = { kernel_shape: filled(2, ratio), strides: filled(2, ratio) };
  c.output(0, c.op('AveragePool', [kept], window));
});

/** The maximum of each bin of each region; regions are [batch index, x1, y1, x2, y2] as in Caffe. */
function maxRoiPool(node: OnnxNode, builder: Builder): void {
  const input = builder.value(node, 0);
  const rois = builder.value(node, 1);
  if (input.shape.length !== 4) throw node.invalid(`the input has rank ${input.shape.length}`);
  const [height, width] = node.intsOf('pooled_shape', 2, 1);
  const order = channelLastOrder(4);
  const draft = builder.layer(node, {
    op: 'roipooling',
    parameters: [
      ['pooled_h', height],
      ['pooled_w', width],
      ['spatial_scale', real(node.float('spatial_scale', 1))],
    ],
    inputs: [builder.ordered(input, order), builder.ordered(rois, [0, 1])],
  });
  const shape = [rois.shape[0], input.shape[1], height, width];
  builder.emit(node, 0, { shape, type: input.type, order, ref: { draft, port: 0 } });
}

/** Operators that sample pictures at computed places. */
export const deformed: OperatorFamily = {
  DeformConv: { convert: deformConv },
  MaxRoiPool: { convert: maxRoiPool },
  RoiAlign: { convert: roiAlign },
};
