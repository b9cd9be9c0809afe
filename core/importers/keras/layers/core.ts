import { activationOf, isLinear, type Step } from '../activation.ts';
import type { LayerContext } from '../context.ts';
import { kernelAndBias, type LayerFamily, type LayerKind } from '../kind.ts';
import { advanced } from './advanced.ts';
import { product } from '../../onnx/numeric.ts';
import { channelLastOrder } from '../../onnx/draft.ts';

/** Applies the layer's `activation` setting, as a layer of its own, and says that this is the result. */
export function finish(layer: LayerContext, x: string, key = 'activation'): void {
  const value = layer.config.value(key);
  if (isLinear(value)) return layer.emit(x);
  const step: Step = (type, inputs, attributes) => layer.step(type.toLowerCase(), type, inputs, attributes);
  layer.emit(activationOf(value, layer.major)(layer.c, x, step));
}

const mainStep =
  (layer: LayerContext): Step =>
  (type, inputs, attributes) =>
    layer.main(type, inputs, attributes);

const dense: LayerKind = {
  weights: kernelAndBias,
  write: (layer) => {
    const { c } = layer;
    const kernel = layer.weight('kernel');
    const bias = layer.weight('bias');
    const x = c.float(layer.x);
    if (c.shape(x).length === 2)
      return finish(layer, layer.main('Gemm', [x, kernel, ...(bias === '' ? [] : [bias])]));
    const product = bias === '' ? layer.main('MatMul', [x, kernel]) : c.op('MatMul', [x, kernel]);
    finish(layer, bias === '' ? product : layer.main('Add', [product, bias]));
  },
};

/** The same tensor: what only trains, or only names. */
export const same: LayerKind = { write: (layer) => layer.emit(layer.x) };

/** Slopes per element, shared along some axes. */
const prelu: LayerKind = {
  weights: () => ({ trained: ['alpha'] }),
  write: (layer) => layer.emit(layer.main('PRelu', [layer.x, layer.weight('alpha')])),
};

/** Applies a plain function of one tensor. */
const functions: LayerFamily = Object.fromEntries(
  Object.entries(advanced).map(([type, make]): [string, LayerKind] => [
    type,
    { write: (layer) => layer.emit(make(layer.config)(layer.c, layer.x, mainStep(layer))) },
  ]),
);

const activation: LayerKind = {
  write: (layer) => {
    const apply = activationOf(layer.config.value('activation'), layer.major);
    layer.emit(apply(layer.c, layer.x, mainStep(layer)));
  },
};

const flatten: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = c.shape(layer.x).length > 2 && !layer.channelsLast ? flatOrder(layer) : layer.x;
    const [batch, ...rest] = c.shape(x);
    layer.emit(layer.main('Reshape', [x, c.ints([batch, product(rest)])]));
  },
};

/** A channel-first tensor is flattened as if its channels were last. */
function flatOrder({ c, x }: LayerContext): string {
  return c.transpose(x, channelLastOrder(c.shape(x).length));
}

const SAME = [
  'Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D', 'GaussianDropout', 'GaussianNoise',
  'AlphaDropout', 'ActivityRegularization', 'Identity', 'Alias',
]; // prettier-ignore

/** Dense layers, activations, and layers that do nothing after training. */
export const core: LayerFamily = {
  ...functions,
  ...Object.fromEntries(SAME.map((type) => [type, same])),
  Activation: activation,
  Dense: dense,
  Flatten: flatten,
  PReLU: prelu,
};
