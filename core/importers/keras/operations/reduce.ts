import { frontAxis } from '../../onnx/numeric.ts';
import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';
import { argument, flag, int, ints, tensor } from './arguments.ts';

/** Axes that are reduced; all when none are named. */
function axesOf(layer: LayerContext, x: string): number[] {
  const { length: rank } = layer.c.shape(x);
  const named = ints(layer, argument(layer, 1, 'axis'));
  return named?.map((axis) => frontAxis(axis, rank)) ?? Array.from({ length: rank }, (_, i) => i);
}

const operand = (layer: LayerContext): string =>
  layer.c.float(tensor(layer, argument(layer, 0, 'x', 'input_tensor', 'input')));

const keepdims = (layer: LayerContext): number => Number(flag(argument(layer, 2, 'keepdims')));

const reduction = (type: string): LayerKind => ({
  write: (layer) => {
    const x = operand(layer);
    layer.emit(layer.main(type, [x, layer.c.ints(axesOf(layer, x))], { keepdims: keepdims(layer) }));
  },
});

/** The mean of the squared distances from the mean, or its root. */
const spread = (root: boolean): LayerKind => ({
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    const axes = axesOf(layer, x);
    const distance = c.sub(x, c.mean(x, axes));
    const variance = c.op('ReduceMean', [c.mul(distance, distance), c.ints(axes)], {
      keepdims: keepdims(layer),
    });
    layer.emit(root ? layer.main('Sqrt', [variance]) : variance);
  },
});

const place = (type: string): LayerKind => ({
  write: (layer) => {
    const axis = int(layer, argument(layer, 1, 'axis'), 0);
    const result = layer.main(type, [operand(layer)], { axis, keepdims: keepdims(layer) });
    layer.emit(layer.c.op('Cast', [result], { to: 6 }));
  },
});

/** Whether any or all elements are true. */
const logical = (type: string): LayerKind => ({
  write: (layer) => {
    const { c } = layer;
    const x = tensor(layer, argument(layer, 0, 'x', 'input_tensor'));
    const truth = c.op('Cast', [c.type(x) === 'bool' ? x : c.op('Cast', [x], { to: 9 })], { to: 1 });
    const found = c.op(type, [truth, c.ints(axesOf(layer, x))], { keepdims: keepdims(layer) });
    layer.emit(layer.main('Greater', [found, c.scalar(0.5)]));
  },
});

/** x divided by its length along axes. */
const normalize: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = operand(layer);
    if (int(layer, argument(layer, 2, 'order'), 2) !== 2) layer.refuse('a norm of another order than 2');
    const named = ints(layer, argument(layer, 1, 'axis')) ?? [-1];
    const axes = named.map((axis) => frontAxis(axis, c.shape(x).length));
    const squares = c.op('ReduceSum', [c.mul(x, x), c.ints(axes)], { keepdims: 1 });
    layer.emit(layer.main('Div', [x, c.op('Sqrt', [c.op('Max', [squares, c.scalar(1e-12)])])]));
  },
};

/** Operations that reduce axes. */
export const reduce: LayerFamily = {
  all: logical('ReduceMin'),
  any: logical('ReduceMax'),
  argmax: place('ArgMax'),
  argmin: place('ArgMin'),
  max: reduction('ReduceMax'),
  mean: reduction('ReduceMean'),
  min: reduction('ReduceMin'),
  normalize,
  prod: reduction('ReduceProd'),
  std: spread(true),
  sum: reduction('ReduceSum'),
  var: spread(false),
};
