import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { elementCount, type Shape, type Tensor } from '../network/tensor.ts';
import { opSpec } from '../ops/registry.ts';
import { calibrate } from '../quantization/calibrate.ts';
import type { Scheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';

/** One layer to run: its inputs are graph inputs of reals, or constants. */
export interface OpCase {
  op: string;
  /** What is different about this case of the op. */
  note?: string;
  /** Shapes of inputs that hold reals; tensors are constants, for indices and conditions. */
  inputs: readonly (Shape | Tensor)[];
  parameters?: Readonly<Record<string, ParameterValue>>;
  outputs?: number;
  /** Smallest and largest element of the inputs; default -1 and 1. */
  range?: readonly [number, number];
  /** Steps of the output that a result may be off; default 1. */
  steps?: number;
}

const WINDOW = { ksize_h: 3, ksize_w: 3, pad_method: 'padding_const', pad: [1, 1, 1, 1] };
const IMAGE = [1, 6, 5, 4];
const MATRIX = [3, 8];

export const integers = (shape: number[], ...values: number[]): Tensor => ({
  type: 'int32',
  shape,
  data: Int32Array.from(values),
});

const unary = (
  op: string,
  range?: readonly [number, number],
  parameters: Readonly<Record<string, ParameterValue>> = {},
): OpCase => ({ op, inputs: [MATRIX], parameters, ...(range ? { range } : {}) });

const binary = (op: string, range?: readonly [number, number]): OpCase => ({
  op,
  inputs: [MATRIX, [3, 8]],
  ...(range ? { range } : {}),
});

const over = (op: string, axis_list: number[]): OpCase => ({
  op,
  inputs: [IMAGE],
  parameters: { axis_list },
});

/** A case or more of every op that computes or moves reals. */
export const opCases: readonly OpCase[] = [
  { op: 'convolution', inputs: [IMAGE], parameters: { weights: 5, ...WINDOW } },
  { op: 'convolution', note: 'depthwise', inputs: [IMAGE], parameters: { weights: 4, group_number: 4, ...WINDOW } },
  { op: 'convolution', note: 'in groups', inputs: [IMAGE], parameters: { weights: 6, group_number: 2, ...WINDOW } },
  { op: 'deconvolution', inputs: [IMAGE], parameters: { weights: 3, ...WINDOW, stride_h: 2, stride_w: 2 } },
  { op: 'fullconnect', inputs: [MATRIX], parameters: { weights: 6, axis: 1 } },
  { op: 'matmul', inputs: [[2, 3, 4], [2, 4, 5]] },
  { op: 'conv1d', inputs: [[1, 9, 4]], parameters: { weights: 5, ksize: 3, pad: [1, 1] } },
  { op: 'depthwise_conv1d', inputs: [[1, 9, 4]], parameters: { weights: 4, ksize: 3, group_number: 4 } },
  { op: 'group_conv1d', inputs: [[1, 9, 4]], parameters: { weights: 4, ksize: 3, group_number: 2 } },
  { op: 'pool1d', inputs: [[1, 9, 4]], parameters: { ksize: 2, stride: 2, type: 'AVG' } },
  { op: 'pooling', inputs: [IMAGE], parameters: { ...WINDOW, type: 'MAX' } },
  { op: 'pooling', note: 'average', inputs: [IMAGE], parameters: { ...WINDOW, type: 'AVG' } },
  { op: 'poolwithargmax', inputs: [[1, 6, 4, 3]], parameters: { ksize_h: 2, ksize_w: 2, stride_h: 2, stride_w: 2 } },
  unary('relu'), unary('relun', undefined, { relu_clamp_top: 0.5 }), unary('clipbyvalue', undefined, { clip_value_min: -0.3, clip_value_max: 0.6 }),
  unary('hard_sigmoid'), unary('hard_sigmoid', [-4, 4], { alpha: 0.25, beta: 0.4 }), unary('leakyrelu'), unary('tanh', [-3, 3]), unary('swish', [-3, 3]),
  unary('hard_swish', [-4, 4]), unary('elu', [-3, 3]), unary('gelu', [-3, 3]), unary('gelu', [-3, 3], { approximate: true }), unary('mish', [-3, 3]),
  unary('softrelu', [-3, 3]), unary('sigmoid', [-4, 4]), unary('exp'), unary('log', [0.2, 3]), unary('sqrt', [0, 3]), unary('rsqrt', [0.2, 3]),
  unary('square'), unary('abs'), unary('neg'), unary('floor', [-3, 3]), unary('ceil', [-3, 3]), unary('round', [-3, 3]), unary('sin', [-3, 3]), unary('erf', [-2, 2]),
  binary('add'), binary('subtract'), binary('multiply'), binary('divide', [0.5, 2]), binary('real_div', [0.5, 2]), binary('floor_div', [0.5, 3]),
  binary('maximum'), binary('minimum'), binary('pow', [0.3, 2]),
  { op: 'add', note: 'broadcast', inputs: [[2, 3, 4], [3, 1]] },
  { op: 'multiply', note: 'with coefficients', inputs: [IMAGE], parameters: { axis: 3 } },
  { op: 'eltwise', inputs: [MATRIX, [3, 8]], parameters: { operation: 'SUM' } },
  { op: 'where', inputs: [{ type: 'bool', shape: [3, 8], data: Uint8Array.from({ length: 24 }, (_, i) => i % 3 & 1) }, MATRIX, [3, 8]] },
  { op: 'reshape', inputs: [MATRIX], parameters: { shape: [4, 6] } },
  { op: 'flatten', inputs: [IMAGE] },
  { op: 'squeeze', inputs: [[1, 3, 1, 4]], parameters: { axis_list: [0, 2] } },
  { op: 'expanddims', inputs: [MATRIX], parameters: { dim: 1 } },
  { op: 'permute', inputs: [[2, 3, 4]], parameters: { perm: [2, 0, 1] } },
  { op: 'concat', inputs: [MATRIX, [3, 2]], parameters: { dim: 1 } },
  { op: 'split', inputs: [MATRIX], parameters: { dim: 1, slices: [3] }, outputs: 2 },
  { op: 'split', note: 'into many', inputs: [[3, 20]], parameters: { dim: 1 }, outputs: 20 },
  { op: 'slice', inputs: [MATRIX], parameters: { begin: [1, 2], size: [2, 4] } },
  { op: 'stridedslice', inputs: [MATRIX], parameters: { slice_begin: [0, 6], slice_end: [3, 0], slice_strides: [2, -2] } },
  { op: 'pad', inputs: [MATRIX], parameters: { padding_value: [[0, 1], [2, 0]] } },
  { op: 'pad', note: 'mirrored', inputs: [MATRIX], parameters: { padding_value: [[1, 1], [2, 3]], padding_mode: 'REFLECT' } },
  { op: 'gather', inputs: [MATRIX, integers([3], 5, 0, 7)], parameters: { axis: 1 } },
  { op: 'gathernd', inputs: [MATRIX, integers([2, 2], 2, 7, 0, 3)] },
  { op: 'scatternd', inputs: [integers([2, 1], 3, 0), [2, 8]], parameters: { shape: [5, 8] } },
  { op: 'reverse', inputs: [MATRIX], parameters: { axis: [1] } },
  { op: 'tile', inputs: [MATRIX], parameters: { multiples: [2, 1] } },
  { op: 'expand_broadcast', inputs: [[3, 1]], parameters: { shape: [3, 4] } },
  { op: 'depth2space', inputs: [IMAGE], parameters: { block_size: 2 } },
  { op: 'space2depth', inputs: [[1, 4, 6, 2]], parameters: { block_size: [2, 2] } },
  { op: 'reorg', inputs: [[1, 4, 6, 2]] },
  { op: 'shuffle', inputs: [IMAGE], parameters: { group_number: 2 } },
  { op: 'upsampling', inputs: [IMAGE], parameters: { factor: 2 } },
  { op: 'upsample', inputs: [[1, 2, 2, 1], integers([1, 2, 2, 1], 0, 3, 9, 14)], parameters: { scale: 2 } },
  { op: 'stack', inputs: [MATRIX, [3, 8]], parameters: { axis: 1 } },
  { op: 'stack', note: 'of many', inputs: Array.from({ length: 18 }, () => [5]), parameters: { axis: 0 } },
  { op: 'unstack', inputs: [MATRIX], parameters: { axis: 0 }, outputs: 3 },
  { op: 'topk', inputs: [MATRIX], parameters: { topk: 3 }, outputs: 2 },
  { op: 'one_hot', inputs: [integers([3], 1, 0, 2)], parameters: { depth: 4, on_value: 0.7, off_value: -0.2 } },
  { op: 'argmax', inputs: [MATRIX] },
  { op: 'argmin', inputs: [MATRIX], parameters: { axis: 0 } },
  { op: 'roipooling', inputs: [[1, 6, 6, 2], { type: 'float32', shape: [2, 5], data: Float32Array.of(0, 0, 0, 40, 50, 0, 16, 20, 90, 90) }], parameters: { pooled_h: 2, pooled_w: 2 } },
  { op: 'moments', inputs: [IMAGE], parameters: { axis_list: [1, 2] }, outputs: 2 },
  { op: 'batchnorm_single', inputs: [IMAGE, [1, 1, 1, 4], [1, 1, 1, 4]], range: [0.2, 1] },
  over('reducemean', [1, 2]), over('reducesum', [3]), over('reducemax', [1, 2]), over('reducemin', [3]),
  { op: 'reduceprod', inputs: [[3, 4]], parameters: { axis_list: [1] }, range: [0.5, 1.5] },
  { op: 'softmax', inputs: [MATRIX], range: [-3, 3] },
  { op: 'log_softmax', inputs: [MATRIX], range: [-3, 3] },
  { op: 'image_resize', inputs: [IMAGE], parameters: { new_size: [9, 8] } },
  { op: 'image_resize', note: 'nearest', inputs: [IMAGE], parameters: { new_size: [9, 8], type: 'nearest' } },
  { op: 'lstm', inputs: [[4, 1, 3]], parameters: { weights: 4 }, outputs: 3 },
  { op: 'gru', inputs: [[4, 1, 3]], parameters: { num_units: 4 }, outputs: 2 },
  { op: 'lstmunit', inputs: [MATRIX], parameters: { weights: 5, num_proj: 4, use_layer_norm_lstm: true }, outputs: 3 },
  { op: 'batchnormalize', inputs: [IMAGE] },
  { op: 'batchnormalize', note: 'of rows', inputs: [MATRIX] },
  { op: 'prelu', inputs: [IMAGE] },
  { op: 'layernormalize', inputs: [MATRIX] },
  { op: 'instancenormalize', inputs: [IMAGE], parameters: { axis: [1, 2] } },
  { op: 'localresponsenormalization', inputs: [IMAGE], parameters: { local_size: 3, alpha: 0.5 } },
  { op: 'localresponsenormalization_tf', inputs: [IMAGE], parameters: { alpha: 0.5 } },
  { op: 'l2normalize', inputs: [MATRIX] },
  { op: 'l2normalizescale', inputs: [MATRIX] },
  { op: 'rmsnormalize', inputs: [MATRIX] },
  { op: 'dtype_converter', inputs: [MATRIX] },
  { op: 'cast', inputs: [MATRIX], parameters: { in_data_type: 'float32', out_data_type: 'int32' }, range: [-9, 9] },
]; // prettier-ignore

/** Repeatable elements between the bounds, the bounds among them. */
export function spread(count: number, [low, high]: readonly [number, number], seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    if (i === 0) return low;
    if (i === 1) return high;
    return low + (high - low) * ((((i + seed) * 7919) % 1009) / 1009);
  });
}

const isTensor = (input: Shape | Tensor): input is Tensor => 'data' in input;

/** A network of the layer alone. Coefficients are made up; `variance` and scales are positive. */
export function networkOf({ op, inputs, parameters = {}, outputs = 1 }: OpCase): Network {
  const network = new Network({ name: op, acuityVersion: '6', platform: 'tensorflow' });
  const refs = inputs.map((input, i) => {
    const key = `in${i}_${i}`;
    const shape = [...(isTensor(input) ? input.shape : input)];
    const type = isTensor(input) ? input.type : 'float32';
    const kind = isTensor(input) ? 'variable' : 'input';
    network.add(new Layer({ key, name: key, op: kind, parameters: { shape, type }, inputs: [] }));
    if (isTensor(input)) network.setCoefficient(key, 'data', input);
    return { layer: key, port: 0 };
  });
  const layer = new Layer({ key: 'layer_900', name: 'layer', op, parameters, inputs: refs, outputs });
  network.add(layer);
  const shapes = inputs.map((input) => (isTensor(input) ? input.shape : input));
  Object.entries(opSpec(op).coefficientShapes?.(layer, shapes) ?? {}).forEach(([name, shape], i) => {
    const bounds = name === 'variance' ? ([0.5, 2] as const) : ([-0.8, 0.9] as const);
    const data = spread(elementCount(shape), bounds, i + 1);
    network.setCoefficient('layer_900', name, { type: 'float32', shape: [...shape], data });
  });
  for (let port = 0; port < outputs; port++) {
    const source = [{ layer: 'layer_900', port }];
    network.add(new Layer({ key: `out_${901 + port}`, name: 'out', op: 'output', inputs: source }));
  }
  return network;
}

/** Values for the graph inputs of {@link networkOf}. */
export const samplesOf = ({ inputs, range = [-1, 1] }: OpCase): Float32Array[] =>
  inputs.flatMap((input, i) => (isTensor(input) ? [] : [spread(elementCount(input), range, 31 * i)]));

/** A table of a network of {@link networkOf}, coefficients and all, calibrated on one sample. */
export async function caseTable(
  network: Network,
  samples: readonly Float32Array[],
  scheme: Scheme,
): Promise<QuantizeTable> {
  const inputs = new Map(network.inputs.map(({ key }, i) => [key, samples[i]]));
  const ranges = await calibrate(network, {
    batchSize: network.inputs[0]?.ints('shape')[0] ?? 1,
    batches: (async function* once() {
      yield { inputs };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  });
  return buildTable(network, { scheme, ranges, all: true });
}
