import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';

/** Operands with axes of size 1 put behind the batch, so that their ranks agree as in Keras. */
function aligned(layer: LayerContext): string[] {
  const { c, inputs } = layer;
  const rank = Math.max(...inputs.map((name) => c.shape(name).length));
  return inputs.map((name) => {
    const [batch, ...rest] = c.shape(name);
    const ones = Array.from({ length: rank - rest.length - 1 }, () => 1);
    return ones.length === 0 ? name : c.reshape(name, [batch, ...ones, ...rest]);
  });
}

/** Two operands at a time; the last step carries the layer's name. */
function chain(layer: LayerContext, type: string, operands: readonly string[], last = true): string {
  if (operands.length === 0) throw layer.node.invalid('it reads nothing');
  return operands.reduce((all, one, index) =>
    last && index === operands.length - 1 ? layer.main(type, [all, one]) : layer.c.op(type, [all, one]),
  );
}

const elementwise = (type: string): LayerKind => ({
  write: (layer) => layer.emit(chain(layer, type, aligned(layer))),
});

const average: LayerKind = {
  write: (layer) => {
    const operands = aligned(layer);
    const sum = chain(layer, 'Add', operands, false);
    layer.emit(layer.main('Mul', [sum, layer.c.scalar(1 / operands.length)]));
  },
};

const concatenate: LayerKind = {
  write: (layer) => layer.emit(layer.main('Concat', layer.inputs, { axis: layer.config.int('axis', -1) })),
};

/** Layers that make one tensor of several. */
export const merges: LayerFamily = {
  Add: elementwise('Add'),
  Average: average,
  Concatenate: concatenate,
  Maximum: elementwise('Max'),
  Minimum: elementwise('Min'),
  Multiply: elementwise('Mul'),
  Subtract: elementwise('Sub'),
};
