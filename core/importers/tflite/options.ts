import type { Attributes } from '../onnx/compose.ts';
import type { FlatTable, NumberKind } from './flat-table.ts';

/** A field of an options table: its name here, and how the schema stores it. */
interface Field {
  name: string;
  kind: NumberKind | 'text' | `${NumberKind}s`;
  fallback: number;
}

const field =
  (kind: Field['kind']) =>
  (name: string, fallback = 0): Field => ({ name, kind, fallback });

const bool = field('bool');
const byte = field('byte');
const int = field('int');
const uint = field('uint');
const long = field('long');
const float = field('float');
const ints = field('ints');
const longs = field('longs');
const floats = field('floats');
const text = field('text');

/** A field that says nothing about the network. */
const unused = (): Field => bool('');

const activation = byte('activation');
const dilations = [int('dilation_w', 1), int('dilation_h', 1)];
const strides = [int('stride_w'), int('stride_h')];

/** Fields in the order of the schema, by the number of the table in the union BuiltinOptions. */
const OPTIONS: Readonly<Record<number, readonly Field[]>> = {
  1: [byte('padding'), ...strides, activation, ...dilations], // Conv2D
  2: [byte('padding'), ...strides, int('multiplier'), activation, ...dilations], // DepthwiseConv2D
  4: [byte('type')], // LSHProjection
  5: [byte('padding'), ...strides, int('filter_w'), int('filter_h'), activation], // Pool2D
  6: [int('rank'), activation], // SVDF
  7: [activation], // RNN
  8: [activation, byte('weights_format'), bool('keep_dims')], // FullyConnected
  9: [float('beta')], // Softmax
  10: [int('axis'), activation], // Concatenation
  11: [activation], // Add
  12: [activation], // L2Norm
  13: [int('radius'), float('bias'), float('alpha'), float('beta')], // LocalResponseNormalization
  14: [activation, float('cell_clip'), float('proj_clip'), byte('kernel_type')], // LSTM
  15: [unused(), unused(), bool('align_corners'), bool('half_pixel_centers')], // ResizeBilinear
  16: [uint('subgraph')], // Call
  17: [ints('new_shape')], // Reshape
  19: [int('block_size')], // SpaceToDepth
  20: [byte('combiner')], // EmbeddingLookupSparse
  21: [activation], // Mul
  23: [int('axis'), int('batch_dims')], // Gather
  27: [bool('keep_dims')], // Reducer
  28: [activation], // Sub
  29: [activation], // Div
  30: [ints('squeeze_dims')], // Squeeze
  31: [bool('time_major'), activation], // SequenceRNN
  32: [
    int('begin_mask'),
    int('end_mask'),
    int('ellipsis_mask'),
    int('new_axis_mask'),
    int('shrink_axis_mask'),
    bool('offset'),
  ], // StridedSlice
  35: [int('num_splits')], // Split
  49: [byte('padding'), ...strides, activation], // TransposeConv
  58: [float('min'), float('max'), int('num_bits'), bool('narrow_range')], // FakeQuant
  59: [int('count'), int('axis')], // Pack
  61: [int('axis')], // OneHot
  64: [int('count'), int('axis')], // Unpack
  69: [activation, float('cell_clip'), float('proj_clip'), bool('merge_outputs'), bool('time_major', 1)], // BidirectionalSequenceLSTM
  70: [bool('time_major'), activation, bool('merge_outputs')], // BidirectionalSequenceRNN
  71: [
    activation,
    float('cell_clip'),
    float('proj_clip'),
    bool('time_major'),
    bool('asymmetric_inputs'),
    bool('diagonal'),
  ], // UnidirectionalSequenceLSTM
  74: [bool('align_corners'), bool('half_pixel_centers')], // ResizeNearestNeighbor
  75: [float('alpha')], // LeakyRelu
  77: [byte('mode')], // MirrorPad
  79: [int('num_splits')], // SplitV
  80: [byte('index_type')], // Unique
  87: [int('seq_dim'), int('batch_dim')], // ReverseSequence
  92: [int('then'), int('else')], // If
  93: [int('cond'), int('body')], // While
  94: [int('block_size')], // DepthToSpace
  101: [bool('adj_x'), bool('adj_y')], // BatchMatMul
  102: [bool('exclusive'), bool('reverse')], // Cumsum
  103: [int('init')], // CallOnce
  106: [byte('padding'), int('stride_d'), ...strides, activation, int('dilation_d', 1), ...dilations], // Conv3D
  107: [int('table_id'), byte('key_type'), byte('value_type')], // Hashtable
  111: [text('container'), text('shared_name')], // VarHandle
  114: [long('seed'), long('seed2')], // Random
  115: [floats('boundaries')], // Bucketize
  116: [bool('approximate')], // Gelu
};

/** The same for the union BuiltinOptions2. */
const OPTIONS2: Readonly<Record<number, readonly Field[]>> = {
  1: [long('dimension')], // StablehloConcatenate
  2: [longs('dimensions')], // StablehloBroadcastInDim
  3: [longs('starts'), longs('limits'), longs('strides')], // StablehloSlice
  4: [
    longs('strides'),
    longs('padding'),
    longs('input_dilation'),
    longs('kernel_dilation'),
    field('bools')('reversed'),
    long('input_batch'),
    long('input_feature'),
    longs('input_spatial'),
    long('kernel_input'),
    long('kernel_output'),
    longs('kernel_spatial'),
    long('output_batch'),
    long('output_feature'),
    longs('output_spatial'),
    long('groups', 1),
    long('batch_groups', 1),
  ], // StablehloConvolution
  5: [text('target')], // StablehloCustomCall
  6: [longs('dimensions'), int('body')], // StablehloReduce
  8: [uint('direction'), uint('type')], // StablehloCompare
  9: [longs('sizes')], // StablehloDynamicSlice
  10: [longs('low'), longs('high'), longs('interior')], // StablehloPad
  11: [long('dimension')], // StablehloIota
  12: [longs('left_batch'), longs('right_batch'), longs('left_contract'), longs('right_contract')], // StablehloDotGeneral
  13: [
    longs('window'),
    longs('strides'),
    longs('base_dilations'),
    longs('dilations'),
    longs('padding'),
    int('body'),
  ], // StablehloReduceWindow
  15: [int('cond'), int('body')], // StablehloWhile
  16: [
    longs('offset_dims'),
    longs('collapsed'),
    longs('start_index_map'),
    long('index_vector_dim'),
    longs('slice_sizes'),
  ], // StablehloGather
  17: [longs('permutation')], // StablehloTranspose
  20: [int('function')], // ReduceWindow
  21: [text('name'), int('decomposition')], // StableHLOComposite
  23: [ints('branches')], // StablehloCase
};

function read(table: FlatTable, index: number, { kind, fallback }: Field): Attributes[string] | undefined {
  if (kind === 'text') return table.text(index);
  if (kind.endsWith('s')) return table.numbers(index, kind.slice(0, -1) as NumberKind);
  return table.number(index, kind as NumberKind, fallback);
}

function readAll(table: FlatTable, fields: readonly Field[]): Attributes {
  const entries = fields.flatMap((field, index) => {
    const value = field.name === '' ? undefined : read(table, index, field);
    return value === undefined ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Options of an `Operator` table as attributes; those of operators we do not import are left out. */
export function readOptions(operator: FlatTable): Attributes {
  const first = OPTIONS[operator.number(3, 'ubyte')];
  const second = OPTIONS2[operator.number(11, 'ubyte')];
  const one = first && operator.table(4);
  const two = second && operator.table(12);
  return { ...(one ? readAll(one, first) : {}), ...(two ? readAll(two, second) : {}) };
}
