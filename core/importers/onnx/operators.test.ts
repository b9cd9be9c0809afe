import { describe, it } from 'vitest';
import { checkCase, runtime, type Case } from './check-case.ts';
import { floats, ints, noiseTensor, scalar, type TinyAttribute, type TinyTensor } from './testing.ts';

const IMAGE = [1, 4, 6, 8];

/** A model of one node reading x and constants. */
function single(
  op: string,
  attributes: Record<string, TinyAttribute>,
  constants: Record<string, TinyTensor>,
  ops: string,
  more: {
    shape?: number[];
    opset?: number;
    order?: string[];
    domain?: string;
    label?: string;
    outputs?: string[];
  } = {},
): Case {
  // prettier-ignore
  const { shape = IMAGE, opset = 13, order, domain, outputs = ['y'] } = more;
  const inputs = order ?? ['x', ...Object.keys(constants)];
  return {
    name: `${op} opset ${opset} ${more.label ?? ''}${JSON.stringify(attributes)}`,
    model: {
      opset,
      inputs: { x: shape },
      constants,
      nodes: [{ op, inputs, outputs, attributes, ...(domain === undefined ? {} : { domain }) }],
      outputs,
    },
    ops,
  };
}

const elementwise = ['Relu', 'Sigmoid', 'Tanh', 'Exp', 'Abs', 'Neg', 'Floor', 'Ceil', 'Round', 'Sin', 'Erf', 'Softplus', 'Reciprocal', 'Elu', 'LeakyRelu', 'HardSigmoid']; // prettier-ignore
const names: Record<string, string> = {
  Reciprocal: 'real_div variable',
  Softplus: 'softrelu',
  LeakyRelu: 'leakyrelu',
  HardSigmoid: 'hard_sigmoid',
};

const cases: Case[] = [
  ...elementwise.map((op) => single(op, {}, {}, names[op] ?? op.toLowerCase())),
  single('HardSwish', {}, {}, 'hard_swish', { opset: 14 }),
  single('Mish', {}, {}, 'mish', { opset: 18 }),
  single('Gelu', {}, {}, 'gelu', { opset: 20 }),
  single('Gelu', { approximate: 'tanh' }, {}, 'gelu', { opset: 20 }),
  single('Clip', { min: { float: 0 }, max: { float: 6 } }, {}, 'relun', { opset: 9 }),
  single('Clip', {}, { min: scalar(-0.5), max: scalar(0.25) }, 'clipbyvalue'),
  single('Clip', {}, { max: scalar(0.25) }, 'clipbyvalue', { order: ['x', '', 'max'] }),
  single('PRelu', {}, { slope: noiseTensor([4, 1, 1]) }, 'prelu permute permute'),
  single('PRelu', {}, { slope: floats(0.3) }, 'leakyrelu'),
  single('Conv', { pads: [1, 0, 2, 1], strides: [2, 1] }, { w: noiseTensor([5, 4, 3, 2]), b: noiseTensor([5]) }, 'convolution permute permute'),
  single('Conv', { group: 2, dilations: [2, 2] }, { w: noiseTensor([6, 2, 2, 2]) }, 'convolution permute permute'),
  single('Conv', { group: 4, auto_pad: 'SAME_UPPER', strides: [2, 2] }, { w: noiseTensor([8, 1, 3, 3]) }, 'convolution permute permute'),
  single('Conv', { auto_pad: 'SAME_LOWER', strides: [2, 3] }, { w: noiseTensor([3, 4, 2, 4]) }, 'convolution permute permute'),
  single('Conv', { pads: [1, 2] }, { w: noiseTensor([5, 4, 3]) }, 'conv1d permute permute', { shape: [1, 4, 9] }),
  single('Conv', { group: 4 }, { w: noiseTensor([4, 1, 3]) }, 'depthwise_conv1d permute permute', { shape: [1, 4, 9] }),
  single('Conv', { group: 2 }, { w: noiseTensor([4, 2, 3]) }, 'group_conv1d permute permute', { shape: [1, 4, 9] }),
  single('ConvTranspose', { strides: [2, 2], pads: [1, 1, 0, 0], output_padding: [1, 0] }, { w: noiseTensor([4, 3, 3, 3]), b: noiseTensor([3]) }, 'deconvolution permute permute'),
  single('ConvTranspose', { strides: [2, 3], group: 2 }, { w: noiseTensor([4, 3, 2, 3]) }, 'deconvolution permute permute'),
  single('ConvTranspose', { strides: [2, 2], auto_pad: 'SAME_UPPER' }, { w: noiseTensor([4, 2, 3, 3]) }, 'deconvolution permute permute'),
  ...[7, 9, 15].map((opset) => single('BatchNormalization', { epsilon: { float: 0.001 } }, { s: noiseTensor([4]), b: noiseTensor([4], 2), m: noiseTensor([4], 3), v: floats(0.5, 1, 2, 3) }, 'batchnormalize permute permute', { opset })),
  single('InstanceNormalization', {}, { s: noiseTensor([4]), b: noiseTensor([4], 2) }, 'instancenormalize permute permute'),
  single('LayerNormalization', { axis: -1 }, { s: noiseTensor([8]), b: noiseTensor([8], 2) }, 'layernormalize', { opset: 17 }),
  single('LayerNormalization', { axis: 2 }, { s: noiseTensor([6, 8]) }, 'layernormalize', { opset: 17 }),
  single('LRN', { size: 3, alpha: { float: 0.5 } }, {}, 'localresponsenormalization permute permute'),
  single('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] }, {}, 'pooling permute permute'),
  single('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, {}, 'pooling permute permute'),
  single('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }, {}, 'maximum slice slice maximum slice slice'),
  single('MaxPool', { kernel_shape: [3] }, {}, 'pool1d permute permute', { shape: [1, 4, 9] }),
  single('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }, {}, 'pooling permute permute'),
  single('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }, {}, 'pooling permute permute'),
  single('AveragePool', { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }, {}, 'pooling permute permute'),
  single('GlobalAveragePool', {}, {}, 'pooling permute permute'),
  single('GlobalMaxPool', {}, {}, 'pooling permute permute'),
  single('GlobalAveragePool', {}, {}, 'pool1d permute permute', { shape: [1, 4, 9] }),
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map((op) => single(op, {}, { c: noiseTensor([4, 1, 8]) }, `${({ Add: 'add', Sub: 'subtract', Mul: 'multiply', Div: 'real_div', Max: 'maximum', Min: 'minimum' } as Record<string, string>)[op]} variable`)),
  single('Reshape', { shape: [4, -1] }, {}, 'reshape', { opset: 1 }),
  single('Pow', {}, { c: scalar(2) }, 'pow variable'),
  single('Sub', {}, { c: noiseTensor([8]) }, 'subtract variable', { order: ['c', 'x'] }),
  single('Add', {}, { c: noiseTensor([2, 1, 4, 1, 1]) }, 'add variable reshape', { label: 'rank 5 constant ' }),
  single('MatMul', {}, { m: noiseTensor([8, 5]) }, 'reshape fullconnect reshape'),
  single('MatMul', {}, { m: noiseTensor([8, 5]) }, 'fullconnect', { shape: [3, 8] }),
  single('MatMul', {}, { m: noiseTensor([5, 6]) }, 'matmul variable reshape', { order: ['m', 'x'] }),
  single('Gemm', { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }, { m: noiseTensor([5, 8]), c: noiseTensor([5]) }, 'fullconnect', { shape: [3, 8] }),
  single('Gemm', { transA: 1 }, { m: noiseTensor([3, 5]), c: noiseTensor([1, 5]) }, 'fullconnect permute', { shape: [3, 8] }),
  single('Flatten', {}, {}, 'reshape'),
  single('Flatten', { axis: 2 }, {}, 'reshape'),
  single('Reshape', {}, { s: ints(0, -1, 12) }, 'reshape'),
  single('Squeeze', { axes: [0] }, {}, 'squeeze', { opset: 11 }),
  single('Squeeze', {}, { axes: ints(0) }, 'squeeze'),
  single('Unsqueeze', { axes: [0, 2] }, {}, 'reshape', { opset: 11, shape: [3, 4] }),
  single('Unsqueeze', {}, { axes: ints(-1) }, 'reshape', { shape: [3, 4] }),
  single('Transpose', { perm: [0, 3, 1, 2] }, {}, 'permute'),
  single('Transpose', {}, {}, 'permute'),
  single('Concat', { axis: 1 }, { c: noiseTensor([1, 2, 6, 8]) }, 'concat variable'),
  single('Split', { axis: 1, split: [1, 3] }, {}, 'split', { opset: 11, outputs: ['a', 'b'] }),
  single('Split', { axis: -1 }, {}, 'split', { outputs: ['a', 'b'] }),
  single('Split', { axis: 3, num_outputs: 3 }, {}, 'split', { opset: 18, outputs: ['a', 'b', 'c'] }),
  single('Slice', { starts: [1, -3], ends: [9999, -1], axes: [2, 3] }, {}, 'slice', { opset: 9 }),
  single('Slice', {}, { s: ints(0, 1), e: ints(2 ** 40, 7), a: ints(2, 3), k: ints(2, 3) }, 'stridedslice'),
  single('Slice', {}, { s: ints(-1, 1), e: ints(-1000, 7), a: ints(2, 3), k: ints(-2, 3) }, 'stridedslice reverse'),
  single('Pad', { pads: [0, 1, 0, 2, 0, 0, 3, 1], mode: 'constant', value: { float: 2 } }, {}, 'pad', { opset: 10 }),
  single('Pad', { mode: 'reflect' }, { p: ints(0, 0, 2, 1, 0, 0, 1, 3) }, 'pad'),
  single('Pad', { mode: 'edge' }, { p: ints(0, 0, 2, 1, 0, 0, 1, 3) }, 'pad'),
  single('Pad', {}, { p: ints(0, 0, -1, 1, 0, 0, -2, 0) }, 'pad slice'),
  single('Pad', {}, { p: ints(1, 2), v: scalar(0), axes: ints(-1) }, 'pad', { opset: 18 }),
  single('Gather', { axis: 1 }, { i: ints(2, 0, 3, -3) }, 'gather variable'),
  single('Gather', { axis: 1 }, { i: ints(1, 2) }, 'slice'),
  single('Gather', { axis: 3 }, { i: { dims: [], data: [-1], type: 'int64' } }, 'slice reshape'),
  single('Gather', { axis: 2 }, { i: { dims: [2, 2], data: [0, 5, 2, 2], type: 'int64' } }, 'gather variable'),
  ...['Mean', 'Sum', 'Max', 'Min', 'Prod'].map((kind) => single(`Reduce${kind}`, { axes: [2, 3] }, {}, `reduce${kind.toLowerCase()}`, { opset: 12 })),
  single('ReduceMean', { keepdims: 0 }, { axes: ints(1, -1) }, 'reducemean', { opset: 18 }),
  single('ReduceSum', { keepdims: 0 }, {}, 'reducesum'),
  single('ReduceL1', { axes: [1] }, {}, 'reducesum abs'),
  single('ReduceL2', { axes: [1], keepdims: 0 }, {}, 'sqrt reducesum multiply'),
  single('ReduceSumSquare', { axes: [-1] }, {}, 'reducesum multiply'),
  single('ReduceLogSumExp', { axes: [2, 3] }, {}, 'add log reducemax reducesum exp subtract'),
  single('Softmax', {}, {}, 'softmax'),
  single('Softmax', { axis: 1 }, {}, 'softmax'),
  single('Softmax', { axis: 1 }, {}, 'softmax reshape reshape', { opset: 11 }),
  single('Softmax', { axis: 3 }, {}, 'softmax', { opset: 11 }),
  single('LogSoftmax', { axis: -1 }, {}, 'log_softmax'),
  single('Resize', { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }, { s: floats(1, 1, 2, 2) }, 'image_resize permute permute', { order: ['x', '', 's'] }),
  single('Resize', { mode: 'nearest' }, { s: floats(1, 1, 3, 2) }, 'image_resize permute permute', { order: ['x', '', 's'] }),
  single('Resize', { mode: 'linear' }, { z: ints(1, 4, 9, 5) }, 'image_resize permute permute', { order: ['x', '', '', 'z'] }),
  single('Resize', { mode: 'linear', coordinate_transformation_mode: 'align_corners' }, { z: ints(1, 4, 9, 5) }, 'image_resize permute permute', { order: ['x', '', '', 'z'] }),
  single('Resize', { mode: 'linear' }, { s: floats(1, 1, 2, 2) }, 'image_resize permute permute', { opset: 10 }),
  single('Upsample', { mode: 'nearest' }, { s: floats(1, 1, 2, 3) }, 'image_resize permute permute', { opset: 9 }),
  single('DepthToSpace', { blocksize: 2 }, {}, 'depth2space permute permute', { shape: [1, 8, 3, 2] }),
  single('DepthToSpace', { blocksize: 2, mode: 'CRD' }, {}, 'depth2space permute permute', { shape: [1, 8, 3, 2] }),
  single('SpaceToDepth', { blocksize: 2 }, {}, 'space2depth permute permute'),
  single('Expand', {}, { s: ints(2, 1, 6, 1) }, 'expand_broadcast'),
  single('Tile', {}, { r: ints(1, 2, 1, 3) }, 'tile'),
  single('Identity', {}, {}, ''),
  single('Dropout', {}, {}, ''),
]; // prettier-ignore

const slopes = noiseTensor([4]);
const column: TinyTensor = { ...slopes, dims: [4, 1, 1] };

/** Old spellings that ONNX Runtime has dropped, against the new ones. */
const legacy: Case[] = [
  [single('Add', { broadcast: 1, axis: 1 }, { c: slopes }, 'add variable', { opset: 6 }), single('Add', {}, { c: column }, '')],
  [single('Mul', { broadcast: 1 }, { c: noiseTensor([8]) }, 'multiply variable', { opset: 6 }), single('Mul', {}, { c: noiseTensor([8]) }, '')],
  [single('PRelu', {}, { c: slopes }, 'prelu permute permute', { opset: 6 }), single('PRelu', {}, { c: column }, '')],
  [single('Pad', { paddings: [0, 0, 1, 0, 0, 0, 0, 2] }, {}, 'pad', { opset: 1 }), single('Pad', { pads: [0, 0, 1, 0, 0, 0, 0, 2] }, {}, '', { opset: 10 })],
].map(([old, now]) => ({ ...old, reference: now.model })); // prettier-ignore

describe('one operator at a time', () => {
  it.each([...cases, ...legacy].map((one) => [one.name, one] as const))('%s', (_, one) => checkCase(one));

  it('has an engine to compare with', (context) => {
    if (!runtime) context.skip('onnxruntime-node is not installed: only layers were checked, not numbers');
  });
});
