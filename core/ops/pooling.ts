import type { DeviceParam } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { channelFirst } from './axes.ts';
import type { LowerContext, OpSpec, ShapeContext } from './spec.ts';
import { deviceWindow, readWindow, windowOutput, windowParameters, type Window } from './window.ts';

/** How the output size is rounded; Caffe's default is up. */
export function isCeil(layer: ShapeContext['layer']): boolean {
  return layer.text('round_type', 'ceil') === 'ceil';
}

function poolingShape({ layer, inputs }: ShapeContext): Shape[] {
  const [shape] = inputs;
  if (shape.length !== 4)
    throw new StudioError('shape-mismatch', `pooling needs rank 4, got [${shape.join(',')}]`, {
      layer: layer.key,
    });
  const [batch, height, width, channels] = shape;
  if (layer.flag('global_pooling', false)) return [[batch, 1, 1, channels]];
  const auto = layer.text('pad_method', 'auto') === 'auto' && layer.text('padding', 'VALID') === 'SAME';
  const [outHeight, outWidth] = windowOutput(
    readWindow(layer, height, width),
    height,
    width,
    !auto && isCeil(layer),
    layer.key,
  );
  return [[batch, outHeight, outWidth, channels]];
}

function lowerPooling(context: LowerContext): void {
  const { layer } = context;
  const order = channelFirst(4);
  const input = context.ordered(context.inputs[0], order);
  const [, height, width] = input.shape;
  const global = layer.flag('global_pooling', false);
  const window = global
    ? ({ kernel: [height, width], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0] } as const)
    : readWindow(layer, height, width);
  context.emit('POOL', poolingParams(context, window, input.shape), [input.tensor], [order]);
}

/** Parameters of a POOL over [N, H, W, C]. */
export function poolingParams(
  context: LowerContext,
  window: Window,
  shape: Shape,
): Record<string, DeviceParam> {
  const { layer } = context;
  if (window.dilation.some((step) => step !== 1)) {
    throw new StudioError('op-unsupported', 'ovxlib 1.1.34 has no dilated pooling', { layer: layer.key });
  }
  const { ksize, stride, pad } = deviceWindow(window);
  const exact = [1, 2].every((axis) => {
    const w = 2 - axis;
    return (shape[axis] + pad[2 * w] + pad[2 * w + 1] - ksize[w]) % stride[w] === 0;
  });
  const ceil = !exact && isCeil(layer);
  const type = layer.text('type', 'MAX') === 'MAX' ? 'MAX' : averageType(context, pad, ceil);
  // CEIL only where it changes the result, so that cases look alike whatever framework they come from.
  const round_type = ceil ? 'VSI_NN_ROUND_CEIL' : 'VSI_NN_ROUND_FLOOR';
  return { ksize, stride, pad, type: `VX_CONVOLUTIONAL_NETWORK_POOLING_${type}`, round_type };
}

/** AVG divides by the whole window, AVG_ANDROID by the elements inside the picture. */
function averageType(
  { layer, network }: LowerContext,
  pad: readonly number[],
  ceil: boolean,
): 'AVG' | 'AVG_ANDROID' {
  if (!ceil && pad.every((amount) => amount === 0)) return 'AVG';
  const caffe = network.meta.platform === 'caffe' || network.meta.orgPlatform === 'caffe';
  return layer.int('count_include_pad', caffe ? 1 : 0) === 1 ? 'AVG' : 'AVG_ANDROID';
}

/** Pooling. Max pooling copies elements, so its output keeps the input's quantization. */
export const poolingOps: readonly OpSpec[] = [
  {
    op: 'pooling',
    summary: '2-D max or average pooling',
    parameters: {
      ...windowParameters,
      type: { type: 'text', fallback: 'MAX', meaning: 'MAX or AVG' },
      round_type: { type: 'text', fallback: 'ceil', meaning: 'output size rounding: ceil (Caffe) or floor' },
      count_include_pad: { type: 'int', fallback: 0, meaning: 'AVG: 1 = padded zeros count' },
      dilation: { type: 'ints', fallback: [1, 1, 1, 1], meaning: '[N, H, W, C]' },
      global_pooling: { type: 'flag', fallback: false, meaning: 'the window is the whole plane' },
    },
    arity: [1, 1],
    range: (layer) => (layer.text('type', 'MAX') === 'MAX' ? 'same' : 'own'),
    shapes: poolingShape,
    lower: lowerPooling,
    macs: (layer, _inputs, outputs) =>
      layer.text('type', 'MAX') === 'MAX'
        ? 0
        : elementCount(outputs[0]) * layer.int('ksize_h', 1) * layer.int('ksize_w', 1),
  },
];
