import type { Attributes } from '../../onnx/compose.ts';
import type { LayerContext } from '../context.ts';
import { kernelAndBias, type LayerFamily, type LayerKind, type WeightNames } from '../kind.ts';
import { finish } from './core.ts';

/** Padding as ONNX says it; `causal` looks only backwards. */
function padding(layer: LayerContext, kernel: readonly number[], dilations: readonly number[]): Attributes {
  const mode = layer.config.text('padding', 'valid').toLowerCase();
  if (mode === 'valid') return { auto_pad: 'VALID' };
  if (mode === 'same') return { auto_pad: 'SAME_UPPER' };
  if (mode !== 'causal' || kernel.length !== 1) throw layer.node.invalid(`padding is "${mode}"`);
  return { pads: [(kernel[0] - 1) * dilations[0], 0] };
}

/** What a window of `rank` axes is made of. */
function window(layer: LayerContext, kernel: readonly number[]): Attributes {
  const { config } = layer;
  const strides = config.intsOf('strides', kernel.length, 1);
  const dilations = config.intsOf('dilation_rate', kernel.length, 1);
  return { strides, dilations, ...padding(layer, kernel, dilations) };
}

const present = (...names: string[]): string[] => names.filter((name) => name !== '');

/** A kernel [...spatial, in, out] as ONNX has it. */
function outputsFirst({ c }: LayerContext, kernel: string): string {
  const { length: rank } = c.shape(kernel);
  return c.transpose(kernel, [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)]);
}

/** A depthwise kernel [...spatial, in, multiplier] as ONNX has it: [in * multiplier, 1, ...spatial]. */
function depthwiseKernel({ c }: LayerContext, kernel: string): string {
  const shape = c.shape(kernel);
  const { length: rank } = shape;
  const turned = c.transpose(kernel, [rank - 2, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i)]);
  return c.reshape(turned, [shape[rank - 2] * shape[rank - 1], 1, ...shape.slice(0, -2)]);
}

/** Kernels must have one axis per axis of the input. */
function checkRank(layer: LayerContext, kernel: string, x: string): void {
  const [found, wanted] = [layer.c.shape(kernel).length, layer.c.shape(x).length];
  if (found !== wanted || wanted < 3)
    throw layer.node.invalid(`a kernel of rank ${found} for an input of rank ${wanted}`);
}

const convolution: LayerKind = {
  weights: kernelAndBias,
  write: (layer) => {
    const { c } = layer;
    const kernel = layer.weight('kernel');
    checkRank(layer, kernel, layer.x);
    const x = layer.toChannelsFirst(c.float(layer.x));
    const spatial = c.shape(kernel).slice(0, -2);
    const inputs = [x, outputsFirst(layer, kernel), ...present(layer.weight('bias'))];
    // Old files have no groups; the kernel tells them.
    const group = c.shape(x)[1] / c.shape(kernel)[spatial.length];
    if (!Number.isInteger(group)) throw layer.node.invalid(`${c.shape(x)[1]} channels do not fit the kernel`);
    finish(layer, layer.fromChannelsFirst(layer.main('Conv', inputs, { group, ...window(layer, spatial) })));
  },
};

const depthwise: LayerKind = {
  weights: ({ config }) => ({ trained: ['depthwise', ...(config.flag('use_bias', true) ? ['bias'] : [])] }),
  write: (layer) => {
    const { c } = layer;
    const kernel = layer.weight('depthwise');
    checkRank(layer, kernel, layer.x);
    const x = layer.toChannelsFirst(c.float(layer.x));
    const inputs = [x, depthwiseKernel(layer, kernel), ...present(layer.weight('bias'))];
    const spatial = c.shape(kernel).slice(0, -2);
    const group = c.shape(x)[1];
    finish(layer, layer.fromChannelsFirst(layer.main('Conv', inputs, { group, ...window(layer, spatial) })));
  },
};

const separableWeights = ({ config }: Parameters<typeof kernelAndBias>[0]): WeightNames => ({
  trained: ['depthwise', 'pointwise', ...(config.flag('use_bias', true) ? ['bias'] : [])],
});

const separable: LayerKind = {
  weights: separableWeights,
  write: (layer) => {
    const { c } = layer;
    const kernel = layer.weight('depthwise');
    checkRank(layer, kernel, layer.x);
    const x = layer.toChannelsFirst(c.float(layer.x));
    const spatial = c.shape(kernel).slice(0, -2);
    const attributes = { group: c.shape(x)[1], ...window(layer, spatial) };
    const deep = layer.step('depthwise', 'Conv', [x, depthwiseKernel(layer, kernel)], attributes);
    const inputs = [deep, outputsFirst(layer, layer.weight('pointwise')), ...present(layer.weight('bias'))];
    finish(layer, layer.fromChannelsFirst(layer.main('Conv', inputs)));
  },
};

/** Output size and padding of one axis of a transposed convolution. */
function transposedAxis(
  layer: LayerContext,
  axis: { size: number; kernel: number; stride: number; dilation: number; extra: number | undefined },
): { begin: number; end: number; more: number } {
  const { size, kernel, stride, dilation, extra } = axis;
  const reach = (kernel - 1) * dilation + 1;
  const full = (size - 1) * stride + reach;
  const same = layer.config.text('padding', 'valid') === 'same';
  const wanted =
    extra === undefined
      ? size * stride + (same ? 0 : Math.max(reach - stride, 0))
      : (size - 1) * stride + reach + extra - (same ? 2 * Math.floor(reach / 2) : 0);
  const cut = Math.max(0, full - wanted);
  const begin = same ? Math.floor(cut / 2) : 0;
  return { begin, end: cut - begin, more: Math.max(0, wanted - full) };
}

const transposed: LayerKind = {
  weights: kernelAndBias,
  write: (layer) => {
    const { c, config } = layer;
    // [...spatial, out, in] becomes [in, out, ...spatial].
    const kernel = layer.weight('kernel');
    checkRank(layer, kernel, layer.x);
    const x = layer.toChannelsFirst(c.float(layer.x));
    const spatial = c.shape(kernel).slice(0, -2);
    const strides = config.intsOf('strides', spatial.length, 1);
    const dilations = config.intsOf('dilation_rate', spatial.length, 1);
    const extra = config.has('output_padding')
      ? config.intsOf('output_padding', spatial.length, 0)
      : undefined;
    const axes = spatial.map((size, i) =>
      transposedAxis(layer, {
        size: c.shape(x)[i + 2],
        kernel: size,
        stride: strides[i],
        dilation: dilations[i],
        extra: extra?.[i],
      }),
    );
    const attributes = {
      strides,
      dilations,
      pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
      output_padding: axes.map(({ more }) => more),
    };
    const inputs = [x, outputsFirst(layer, kernel), ...present(layer.weight('bias'))];
    finish(layer, layer.fromChannelsFirst(layer.main('ConvTranspose', inputs, attributes)));
  },
};

/** Convolutions of one, two and three dimensions. */
export const convolutions: LayerFamily = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv1DTranspose: transposed,
  Conv2DTranspose: transposed,
  Conv3DTranspose: transposed,
  DepthwiseConv1D: depthwise,
  DepthwiseConv2D: depthwise,
  SeparableConv1D: separable,
  SeparableConv2D: separable,
};
