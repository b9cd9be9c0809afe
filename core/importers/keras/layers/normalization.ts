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

/** Normalizations with trained or adapted numbers. */
export const normalizations: LayerFamily = {
  BatchNormalization: batchNormalization,
};
