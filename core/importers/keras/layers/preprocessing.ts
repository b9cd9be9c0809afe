import { frontAxis } from '../../onnx/numeric.ts';
import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';

/** A setting that is one number or one per channel (the last axis). */
function numbers(layer: LayerContext, key: string, fallback: number): string {
  const given = layer.config.floats(key) ?? [fallback];
  return given.length === 1 ? layer.c.scalar(given[0]) : layer.c.floats(given);
}

const rescaling: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const scaled = c.op('Mul', [c.float(layer.x), numbers(layer, 'scale', 1)]);
    layer.emit(layer.main('Add', [scaled, numbers(layer, 'offset', 0)]));
  },
};

/** Subtracts the mean and divides by the deviation, both adapted to data and in the file. */
const normalization: LayerKind = {
  weights: ({ config }) => ({ trained: [], frozen: config.has('mean') ? [] : ['mean', 'variance', 'count'] }),
  write: (layer) => {
    const { c, config } = layer;
    const x = c.float(layer.x);
    const shape = c.shape(x);
    const axes = config.has('axis')
      ? (config.ints('axis') ?? []).map((axis) => frontAxis(axis, shape.length))
      : [];
    const wanted = shape.map((dim, axis) => (axes.includes(axis) ? dim : 1));
    const operand = (name: string): string => {
      const given = layer.weight(name);
      if (given !== '') return c.reshape(c.float(given), wanted);
      const values = config.floats(name) ?? [];
      return values.length === 1 ? c.scalar(values[0]) : c.floats(values, wanted);
    };
    const deviation = c.op('Max', [c.op('Sqrt', [operand('variance')]), c.scalar(1e-7)]);
    const mean = operand('mean');
    if (config.flag('invert', false)) return layer.emit(layer.main('Add', [c.mul(x, deviation), mean]));
    layer.emit(layer.main('Div', [c.sub(x, mean), deviation]));
  },
};

/** Ways to place pixels as TensorFlow does, in ONNX's words. */
const MODES: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  bilinear: { mode: 'linear' },
  nearest: { mode: 'nearest', coordinate_transformation_mode: 'tf_half_pixel_for_nn', nearest_mode: 'floor' },
  bicubic: { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 },
};

/** Axes of height and width. */
const picture = (layer: LayerContext): [number, number] => {
  const { length: rank } = layer.c.shape(layer.x);
  if (rank !== 4) throw layer.node.invalid(`an input of rank ${rank}`);
  return layer.channelsLast ? [1, 2] : [2, 3];
};

/** The middle part with the proportions of the wanted size. */
function cropToAspect(layer: LayerContext, x: string, height: number, width: number): string {
  const axes = picture(layer);
  const [h, w] = axes.map((axis) => layer.c.shape(x)[axis]);
  const sizes = [
    Math.min(h, Math.trunc((w * height) / width)),
    Math.min(w, Math.trunc((h * width) / height)),
  ];
  return axes.reduce((all, axis, i) => middle(layer, all, axis, sizes[i]), x);
}

function middle({ c }: LayerContext, x: string, axis: number, size: number): string {
  return c.slice(x, axis, Math.trunc((c.shape(x)[axis] - size) / 2), size);
}

function resized(layer: LayerContext, x: string, height: number, width: number): string {
  const { c, config } = layer;
  const mode = config.text('interpolation', 'bilinear');
  if (!Object.hasOwn(MODES, mode)) layer.refuse(`interpolation "${mode}"`);
  if (config.flag('antialias', false)) layer.refuse('resizing with antialias');
  const sizes = [...c.shape(x)];
  const [tall, wide] = picture(layer);
  sizes[tall] = height;
  sizes[wide] = width;
  return layer.main('Resize', [x, '', '', c.ints(sizes)], MODES[mode]);
}

const resizing: LayerKind = {
  write: (layer) => {
    const { c, config } = layer;
    const [height, width] = [config.size('height'), config.size('width')];
    if (config.flag('pad_to_aspect_ratio', false)) layer.refuse('resizing with padding to the aspect ratio');
    const x = c.float(layer.x);
    const cut = config.flag('crop_to_aspect_ratio', false) ? cropToAspect(layer, x, height, width) : x;
    layer.emit(resized(layer, cut, height, width));
  },
};

/** The middle of a picture; one that is too small is resized. */
const centerCrop: LayerKind = {
  write: (layer) => {
    const { c, config } = layer;
    const sizes = [config.size('height'), config.size('width')];
    const axes = picture(layer);
    const x = c.float(layer.x);
    if (axes.every((axis, i) => c.shape(x)[axis] >= sizes[i]))
      return layer.emit(axes.reduce((all, axis, i) => middle(layer, all, axis, sizes[i]), x));
    layer.emit(resized(layer, cropToAspect(layer, x, sizes[0], sizes[1]), sizes[0], sizes[1]));
  },
};

/** Layers that prepare pictures and numbers. */
export const preprocessing: LayerFamily = {
  CenterCrop: centerCrop,
  Normalization: normalization,
  Rescaling: rescaling,
  Resizing: resizing,
};
