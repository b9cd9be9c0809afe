import { Unsupported } from '../../onnx/builder.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { linearOf } from './matrix.ts';
import { filled, fromNumbers } from '../../onnx/numeric.ts';

/** What is added to the scores: a mask of truths forbids where it is false. */
function addition(c: TorchComposer, mask: string, forbidden: boolean): string {
  if (c.type(mask) !== 'bool') return c.float(mask);
  // A finite number: the simulator's and NPU's softmax must not meet infinite minus infinite.
  const [yes, no] = forbidden ? [-1e9, 0] : [0, -1e9];
  return c.op('Where', [mask, c.scalar(yes), c.scalar(no)]);
}

function causal(c: TorchComposer, rows: number, columns: number): string {
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? -1e9 : 0,
  );
  return c.floats(values, [rows, columns]);
}

/** softmax(q k^T * scale + mask) v over the last two axes. */
function attend(c: TorchComposer, q: string, k: string, v: string, scale: number, mask: string): string {
  const rank = c.shape(k).length;
  const swap = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  const scores = c.mul(c.op('MatMul', [q, c.transpose(k, swap)]), c.scalar(scale));
  const masked = mask === '' ? scores : c.add(scores, mask);
  return c.main('MatMul', [c.op('Softmax', [masked], { axis: -1 }), v]);
}

/** Heads of keys and values that several heads of queries share, once for each. */
function shared(c: TorchComposer, x: string, heads: number): string {
  const shape = c.shape(x);
  const axis = shape.length - 3;
  const times = heads / shape[axis];
  if (times === 1) return x;
  const wide = c.reshape(x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const tiled = c.op('Tile', [wide, c.ints([...filled(axis + 1, 1), times, 1, 1])]);
  return c.reshape(tiled, [...shape.slice(0, axis), heads, ...shape.slice(axis + 1)]);
}

function scaledDotProduct(c: TorchComposer): string {
  const q = c.float(c.tensor('query'));
  const shape = c.shape(q);
  const grouped = c.flag('enable_gqa') && shape.length >= 3;
  const [k, v] = ['key', 'value'].map((name) => {
    const x = c.float(c.tensor(name));
    return grouped ? shared(c, x, shape[shape.length - 3]) : x;
  });
  const scale = c.number('scale', 1 / Math.sqrt(shape[shape.length - 1]));
  const mask = c.given('attn_mask') ? addition(c, c.tensor('attn_mask'), false) : '';
  if (!c.flag('is_causal')) return attend(c, q, k, v, scale, mask);
  return attend(c, q, k, v, scale, causal(c, shape[shape.length - 2], c.shape(k)[c.shape(k).length - 2]));
}

/** [batch, rows, heads * size] to [batch, heads, rows, size]. */
function intoHeads(c: TorchComposer, x: string, heads: number): string {
  const [batch, rows, width] = c.shape(x);
  return c.transpose(c.reshape(x, [batch, rows, heads, width / heads]), [0, 2, 1, 3]);
}

function outOfHeads(c: TorchComposer, x: string): string {
  const [batch, heads, rows, size] = c.shape(x);
  return c.reshape(c.transpose(x, [0, 2, 1, 3]), [batch, rows, heads * size]);
}

/** Names of what a self attention of packed weights reads. */
interface Packed {
  heads: number;
  weight: string;
  bias: string;
  outWeight: string;
  outBias: string;
  mask: string;
}

/** Attention of a module with packed weights: three projections, heads, and a projection. */
function packedAttention(c: TorchComposer, inputs: readonly string[], packed: Packed): string {
  const width = c.shape(packed.weight)[0] / 3;
  const [q, k, v] = inputs.map((x, i) =>
    intoHeads(
      c,
      linearOf(c, x, c.slice(packed.weight, 0, i * width, width), c.slice(packed.bias, 0, i * width, width)),
      packed.heads,
    ),
  );
  const scale = 1 / Math.sqrt(width / packed.heads);
  return linearOf(c, outOfHeads(c, attend(c, q, k, v, scale, packed.mask)), packed.outWeight, packed.outBias);
}

/** A mask of keys ([batch, keys]) or of pairs ([rows, keys]); true forbids. */
function nativeMask(c: TorchComposer, rows: number): string {
  if (!c.given('mask')) return '';
  const mask = addition(c, c.tensor('mask'), true);
  const shape = c.shape(mask);
  const ofKeys = c.int('mask_type', 0) === 1;
  if (ofKeys) return c.reshape(mask, [shape[0], 1, 1, shape[1]]);
  if (shape.length === 2 && shape[0] !== rows) throw new Unsupported(`a mask of [${shape.join(',')}]`);
  return mask;
}

function nativeAttention(c: TorchComposer): string[] {
  if (c.flag('need_weights', true)) throw new Unsupported('the weights of the attention as a result');
  const inputs = ['query', 'key', 'value'].map((name) => c.float(c.tensor(name)));
  const packed = {
    heads: c.int('num_head'),
    weight: c.float(c.tensor('qkv_weight')),
    bias: c.float(c.tensor('qkv_bias')),
    outWeight: c.float(c.tensor('proj_weight')),
    outBias: c.float(c.tensor('proj_bias')),
    mask: nativeMask(c, c.shape(inputs[0])[1]),
  };
  return [packedAttention(c, inputs, packed)];
}

function layerNorm(c: TorchComposer, x: string, stem: string): string {
  const parameters = ['weight', 'bias'].map((part) => c.float(c.tensor(`${stem}_${part}`)));
  const axis = c.shape(x).length - 1;
  return c.op('LayerNormalization', [x, ...parameters], { axis, epsilon: c.number('eps', 1e-5) });
}

/** A whole encoder layer that PyTorch runs as one operator. */
function encoderLayer(c: TorchComposer): string {
  const x = c.float(c.tensor('src'));
  const first = c.flag('norm_first');
  const packed = {
    heads: c.int('num_heads'),
    weight: c.float(c.tensor('qkv_weight')),
    bias: c.float(c.tensor('qkv_bias')),
    outWeight: c.float(c.tensor('proj_weight')),
    outBias: c.float(c.tensor('proj_bias')),
    mask: nativeMask(c, c.shape(x)[1]),
  };
  const attended = (y: string): string => packedAttention(c, [y, y, y], packed);
  const fed = (y: string): string => {
    const inner = linearOf(c, y, c.float(c.tensor('ffn_weight_1')), c.float(c.tensor('ffn_bias_1')));
    const active = c.flag('use_gelu') ? c.op('Gelu', [inner]) : c.op('Relu', [inner]);
    return linearOf(c, active, c.float(c.tensor('ffn_weight_2')), c.float(c.tensor('ffn_bias_2')));
  };
  if (first) {
    const middle = c.add(x, attended(layerNorm(c, x, 'norm1')));
    return c.add(middle, fed(layerNorm(c, middle, 'norm2')));
  }
  const middle = layerNorm(c, c.add(x, attended(x)), 'norm1');
  return layerNorm(c, c.add(middle, fed(middle)), 'norm2');
}

/** A square matrix with its part above the diagonal cut off or alone. */
const triangle = (upper: number): TorchOperator =>
  torchOperator('self diagonal', (c) =>
    c.main('Trilu', [c.tensor('self'), c.constant(fromNumbers('int64', [], [c.int('diagonal', 0)]))], {
      upper,
    }),
  );

/** Attention, written as the products it is made of. */
export const attention: Readonly<Record<string, TorchOperator>> = {
  'aten::scaled_dot_product_attention': torchOperator(
    'query key value attn_mask dropout_p is_causal scale enable_gqa',
    scaledDotProduct,
  ),
  'aten::_native_multi_head_attention': torchOperator(
    'query key value embed_dim num_head qkv_weight qkv_bias proj_weight proj_bias mask need_weights average_attn_weights mask_type',
    nativeAttention,
    { results: 2 },
  ),
  'aten::_transformer_encoder_layer_fwd': torchOperator(
    'src embed_dim num_heads qkv_weight qkv_bias proj_weight proj_bias use_gelu norm_first eps norm1_weight norm1_bias norm2_weight norm2_bias ffn_weight_1 ffn_bias_1 ffn_weight_2 ffn_bias_2 mask mask_type',
    encoderLayer,
  ),
  'aten::triu': triangle(1),
  'aten::tril': triangle(0),
};
