import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';
import type { KerasLayer } from '../model.ts';

/** What is taken off the scores of places that must not be seen. */
const FAR = 1e9;

/** 0 where a mask says true, else a number that leaves nothing of a score. */
function penalty({ c }: LayerContext, mask: string): string {
  const numbers = c.type(mask) === 'float32' ? mask : c.op('Cast', [mask], { to: 1 });
  return c.mul(c.sub(numbers, c.scalar(1)), c.scalar(FAR));
}

/** The penalty of places behind one's own: [rows, columns]. */
function causal({ c }: LayerContext, rows: number, columns: number): string {
  const values = Float64Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? -FAR : 0,
  );
  return c.floats(values, [rows, columns]);
}

/** Whether a call says a thing that is a plain flag. */
function flag(layer: LayerContext, name: string): boolean {
  const value = layer.use.kwargs.get(name) ?? layer.config.value(name) ?? false;
  if (typeof value !== 'boolean') throw layer.node.invalid(`${name} is not true or false`);
  return value;
}

/** Scores with everything that must not be seen taken off. */
function visible(layer: LayerContext, scores: string, masks: readonly string[]): string {
  const { c } = layer;
  const shape = c.shape(scores);
  const [rows, columns] = shape.slice(-2);
  const sums =
    flag(layer, 'use_causal_mask') || layer.config.flag('causal', false)
      ? [causal(layer, rows, columns)]
      : [];
  const all = [...sums, ...masks.map((mask) => penalty(layer, mask))];
  return all.reduce((sum, one) => c.add(sum, one), scores);
}

/** Attention of rows to rows; inputs query, value and, where it differs, key. */
const attention: LayerKind = {
  weights: ({ config }) => ({
    trained: [
      ...(config.flag('use_scale', false) ? ['scale'] : []),
      ...(config.text('score_mode', 'dot') === 'concat' ? ['concat'] : []),
    ],
  }),
  write: (layer) => {
    const { c, config } = layer;
    const [q, v, k = v] = layer.inputs;
    if (v === undefined) throw layer.node.invalid('it needs a query and a value');
    const scale = layer.weight('scale');
    const scaled = (name: string): string => (scale === '' ? name : c.mul(name, scale));
    const scores =
      config.text('score_mode', 'dot') === 'dot'
        ? scaled(c.op('MatMul', [q, c.transpose(k, [0, 2, 1])]))
        : c.mul(additiveScores(layer, q, k, scaled), layer.weight('concat'));
    finishAttention(layer, scores, v);
  },
};

/** Sums of tanh(query + key) for every pair of rows. */
function additiveScores(
  { c }: LayerContext,
  q: string,
  k: string,
  change: (x: string) => string,
  factor = '',
): string {
  const [batch, rows, width] = c.shape(q);
  const [, columns] = c.shape(k);
  const pairs = c.add(c.reshape(q, [batch, rows, 1, width]), c.reshape(k, [batch, 1, columns, width]));
  const bent = c.op('Tanh', [change(pairs)]);
  const weighted = factor === '' ? bent : c.mul(bent, factor);
  return c.op('ReduceSum', [weighted, c.ints([3])], { keepdims: 0 });
}

const additive: LayerKind = {
  weights: ({ config }) => ({ trained: config.flag('use_scale', true) ? ['scale'] : [] }),
  write: (layer) => {
    const [q, v, k = v] = layer.inputs;
    if (v === undefined) throw layer.node.invalid('it needs a query and a value');
    finishAttention(
      layer,
      additiveScores(layer, q, k, (x) => x, layer.weight('scale')),
      v,
    );
  },
};

/** Masks of query and value: of the call, or those the tensors bring. */
function rowMasks(layer: LayerContext): { query: string; value: string } {
  const given = layer.argument(1, 'mask');
  const list = Array.isArray(given) ? given : [];
  const mask = (index: number): string =>
    layer.tensorsOf(list[index]).at(0) ?? (given === undefined ? layer.maskOf(index) : '');
  return { query: mask(0), value: mask(1) };
}

function finishAttention(layer: LayerContext, scores: string, value: string): void {
  const { c } = layer;
  const masks = rowMasks(layer);
  const [batch, rows, columns] = c.shape(scores);
  const columnsMask = masks.value === '' ? [] : [c.reshape(masks.value, [batch, 1, columns])];
  const shares = c.op('Softmax', [visible(layer, scores, columnsMask)], { axis: -1 });
  const mixed = layer.main('MatMul', [shares, value]);
  if (masks.query === '') return layer.emit(mixed, shares);
  const counts = c.op('Cast', [c.reshape(masks.query, [batch, rows, 1])], { to: 1 });
  layer.emit(c.mul(mixed, counts), shares);
}

/** Numbers of heads and their sizes. */
interface HeadSizes {
  heads: number;
  keyHeads: number;
  size: number;
}

function headSizes({ config, type }: KerasLayer): HeadSizes {
  if (type === 'MultiHeadAttention') {
    const heads = config.size('num_heads');
    return { heads, keyHeads: heads, size: config.size('key_dim') };
  }
  return {
    heads: config.size('num_query_heads'),
    keyHeads: config.size('num_key_value_heads'),
    size: config.size('head_dim'),
  };
}

/** x times a kernel [in, heads, size], as [N, heads, T, size]. */
function projected(layer: LayerContext, x: string, name: string, count: number): string {
  const { c } = layer;
  const kernel = layer.weight(`${name}.kernel`);
  const [inputs, heads, size] = c.shape(kernel);
  const [batch, rows] = c.shape(x);
  if (c.shape(x).length !== 3) layer.refuse(`attention to inputs of rank ${c.shape(x).length}`);
  const product = c.op('MatMul', [x, c.reshape(kernel, [inputs, heads * size])]);
  const bias = layer.weight(`${name}.bias`);
  const sum = bias === '' ? product : c.add(product, c.reshape(bias, [heads * size]));
  const split = c.transpose(c.reshape(sum, [batch, rows, heads, size]), [0, 2, 1, 3]);
  if (count === heads) return split;
  // Each key head serves several query heads.
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * heads) / count));
  return c.op('Gather', [split, c.ints(places)], { axis: 1 });
}

const PARTS = ['query', 'key', 'value', 'output'];

const multiHead: LayerKind = {
  weights: ({ config }) => {
    const names = config.flag('use_bias', true) ? ['kernel', 'bias'] : ['kernel'];
    return { trained: PARTS.flatMap((part) => names.map((name) => `${part}.${name}`)) };
  },
  write: (layer) => {
    const { c, config } = layer;
    if (config.flag('use_gate', false)) layer.refuse('attention with a gate');
    if (config.has('sliding_window')) layer.refuse('attention in a sliding window');
    const [q] = layer.inputs;
    const [v = q] = layer.tensorsOf(layer.argument(1, 'value'));
    const [k = v] = layer.tensorsOf(layer.argument(2, 'key'));
    const { heads, size } = headSizes(layer.use.layer);
    const [query, key, value] = [q, k, v].map((x, i) => projected(layer, c.float(x), PARTS[i], heads));
    const scaled = c.mul(query, c.scalar(1 / Math.sqrt(size)));
    const scores = c.op('MatMul', [scaled, c.transpose(key, [0, 1, 3, 2])]);
    const shares = c.op('Softmax', [visible(layer, scores, pairMasks(layer, scores))], { axis: -1 });
    const mixed = c.transpose(c.op('MatMul', [shares, value]), [0, 2, 1, 3]);
    const [batch, rows, count, width] = c.shape(mixed);
    const kernel = layer.weight('output.kernel');
    const outputs = c.shape(kernel).slice(2);
    if (outputs.length !== 1) layer.refuse('an output of several dimensions');
    const flat = c.reshape(mixed, [batch, rows, count * width]);
    const product = c.op('MatMul', [flat, c.reshape(kernel, [count * width, outputs[0]])]);
    const bias = layer.weight('output.bias');
    layer.emit(bias === '' ? product : layer.main('Add', [product, bias]), shares);
  },
};

/** Masks [N, T, S] or [T, S] of the call, and those the tensors bring, for scores [N, heads, T, S]. */
function pairMasks(layer: LayerContext, scores: string): string[] {
  const { c } = layer;
  const [batch, , rows, columns] = c.shape(scores);
  const pairs = layer.tensorsOf(layer.argument(-1, 'attention_mask')).map((mask) => {
    const shape = c.shape(mask);
    return shape.length === 3 ? c.reshape(mask, [shape[0], 1, shape[1], shape[2]]) : mask;
  });
  const query = layer.maskOf(0);
  const value = layer.maskOf(1);
  return [
    ...pairs,
    ...(query === '' ? [] : [c.reshape(query, [batch, 1, rows, 1])]),
    ...(value === '' ? [] : [c.reshape(value, [batch, 1, 1, columns])]),
  ];
}

/** Attention of rows to rows. */
export const attentions: LayerFamily = {
  AdditiveAttention: additive,
  Attention: attention,
  GroupQueryAttention: multiHead,
  GroupedQueryAttention: multiHead,
  MultiHeadAttention: multiHead,
};
