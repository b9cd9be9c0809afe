import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';

/** A pooling over windows; averages do not count padding. */
const pool = (type: 'MaxPool' | 'AveragePool', axes: number): LayerKind => ({
  write: (layer) => {
    const { config, c } = layer;
    const x = layer.toChannelsFirst(layer.x);
    const rank = c.shape(x).length - 2;
    if (rank !== axes) throw layer.node.invalid(`an input of rank ${rank + 2}`);
    const kernel = config.intsOf('pool_size', rank, 2);
    const strides = config.has('strides') ? config.intsOf('strides', rank, 1) : kernel;
    const mode = config.text('padding', 'valid').toLowerCase();
    if (mode !== 'valid' && mode !== 'same') throw layer.node.invalid(`padding is "${mode}"`);
    const auto_pad = mode === 'same' ? 'SAME_UPPER' : 'VALID';
    layer.emit(layer.fromChannelsFirst(layer.main(type, [x], { kernel_shape: kernel, strides, auto_pad })));
  },
});

/** The maximum or mean of every channel. */
const global = (type: 'Max' | 'Average'): LayerKind => ({
  write: (layer) => {
    const x = layer.toChannelsFirst(layer.x);
    const pooled = layer.main(`Global${type}Pool`, [x]);
    layer.emit(
      layer.config.flag('keepdims', false) ? layer.fromChannelsFirst(pooled) : channels(layer, pooled),
    );
  },
});

function channels({ c }: LayerContext, pooled: string): string {
  return c.reshape(pooled, c.shape(pooled).slice(0, 2));
}

/** The mean of the steps that count. */
const meanOfSteps: LayerKind = {
  write: (layer) => {
    const mask = layer.tensorsOf(layer.argument(1, 'mask')).at(0) ?? layer.maskOf(0);
    if (mask === '') return global('Average').write(layer);
    const { c } = layer;
    if (!layer.channelsLast) layer.refuse('masked steps with channels in front');
    const keepdims = Number(layer.config.flag('keepdims', false));
    const counts = c.op('Cast', [c.reshape(mask, [...c.shape(mask), 1])], { to: 1 });
    const sum = c.op('ReduceSum', [c.mul(layer.x, counts), c.ints([1])], { keepdims });
    layer.emit(layer.main('Div', [sum, c.op('ReduceSum', [counts, c.ints([1])], { keepdims })]));
  },
};

/** Poolings of one, two and three dimensions. */
export const poolings: LayerFamily = {
  ...Object.fromEntries(
    [1, 2, 3].flatMap((axes): [string, LayerKind][] => [
      [`MaxPooling${axes}D`, pool('MaxPool', axes)],
      [`AveragePooling${axes}D`, pool('AveragePool', axes)],
      [`GlobalMaxPooling${axes}D`, global('Max')],
      [`GlobalAveragePooling${axes}D`, global('Average')],
    ]),
  ),
  GlobalAveragePooling1D: meanOfSteps,
};
