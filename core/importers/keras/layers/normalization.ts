import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind, WeightNames } from '../kind.ts';
import type { KerasLayer } from '../model.ts';
import { frontAxis } from '../../onnx/numeric.ts';

const scaleAndCenter = ({ config }: KerasLayer): string[] => [
  ...(config.flag('scale', true) ? ['gamma'] : []),
  ...(config.flag('center', true) ? ['beta'] : []),
];

/** The axes a layer works along, counted from the front. */
function axesOf(layer: LayerContext, fallback: number): number[] {
  const { length: rank } = layer.c.shape(layer.x);
  return (layer.config.ints('axis') ?? [fallback]).map((axis) => frontAxis(axis, rank));
}

/** A weight, or equal numbers where the layer has none. */
function weightOr(layer: LayerContext, name: string, value: number, shape: readonly number[]): string {
  const weight = layer.weight(name);
  return weight === '' ? layer.c.filled(value, shape, 'float32') : weight;
}

/** The permutation that brings an axis to place 1, and the one that brings it back. */
function toSecond(axis: number, rank: number): { there: number[]; back: number[] } {
  const rest = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== axis);
  const there = [0, axis, ...rest];
  return { there, back: there.map((_, i) => there.indexOf(i)) };
}

const batchNormalization: LayerKind = {
  weights: (layer): WeightNames => ({
    trained: scaleAndCenter(layer),
    frozen: ['moving_mean', 'moving_variance'],
  }),
  write: (layer) => {
    const { c, config } = layer;
    const [axis, ...more] = axesOf(layer, -1);
    if (more.length > 0) layer.refuse('batch normalization along several axes');
    if (axis === 0) layer.refuse('batch normalization along the batch');
    const shape = c.shape(layer.x);
    const { there, back } = toSecond(axis, shape.length);
    const channels = [shape[axis]];
    const operands = [
      weightOr(layer, 'gamma', 1, channels),
      weightOr(layer, 'beta', 0, channels),
      layer.weight('moving_mean'),
      layer.weight('moving_variance'),
    ];
    const x = c.transpose(c.float(layer.x), there);
    const epsilon = config.float('epsilon', 1e-3);
    layer.emit(c.transpose(layer.main('BatchNormalization', [x, ...operands], { epsilon }), back));
  },
};

/** Axes brought to the end, and the permutation back. */
function toEnd(axes: readonly number[], rank: number): { there: number[]; back: number[] } {
  const there = [...Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i)), ...axes];
  return { there, back: there.map((_, i) => there.indexOf(i)) };
}

const layerNormalization: LayerKind = {
  weights: (layer) => ({ trained: scaleAndCenter(layer) }),
  write: (layer) => {
    const { c, config } = layer;
    if (config.flag('rms_scaling', false)) layer.refuse('rms_scaling: use RMSNormalization');
    const axes = axesOf(layer, -1).sort((a, b) => a - b);
    const x = c.float(layer.x);
    const { there, back } = toEnd(axes, c.shape(x).length);
    const sizes = axes.map((axis) => c.shape(x)[axis]);
    const operands = [weightOr(layer, 'gamma', 1, sizes), weightOr(layer, 'beta', 0, sizes)];
    const attributes = { axis: -axes.length, epsilon: config.float('epsilon', 1e-3) };
    layer.emit(
      c.transpose(layer.main('LayerNormalization', [c.transpose(x, there), ...operands], attributes), back),
    );
  },
};

/** Divides by the root of the mean square along the last axes. */
const rmsNormalization: LayerKind = {
  weights: () => ({ trained: ['gamma'] }),
  write: (layer) => {
    const { c, config } = layer;
    const axes = axesOf(layer, -1);
    const x = c.float(layer.x);
    const mean = c.mean(c.mul(x, x), axes);
    const root = c.op('Sqrt', [c.add(mean, c.scalar(config.float('epsilon', 1e-6)))]);
    const shape = c.shape(x).map((dim, axis) => (axes.includes(axis) ? dim : 1));
    layer.emit(layer.main('Mul', [c.op('Div', [x, root]), c.reshape(layer.weight('gamma'), shape)]));
  },
};

/** Normalizes groups of channels of each sample. */
const groupNormalization: LayerKind = {
  weights: (layer) => ({ trained: scaleAndCenter(layer) }),
  write: (layer) => {
    const { c, config } = layer;
    const [axis] = axesOf(layer, -1);
    const x = c.float(layer.x);
    const shape = c.shape(x);
    const { there, back } = toSecond(axis, shape.length);
    const asked = config.int('groups', 32);
    const groups = asked === -1 ? shape[axis] : asked;
    if (groups < 1 || shape[axis] % groups !== 0)
      throw layer.node.invalid(`${groups} groups of ${shape[axis]} channels`);
    const channels = [shape[axis]];
    const operands = [weightOr(layer, 'gamma', 1, channels), weightOr(layer, 'beta', 0, channels)];
    const turned = c.transpose(x, there);
    const ready = shape.length === 2 ? c.reshape(turned, [...shape, 1]) : turned;
    const attributes = { num_groups: groups, epsilon: config.float('epsilon', 1e-3) };
    const result = layer.main('GroupNormalization', [ready, ...operands], attributes);
    layer.emit(c.transpose(c.reshape(result, c.shape(turned)), back));
  },
};

/** Gives rows the length 1. */
const unitNormalization: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = c.float(layer.x);
    const squares = c.op('ReduceSum', [c.mul(x, x), c.ints(axesOf(layer, -1))], { keepdims: 1 });
    layer.emit(layer.main('Div', [x, c.op('Sqrt', [c.op('Max', [squares, c.scalar(1e-12)])])]));
  },
};

/** Normalizations with trained or adapted numbers. */
export const normalizations: LayerFamily = {
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SyncBatchNormalization: batchNormalization,
  UnitNormalization: unitNormalization,
};
