import { describe, expect, it } from 'vitest';
import { evaluate, type Data } from '../testing/evaluate.ts';
import { importOnnx } from './import.ts';
import {
  encodeTiny,
  floats,
  ints,
  noise,
  noiseTensor,
  scalar,
  type TinyAttribute,
  type TinyModel,
  type TinyTensor,
} from './testing.ts';

/** One operator: the layers it must become, from the output backwards, and its numbers against ONNX Runtime. */
interface Case {
  name: string;
  model: TinyModel;
  /** Ops in file order; helper permutes and reshapes come last. */
  ops: string;
}

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

const elementwise = ['Relu', 'Sigmoid', 'Tanh', 'Exp', 'Abs', 'Neg', 'Floor', 'Ceil', 'Round', 'Sin', 'Cos', 'Sign', 'Erf', 'Softplus', 'Softsign', 'Reciprocal', 'Elu', 'LeakyRelu', 'HardSigmoid']; // prettier-ignore
const names: Record<string, string> = {
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
  single('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }, {}, 'pooling permute permute'),
  single('MaxPool', { kernel_shape: [3] }, {}, 'pool1d permute permute', { shape: [1, 4, 9] }),
  single('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }, {}, 'pooling permute permute'),
  single('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }, {}, 'pooling permute permute'),
  single('AveragePool', { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }, {}, 'pooling permute permute'),
  single('GlobalAveragePool', {}, {}, 'pooling permute permute'),
  single('GlobalMaxPool', {}, {}, 'pooling permute permute'),
  single('GlobalAveragePool', {}, {}, 'pool1d permute permute', { shape: [1, 4, 9] }),
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map((op) => single(op, {}, { c: noiseTensor([4, 1, 8]) }, `${({ Add: 'add', Sub: 'subtract', Mul: 'multiply', Div: 'real_div', Max: 'maximum', Min: 'minimum' } as Record<string, string>)[op]} variable`)),
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

/** Several nodes together: layout, folding, fusing. */
const chains: Case[] = [
  {
    name: 'matmul of a transposed operand',
    model: {
      inputs: { x: [2, 3, 5], z: [2, 4, 5] },
      nodes: [
        { op: 'Transpose', inputs: ['z'], outputs: ['zt'], attributes: { perm: [0, 2, 1] } },
        { op: 'MatMul', inputs: ['x', 'zt'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'matmul',
  },
  {
    name: 'matmul with a broadcast batch',
    model: {
      inputs: { x: [2, 3, 4, 5], z: [5, 2] },
      nodes: [{ op: 'MatMul', inputs: ['x', 'z'], outputs: ['y'] }],
      outputs: ['y'],
    },
    ops: 'matmul reshape',
  },
  {
    name: 'elementwise of channel-last and ONNX order, reduce and concat on mapped axes',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([4, 4, 1, 1]), c: noiseTensor([4, 1, 1]), s: ints(1, 2, 24, 4), t: ints(1, 4, 6, 8) },
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Relu', inputs: ['a'], outputs: ['b'] },
        { op: 'Mul', inputs: ['b', 'c'], outputs: ['d'] },
        { op: 'Reshape', inputs: ['x', 's'], outputs: ['e'] },
        { op: 'Reshape', inputs: ['e', 't'], outputs: ['f'] },
        { op: 'Add', inputs: ['f', 'd'], outputs: ['g'] },
        { op: 'Concat', inputs: ['g', 'b', 'x'], outputs: ['h'], attributes: { axis: 1 } },
        { op: 'ReduceMean', inputs: ['h'], outputs: ['i'], attributes: { axes: [2], keepdims: 0 } },
        { op: 'Softmax', inputs: ['i'], outputs: ['y'], attributes: { axis: 1 } },
      ],
      outputs: ['y'],
    },
    ops: 'softmax reducemean concat add relu reshape multiply convolution reshape variable permute permute permute',
  },
  {
    name: 'conv, batch norm, constant scale and shift fold into one layer',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 2, 2]), s: noiseTensor([3]), b: noiseTensor([3], 2), m: noiseTensor([3], 3), v: floats(0.5, 1, 2), k: noiseTensor([3, 1, 1], 4), d: noiseTensor([1, 3, 1, 1], 5) },
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'BatchNormalization', inputs: ['a', 's', 'b', 'm', 'v'], outputs: ['c'] },
        { op: 'Mul', inputs: ['c', 'k'], outputs: ['e'] },
        { op: 'Sub', inputs: ['d', 'e'], outputs: ['f'] },
        { op: 'Div', inputs: ['f', 'k'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'convolution permute permute',
  },
  {
    name: 'batch norm of a convolution somebody else reads stays',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([4, 4, 1, 1]), s: noiseTensor([4]), b: noiseTensor([4], 2), m: noiseTensor([4], 3), v: floats(0.5, 1, 2, 3) },
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Identity', inputs: ['a'], outputs: ['i'] },
        { op: 'BatchNormalization', inputs: ['i', 's', 'b', 'm', 'v'], outputs: ['c'] },
        { op: 'Add', inputs: ['a', 'c'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'add convolution batchnormalize permute permute',
  },
  {
    name: 'bias behind a matrix product folds through the reshape',
    model: {
      inputs: { x: [2, 3, 5] },
      constants: { m: noiseTensor([5, 4]), b: noiseTensor([4]) },
      nodes: [
        { op: 'MatMul', inputs: ['x', 'm'], outputs: ['a'] },
        { op: 'Add', inputs: ['b', 'a'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'reshape fullconnect reshape',
  },
  {
    name: 'channel-last ONNX: transposes around a convolution vanish',
    model: {
      inputs: { x: [1, 6, 8, 4] },
      constants: { w: noiseTensor([3, 4, 3, 3]) },
      nodes: [
        { op: 'Transpose', inputs: ['x'], outputs: ['a'], attributes: { perm: [0, 3, 1, 2] } },
        { op: 'Conv', inputs: ['a', 'w'], outputs: ['b'] },
        { op: 'Transpose', inputs: ['b'], outputs: ['y'], attributes: { perm: [0, 2, 3, 1] } },
      ],
      outputs: ['y'],
    },
    ops: 'convolution',
  },
  {
    name: 'a shape computed from the input folds away',
    model: {
      inputs: { x: IMAGE },
      constants: { zero: { dims: [], data: [0], type: 'int64' }, ax: ints(0), rest: ints(-1), two: ints(2) },
      nodes: [
        { op: 'Shape', inputs: ['x'], outputs: ['s'] },
        { op: 'Gather', inputs: ['s', 'zero'], outputs: ['n'] },
        { op: 'Unsqueeze', inputs: ['n', 'ax'], outputs: ['n1'] },
        { op: 'Mul', inputs: ['n1', 'two'], outputs: ['n2'] },
        { op: 'Concat', inputs: ['n2', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
        { op: 'Reshape', inputs: ['x', 'target'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'reshape',
  },
  {
    name: 'x * sigmoid(x) is swish',
    model: {
      inputs: { x: IMAGE },
      nodes: [
        { op: 'Sigmoid', inputs: ['x'], outputs: ['a'] },
        { op: 'Mul', inputs: ['x', 'a'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'swish',
  },
  {
    name: 'x * sigmoid(x) whose sigmoid is read elsewhere stays',
    model: {
      inputs: { x: IMAGE },
      nodes: [
        { op: 'Sigmoid', inputs: ['x'], outputs: ['a'] },
        { op: 'Mul', inputs: ['x', 'a'], outputs: ['b'] },
        { op: 'Add', inputs: ['b', 'a'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'add multiply sigmoid',
  },
  {
    name: 'hard swish written out',
    model: {
      inputs: { x: IMAGE },
      constants: { three: scalar(3), six: floats(6), zero: scalar(0) },
      nodes: [
        { op: 'Add', inputs: ['x', 'three'], outputs: ['a'] },
        { op: 'Clip', inputs: ['a', 'zero', 'six'], outputs: ['b'] },
        { op: 'Mul', inputs: ['x', 'b'], outputs: ['c'] },
        { op: 'Div', inputs: ['c', 'six'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'hard_swish',
  },
  {
    name: 'gelu written out',
    model: {
      inputs: { x: IMAGE },
      constants: { root: scalar(Math.SQRT2), one: scalar(1), half: scalar(0.5) },
      nodes: [
        { op: 'Div', inputs: ['x', 'root'], outputs: ['a'] },
        { op: 'Erf', inputs: ['a'], outputs: ['b'] },
        { op: 'Add', inputs: ['b', 'one'], outputs: ['c'] },
        { op: 'Mul', inputs: ['x', 'c'], outputs: ['d'] },
        { op: 'Mul', inputs: ['d', 'half'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'gelu',
  },
  {
    name: 'expand, tile, where, range and friends fold on constants',
    model: {
      inputs: { x: [3, 4] },
      constants: { a: ints(1, -2), shape: ints(2, 2), times: ints(3, 1), start: { dims: [], data: [0], type: 'int64' }, end: { dims: [], data: [2], type: 'int64' }, step: { dims: [], data: [1], type: 'int64' }, axes: ints(0) },
      nodes: [
        { op: 'Expand', inputs: ['a', 'shape'], outputs: ['b'] },
        { op: 'Range', inputs: ['start', 'end', 'step'], outputs: ['r'] },
        { op: 'Greater', inputs: ['b', 'r'], outputs: ['g'] },
        { op: 'Where', inputs: ['g', 'b', 'r'], outputs: ['w'] },
        { op: 'Transpose', inputs: ['w'], outputs: ['t'] },
        { op: 'Tile', inputs: ['t', 'times'], outputs: ['u'] },
        { op: 'ReduceSum', inputs: ['u', 'axes'], outputs: ['s'], attributes: { keepdims: 0 } },
        { op: 'Concat', inputs: ['s', 's'], outputs: ['c'], attributes: { axis: 0 } },
        { op: 'Cast', inputs: ['c'], outputs: ['f'], attributes: { to: 1 } },
        { op: 'Div', inputs: ['x', 'f'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'real_div variable',
  },
  {
    name: 'comparison, where and cast',
    model: {
      inputs: { x: IMAGE, z: [6, 1] },
      constants: { zero: scalar(0) },
      nodes: [
        { op: 'Less', inputs: ['x', 'z'], outputs: ['a'] },
        { op: 'Where', inputs: ['a', 'zero', 'x'], outputs: ['b'] },
        { op: 'Cast', inputs: ['a'], outputs: ['c'], attributes: { to: 1 } },
        { op: 'Sum', inputs: ['b', 'c', 'z'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'add add where cast less variable reshape',
  },
]; // prettier-ignore

/** ONNX Runtime when its optional package is installed: an engine nobody here wrote. */
type Runtime = (bytes: Uint8Array, inputs: Map<string, Data>) => Promise<Data[]>;

async function loadRuntime(): Promise<Runtime | undefined> {
  try {
    const ort = await import('onnxruntime-node');
    return async (bytes, inputs) => {
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
      const feeds = Object.fromEntries(
        [...inputs].map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
      );
      const results = await session.run(feeds);
      return session.outputNames.map((name) => ({
        shape: results[name].dims,
        data: Float32Array.from(results[name].data as Float32Array, Number),
      }));
    };
  } catch {
    return undefined;
  }
}

const runtime = await loadRuntime();

describe('operators', () => {
  it.each([...cases, ...chains].map((one) => [one.name, one] as const))('%s', async (_, { model, ops }) => {
    const bytes = encodeTiny(model);
    const network = await importOnnx(bytes, { name: 'tiny.onnx' });
    const met = [...network.layers.values()]
      .map(({ op }) => op)
      .filter((op) => op !== 'input' && op !== 'output');
    const inputs = new Map(Object.entries(model.inputs).map(([name, dims], i) => {
      const shape = dims.map(Number);
      return [name, { shape, data: Float32Array.from(noise(shape.reduce((a, b) => a * b, 1), 100 + i)) }];
    })); // prettier-ignore
    const got = evaluate(network, inputs);
    expect(met.join(' ')).toBe(ops);
    const wanted = await runtime?.(bytes, inputs);
    wanted?.forEach(({ shape, data }, i) => {
      expect(got[i].shape).toEqual([...shape]);
      data.forEach((value, at) => {
        const near =
          Math.abs(got[i].data[at] - value) <= 1e-4 * Math.max(1, Math.abs(value)) ||
          got[i].data[at] === value;
        expect(near, `output ${i} element ${at}: ${got[i].data[at]} instead of ${value}`).toBe(true);
      });
    });
  });

  it('has an engine to compare with', (context) => {
    if (!runtime) context.skip('onnxruntime-node is not installed: only layers were checked, not numbers');
  });
});
