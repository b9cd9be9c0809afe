import { describe, it } from 'vitest';
import { checkCase, type Case } from './check-case.ts';
import { floats, ints, noiseTensor, scalar } from './testing.ts';

const IMAGE = [1, 4, 6, 8];

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
    ops: 'softmax reducemean concat add relu multiply convolution variable permute permute',
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
    name: 'layer normalization written out',
    model: {
      inputs: { x: [2, 5, 7] },
      constants: { two: scalar(2), eps: scalar(0.001), g: noiseTensor([7]), b: noiseTensor([7], 2) },
      nodes: [
        { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [-1] } },
        { op: 'Sub', inputs: ['x', 'm'], outputs: ['d'] },
        { op: 'Pow', inputs: ['d', 'two'], outputs: ['q'] },
        { op: 'ReduceMean', inputs: ['q'], outputs: ['v'], attributes: { axes: [-1] } },
        { op: 'Add', inputs: ['v', 'eps'], outputs: ['e'] },
        { op: 'Sqrt', inputs: ['e'], outputs: ['r'] },
        { op: 'Div', inputs: ['d', 'r'], outputs: ['n'] },
        { op: 'Mul', inputs: ['n', 'g'], outputs: ['s'] },
        { op: 'Add', inputs: ['s', 'b'], outputs: ['y'] },
      ],
      outputs: ['y'],
    },
    ops: 'layernormalize',
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

describe('several operators together', () => {
  it.each(chains.map((one) => [one.name, one] as const))('%s', (_, one) => checkCase(one));
});
