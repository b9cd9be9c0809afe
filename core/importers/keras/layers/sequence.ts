import type { LayerFamily, LayerKind } from '../kind.ts';

/** Integers of any type as ONNX looks them up. */
const INT32 = 6;

/** Rows of a table; with mask_zero, number 0 stands for nothing. */
const embedding: LayerKind = {
  weights: () => ({ trained: ['embeddings'] }),
  write: (layer) => {
    const { c } = layer;
    const ids = c.type(layer.x) === 'int32' ? layer.x : c.op('Cast', [layer.x], { to: INT32 });
    if (layer.config.flag('mask_zero', false)) {
      const zero = c.constant({ type: 'int32', shape: [], data: Int32Array.of(0) });
      layer.setMask(c.op('Not', [c.op('Equal', [ids, zero])]));
    }
    layer.emit(layer.main('Gather', [layer.weight('embeddings'), ids], { axis: 0 }));
  },
};

/** Steps whose values all equal the mask value do not count, and become 0. */
const masking: LayerKind = {
  write: (layer) => {
    const { c } = layer;
    const x = c.float(layer.x);
    const axis = c.shape(x).length - 1;
    const equal = c.op('Equal', [x, c.scalar(layer.config.float('mask_value', 0))]);
    const other = c.op('Cast', [c.op('Not', [equal])], { to: 1 });
    const counts = c.op('ReduceMax', [other, c.ints([axis])], { keepdims: 1 });
    const mask = c.op('Greater', [counts, c.scalar(0.5)]);
    layer.setMask(c.reshape(mask, c.shape(mask).slice(0, -1)));
    layer.emit(layer.main('Mul', [x, counts]));
  },
};

/** Layers about the steps of sequences. */
export const sequences: LayerFamily = { Embedding: embedding, Masking: masking };
