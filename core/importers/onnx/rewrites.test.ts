import { describe, expect, it } from 'vitest';
import { checkCase, type Case } from './check-case.ts';
import { importOnnx } from './import.ts';
import { encodeTiny, floats, ints, noiseTensor, scalar, type TinyModel, type TinyNode } from './testing.ts';

/** A node without attributes. */
const node = (op: string, inputs: string[], output: string, attributes: TinyNode['attributes'] = {}): TinyNode => ({ op, inputs, outputs: [output], attributes }); // prettier-ignore

const IMAGE = [1, 4, 6, 8];
const TOKENS = [2, 5, 6];

/** Slices of rows and columns from these begins on, joined along the channels, as YOLOv5 exports its Focus. */
const focusNodes: TinyNode[] = [[0, 0], [1, 0], [0, 1], [1, 1]].flatMap(([y, x], i) => [
  node('Slice', ['x', `at${y}`, 'end', 'axis2', 'two'], `r${i}`),
  node('Slice', [`r${i}`, `at${x}`, 'end', 'axis3', 'two'], `c${i}`),
]); // prettier-ignore

/** Subgraphs as exporters write them, on the way through the importer and all passes. */
const cases: Case[] = [
  {
    name: 'mish written out behind a convolution',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 1, 1]), one: scalar(1) },
      nodes: [
        node('Conv', ['x', 'w'], 'a'),
        node('Exp', ['a'], 'b'),
        node('Add', ['b', 'one'], 'c'),
        node('Log', ['c'], 'd'),
        node('Tanh', ['d'], 'e'),
        node('Mul', ['a', 'e'], 'y'),
      ],
      outputs: ['y'],
    },
    ops: 'mish convolution permute permute',
  },
  {
    name: 'gelu in its tanh form behind a matrix product with a bias',
    model: {
      inputs: { x: TOKENS },
      constants: { m: noiseTensor([6, 3]), b: noiseTensor([3], 2), three: scalar(3), k: scalar(0.044715), r: scalar(Math.sqrt(2 / Math.PI)), one: scalar(1), half: scalar(0.5) },
      nodes: [
        node('MatMul', ['x', 'm'], 'p'),
        node('Add', ['b', 'p'], 'a'),
        node('Pow', ['a', 'three'], 'c'),
        node('Mul', ['k', 'c'], 'd'),
        node('Add', ['a', 'd'], 'e'),
        node('Mul', ['e', 'r'], 'f'),
        node('Tanh', ['f'], 'g'),
        node('Add', ['g', 'one'], 'h'),
        node('Mul', ['a', 'half'], 'i'),
        node('Mul', ['i', 'h'], 'y'),
      ],
      outputs: ['y'],
    },
    ops: 'gelu reshape fullconnect reshape',
  },
  {
    name: 'squeeze and excitation: the shift of the gate joins the convolution',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([4, 4, 1, 1]), three: scalar(3), six: scalar(6), zero: scalar(0) },
      nodes: [
        node('Conv', ['x', 'w'], 'a'),
        node('Add', ['a', 'three'], 'b'),
        node('Clip', ['b', 'zero', 'six'], 'c'),
        node('Div', ['c', 'six'], 'd'),
        node('Mul', ['x', 'd'], 'y'),
      ],
      outputs: ['y'],
    },
    ops: 'multiply real_div relun variable convolution permute permute',
  },
  {
    name: 'layer normalization over the channels of a picture',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 1, 1]), two: scalar(2), eps: scalar(0.001), g: noiseTensor([3, 1, 1]), b: noiseTensor([3, 1, 1], 2) },
      nodes: [
        node('Conv', ['x', 'w'], 'a'),
        node('ReduceMean', ['a'], 'm', { axes: [1] }),
        node('Sub', ['a', 'm'], 'd'),
        node('Pow', ['d', 'two'], 'q'),
        node('ReduceMean', ['q'], 'v', { axes: [1] }),
        node('Add', ['v', 'eps'], 'e'),
        node('Sqrt', ['e'], 'r'),
        node('Div', ['d', 'r'], 'n'),
        node('Mul', ['g', 'n'], 's'),
        node('Add', ['s', 'b'], 'y'),
      ],
      outputs: ['y'],
    },
    ops: 'layernormalize convolution permute permute',
  },
  {
    name: 'batch normalization in front of a convolution and of one that pads',
    model: {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 2, 2]), s: noiseTensor([4]), b: noiseTensor([4], 2), m: noiseTensor([4], 3), v: floats(0.5, 1, 2, 3), u: noiseTensor([2, 3, 3, 3]), t: noiseTensor([3], 4), z: floats(1, 2, 3) },
      nodes: [
        node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'a'),
        node('Conv', ['a', 'w'], 'c'),
        node('Relu', ['c'], 'd'),
        node('BatchNormalization', ['d', 't', 't', 't', 'z'], 'e'),
        node('Conv', ['e', 'u'], 'y', { pads: [1, 1, 1, 1] }),
      ],
      outputs: ['y'],
    },
    ops: 'convolution batchnormalize relu convolution permute permute',
  },
  {
    name: "YOLO's focus",
    model: {
      inputs: { x: IMAGE },
      constants: { at0: ints(0), at1: ints(1), end: ints(9999), axis2: ints(2), axis3: ints(3), two: ints(2), w: noiseTensor([3, 16, 1, 1]) },
      nodes: [
        ...focusNodes,
        node('Concat', ['c0', 'c1', 'c2', 'c3'], 'd', { axis: 1 }),
        node('Conv', ['d', 'w'], 'y'),
      ],
      outputs: ['y'],
    },
    ops: 'convolution permute space2depth permute',
  },
  {
    name: 'attention: the scale joins the weights of the queries',
    model: {
      inputs: { x: TOKENS },
      constants: { q: noiseTensor([6, 6]), k: noiseTensor([6, 6], 2), split: ints(2, 5, 2, 3), root: scalar(Math.sqrt(3)), mask: noiseTensor([1, 1, 5, 5], 3) },
      nodes: [
        node('MatMul', ['x', 'q'], 'a'),
        node('Reshape', ['a', 'split'], 'b'),
        node('Transpose', ['b'], 'c', { perm: [0, 2, 1, 3] }),
        node('MatMul', ['x', 'k'], 'd'),
        node('Reshape', ['d', 'split'], 'e'),
        node('Transpose', ['e'], 'f', { perm: [0, 2, 3, 1] }),
        node('MatMul', ['c', 'f'], 'g'),
        node('Div', ['g', 'root'], 'h'),
        node('Add', ['h', 'mask'], 'i'),
        node('Softmax', ['i'], 'y', { axis: 3 }),
      ],
      outputs: ['y'],
    },
    ops: 'softmax add variable matmul permute permute reshape reshape fullconnect reshape fullconnect',
  },
]; // prettier-ignore

describe('rewrites in the way of an import', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => checkCase(one));

  it('names helper permutes after the layer that is there in the end', async () => {
    const model: TinyModel = {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 1, 1]), to: ints(1, 3, 6, 8) },
      nodes: [
        { ...node('Conv', ['x', 'w'], 'a'), name: 'conv' },
        { ...node('Reshape', ['a', 'to'], 'r'), name: 'r' },
        { ...node('Sigmoid', ['r'], 'c'), name: 'gate' },
        { ...node('Mul', ['r', 'c'], 'y'), name: 'mul' },
      ],
      outputs: ['y'],
    };
    const network = await importOnnx(encodeTiny(model), { name: 'tiny.onnx' });
    expect(network.withOp('permute').map(({ key, name }) => [key, name])).toEqual([
      ['Sigmoid_gate_3_Mul_mul_1_acuity_mark_perm_6', 'Sigmoid_gate_3_Mul_mul_1_acuity_mark_perm'],
      ['Conv_conv_4_acuity_mark_perm_7', 'Conv_conv_4_acuity_mark_perm'],
    ]);
  });

  it('joins the keys of a swish and numbers before folding', async () => {
    const model: TinyModel = {
      inputs: { x: IMAGE },
      constants: { w: noiseTensor([3, 4, 1, 1]), s: noiseTensor([3]), v: floats(1, 2, 3) },
      nodes: [
        { ...node('Conv', ['x', 'w'], 'a'), name: 'conv' },
        { ...node('BatchNormalization', ['a', 's', 's', 's', 'v'], 'b'), name: 'bn' },
        { ...node('Sigmoid', ['b'], 'c'), name: 'gate' },
        { ...node('Mul', ['b', 'c'], 'y'), name: 'mul' },
      ],
      outputs: ['y'],
    };
    const network = await importOnnx(encodeTiny(model), { name: 'tiny.onnx' });
    expect([...network.layers.keys()]).toEqual([
      'attach_Mul_mul/out0_0',
      'Sigmoid_gate_3_Mul_mul_1',
      'Conv_conv_4',
      'x_5',
      'attach_Mul_mul/out0_0_acuity_mark_perm_6',
      'Conv_conv_4_acuity_mark_perm_7',
    ]);
    expect(network.layer('Sigmoid_gate_3_Mul_mul_1').name).toBe('swish');
    expect(network.coefficients.has('Conv_conv_4')).toBe(true);
  });
});
