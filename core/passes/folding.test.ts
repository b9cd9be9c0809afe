import { describe, expect, test } from 'vitest';
import { foldAffine, foldAffineAhead } from './fold-affine.ts';
import { layerNorm } from './layer-norm.ts';
import { runPass, runPasses, type Pass } from './pass.ts';
import { removeDead } from './remove-dead.ts';
import { scaleProduct } from './scale-product.ts';
import { check, computedOps, convolution, sketch, type Sketch } from './testing.ts';

type Draw = (g: Sketch) => string;
type Case = [title: string, pass: Pass, shape: number[], draw: Draw, before: string, after: string];

const PICTURE = [1, 5, 5, 2];
const dense = (g: Sketch, x: string, inputs: number, outputs: number, axis = 1): string =>
  g.op(
    'fullconnect',
    [x],
    { weights: outputs, bias: true, axis },
    { weight: { shape: [inputs, outputs] }, bias: { shape: [outputs], seed: 2 } },
  );
const conv = (g: Sketch, x: string, inputs = 2, pad = [0, 0, 0, 0]): string =>
  g.op('convolution', [x], convolution(pad), { weight: { shape: [3, 3, inputs, 4] }, bias: { shape: [4] } });
const VARIANCE = [0.5, 1, 2, 0.25];
const batchNorm = (g: Sketch, x: string, channels = 4): string =>
  g.op(
    'batchnormalize',
    [x],
    { eps: 0.001 },
    {
      gamma: { shape: [channels] },
      beta: { shape: [channels], seed: 2 },
      mean: { shape: [channels], seed: 3 },
      variance: { shape: [channels], values: VARIANCE.slice(0, channels) },
    },
  );
const mean = (g: Sketch, x: string, axes: number[]): string =>
  g.op('reducemean', [x], { axis_list: axes, keep_dims: true });
const sub = (g: Sketch, a: string | number, b: string | number): string => g.op('subtract', [a, b]);

/** [x - mean(x), variance + eps] */
function moments(g: Sketch, axes: number[]): [string, string] {
  const centred = sub(g, g.x, mean(g, g.x, axes));
  return [centred, g.add(mean(g, g.op('pow', [centred, 2]), axes), 0.01)];
}

function normal(g: Sketch, axes: number[]): string {
  const [centred, variance] = moments(g, axes);
  return g.div(centred, g.op('sqrt', [variance]));
}

const LAYER_NORM = 'reducemean subtract pow reducemean add sqrt real_div';
const SCALED = `${LAYER_NORM} multiply add`;

const cases: Case[] = [
  ['layer norm without scale', layerNorm, [2, 3, 5], (g) => normal(g, [2]), LAYER_NORM, 'layernormalize'],
  ['layer norm with scale and shift', layerNorm, [2, 3, 5], (g) => g.add(g.constant([5]), g.mul(normal(g, [-1]), g.constant([5]))), SCALED, 'layernormalize'],
  ['layer norm with scalars', layerNorm, [2, 3, 5], (g) => g.add(g.mul(normal(g, [2]), 2), 3), SCALED, 'layernormalize'],
  ['layer norm over two axes', layerNorm, [2, 3, 5], (g) => g.add(g.mul(normal(g, [2, 1]), g.constant([3, 5])), g.constant([1, 3, 5])), SCALED, 'layernormalize'],
  ['layer norm over the first of two axes', layerNorm, [2, 3, 5], (g) => g.mul(normal(g, [1]), g.constant([3, 1])), `${LAYER_NORM} multiply`, 'layernormalize'],
  ['layer norm with x * x and rsqrt', layerNorm, [2, 3, 5], (g) => {
    const centred = sub(g, g.x, mean(g, g.x, [2]));
    return g.mul(g.op('rsqrt', [g.add(0.01, mean(g, g.mul(centred, centred), [2]))]), centred);
  }, 'reducemean subtract multiply reducemean add rsqrt multiply', 'layernormalize'],
  ['layer norm with 1 / sqrt', layerNorm, [2, 3, 5], (g) => {
    const [centred, variance] = moments(g, [2]);
    return g.mul(centred, g.div(1, g.op('pow', [variance, 0.5])));
  }, 'reducemean subtract pow reducemean add pow real_div multiply', 'layernormalize'],
  ['batch norm behind a convolution', foldAffine, PICTURE, (g) => batchNorm(g, conv(g, g.x)), 'convolution batchnormalize', 'convolution'],
  ['batch norm, scale, shift and differences behind a convolution', foldAffine, PICTURE, (g) => g.div(sub(g, g.constant([4]), g.mul(sub(g, batchNorm(g, conv(g, g.x)), 0.5), g.constant([1, 1, 1, 4]))), 3), 'convolution batchnormalize subtract multiply subtract real_div', 'convolution'],
  ['batch norm behind the permute to channel-first and back', foldAffine, PICTURE, (g) => g.add(g.op('permute', [conv(g, g.x)], { perm: [0, 3, 1, 2] }), g.constant([4, 1, 1])), 'convolution permute add', 'convolution permute'],
  ['batch norm behind a dense layer and a reshape', foldAffine, [4, 3], (g) => batchNorm(g, g.op('reshape', [dense(g, g.x, 3, 4)], { shape: [2, 2, 4] })), 'fullconnect reshape batchnormalize', 'fullconnect reshape'],
  ['batch norm behind a deconvolution', foldAffine, PICTURE, (g) => batchNorm(g, g.op('deconvolution', [g.x], convolution([0, 0, 0, 0]), { weight: { shape: [3, 3, 2, 4] }, bias: { shape: [4] } })), 'deconvolution batchnormalize', 'deconvolution'],
  ['scale and shift behind a batch norm', foldAffine, PICTURE, (g) => g.add(g.mul(batchNorm(g, g.x, 2), g.constant([2])), 0.5), 'batchnormalize multiply add', 'batchnormalize'],
  ['batch norm behind an instance norm', foldAffine, PICTURE, (g) => batchNorm(g, g.op('instancenormalize', [g.x], { axis: [1, 2], eps: 0.01 }, { bias: { shape: [2] }, scale: { shape: [2] } }), 2), 'instancenormalize batchnormalize', 'instancenormalize'],
  ['batch norm in front of a convolution', foldAffineAhead, PICTURE, (g) => conv(g, batchNorm(g, g.x, 2)), 'batchnormalize convolution', 'convolution'],
  ['scale in front of a convolution that pads', foldAffineAhead, PICTURE, (g) => conv(g, g.mul(g.x, g.constant([2])), 2, [1, 1, 1, 1]), 'multiply convolution', 'convolution'],
  ['scale and shift in front of a grouped convolution', foldAffineAhead, [1, 5, 5, 4], (g) => g.op('convolution', [g.add(g.x, g.constant([4]))], { ...convolution([0, 0, 0, 0]), group_number: 2 }, { weight: { shape: [3, 3, 2, 4] }, bias: { shape: [4] } }), 'add convolution', 'convolution'],
  ['batch norm in front of a depthwise convolution', foldAffineAhead, [1, 5, 5, 4], (g) => g.op('convolution', [batchNorm(g, g.x)], { ...convolution([0, 0, 0, 0]), group_number: 4 }, { weight: { shape: [3, 3, 1, 4] }, bias: { shape: [4] } }), 'batchnormalize convolution', 'convolution'],
  ['batch norm in front of a dense layer that flattens', foldAffineAhead, [2, 2, 3, 4], (g) => dense(g, batchNorm(g, g.x), 24, 5), 'batchnormalize fullconnect', 'fullconnect'],
  ['scale of attention into the weights', scaleProduct, [1, 4, 6], (g) => {
    const heads = (x: string, perm: number[]): string => g.op('permute', [g.op('reshape', [x], { shape: [1, 4, 2, 3] })], { perm });
    return g.op('softmax', [g.div(g.op('matmul', [heads(g.x, [0, 2, 1, 3]), heads(dense(g, g.x, 6, 6, 2), [0, 2, 3, 1])]), 1.7)], { sf_axis: -1 });
  }, 'fullconnect reshape permute reshape permute matmul real_div softmax', 'fullconnect reshape permute reshape permute matmul softmax'],
  ['scale of attention onto the smaller operand', scaleProduct, [1, 4, 2], (g) => g.op('softmax', [g.add(g.mul(0.3, g.op('matmul', [g.x, g.op('tanh', [g.x])], { transpose_b: true })), g.constant([4, 4]))], { sf_axis: -1 }), 'tanh matmul multiply add softmax', 'multiply tanh matmul add softmax'],
]; // prettier-ignore

const untouched: [title: string, pass: Pass, shape: number[], draw: Draw][] = [
  ['layer norm whose variance is over another axis', layerNorm, [2, 3, 5], (g) => {
    const centred = sub(g, g.x, mean(g, g.x, [2]));
    return g.div(centred, g.op('sqrt', [g.add(mean(g, g.op('pow', [centred, 2]), [1]), 0.01)]));
  }],
  ['layer norm with a cube', layerNorm, [2, 3, 5], (g) => {
    const centred = sub(g, g.x, mean(g, g.x, [2]));
    return g.div(centred, g.op('sqrt', [g.add(mean(g, g.op('pow', [centred, 3]), [2]), 0.01)]));
  }],
  ['layer norm whose difference is read', layerNorm, [2, 3, 5], (g) => {
    const [centred, variance] = moments(g, [2]);
    return g.add(g.div(centred, g.op('sqrt', [variance])), centred);
  }],
  ['scale of a layer norm along another axis', layerNorm, [2, 3, 5], (g) => g.mul(g.op('layernormalize', [g.x], { axis_list: [2] }, { bias: { shape: [5] }, scale: { shape: [5] } }), g.constant([3, 1]))],
  ['scale of a layer norm that is read', layerNorm, [2, 3, 5], (g) => {
    const norm = g.op('layernormalize', [g.x], { axis_list: [2] }, { bias: { shape: [5] }, scale: { shape: [5] } });
    return g.add(g.mul(norm, g.constant([5])), norm);
  }],
  ['batch norm of a convolution that is read', foldAffine, PICTURE, (g) => {
    const made = conv(g, g.x);
    return g.add(batchNorm(g, made), made);
  }],
  ['scale along the height', foldAffine, PICTURE, (g) => g.mul(conv(g, g.x), g.constant([3, 1, 1]))],
  ['scale along two axes', foldAffine, PICTURE, (g) => g.mul(conv(g, g.x), g.constant([3, 1, 4]))],
  ['shift that makes a tensor larger', foldAffine, PICTURE, (g) => g.add(conv(g, g.x), g.constant([2, 1, 1, 4]))],
  ['a number divided by a convolution', foldAffine, PICTURE, (g) => g.div(2, g.op('convolution', [g.op('abs', [g.x])], { ...convolution([0, 0, 0, 0]) }, { weight: { shape: [3, 3, 2, 4], values: Array.from({ length: 72 }, () => 1) }, bias: { shape: [4], values: [1, 2, 3, 4] } }))],
  ['scale behind an instance norm of another axis', foldAffine, PICTURE, (g) => g.mul(g.op('instancenormalize', [g.x], { axis: [2, 3], eps: 0.01 }, { bias: { shape: [5] }, scale: { shape: [5] } }), g.constant([2]))],
  ['batch norm behind a reshape that splits the channels', foldAffine, [4, 3], (g) => g.mul(g.op('reshape', [dense(g, g.x, 3, 4)], { shape: [4, 2, 2] }), g.constant([2]))],
  ['shift in front of a convolution that pads', foldAffineAhead, PICTURE, (g) => conv(g, batchNorm(g, g.x, 2), 2, [1, 1, 1, 1])],
  ['scale in front of a convolution, read by another layer too', foldAffineAhead, PICTURE, (g) => {
    const scaled = g.mul(g.x, g.constant([2]));
    return g.op('concat', [conv(g, scaled), g.op('slice', [g.op('concat', [scaled, scaled], { dim: 3 })], { begin: [0, 0, 0, 0], size: [1, 3, 3, 4] })], { dim: 3 });
  }],
  ['scale along the width in front of a convolution', foldAffineAhead, PICTURE, (g) => conv(g, g.mul(g.x, g.constant([5, 1])))],
  ['scale of a product that is read', scaleProduct, [1, 4, 2], (g) => {
    const made = g.op('matmul', [g.x, g.x], { transpose_b: true });
    return g.add(g.mul(0.3, made), made);
  }],
  ['scale of a product that is smaller than its operands', scaleProduct, [1, 2, 6], (g) => g.mul(0.3, g.op('matmul', [g.x, g.x], { transpose_b: true }))],
  ['a shift of a product', scaleProduct, [1, 4, 2], (g) => g.add(0.3, g.op('matmul', [g.x, g.x], { transpose_b: true }))],
  ['factors of a product that differ', scaleProduct, [1, 4, 2], (g) => g.mul(g.constant([4]), g.op('matmul', [g.x, g.x], { transpose_b: true }))],
]; // prettier-ignore

describe('scales, shifts and normalizations', () => {
  test.each(cases)('%s', (_, pass, shape, draw, before, after) => {
    check(pass, sketch(shape, draw), before, after);
  });

  test.each(untouched)('not: %s', (_, pass, shape, draw) => {
    const network = sketch(shape, draw);
    const result = runPasses(network, [pass, removeDead]);
    expect(computedOps(result)).toBe(computedOps(network));
    expect([...result.coefficients.values()]).toEqual([...network.coefficients.values()]);
  });

  test('a convolution keeps its key; a bias right behind it gives its own', () => {
    const scaled = runPass(sketch(PICTURE, (g) => g.mul(conv(g, g.x), g.constant([4]))), foldAffine); // prettier-ignore
    expect(scaled.withOp('convolution').map(({ key }) => key)).toEqual(['convolution_1']);
    const biased = runPass(sketch(PICTURE, (g) => g.add(conv(g, g.x), g.constant([4]))), foldAffine); // prettier-ignore
    expect(biased.withOp('convolution').map(({ key }) => key)).toEqual(['add_3']);
  });
});
