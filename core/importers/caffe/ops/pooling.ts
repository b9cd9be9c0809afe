import { Unsupported } from '../../onnx/builder.ts';
import { axesBetween } from '../shape.ts';
import { filled } from '../../onnx/numeric.ts';
import type { Message } from '../message.ts';
import type { Scope, CaffeFamily } from '../scope.ts';
import { readWindow, type CaffeWindow } from '../window.ts';
import { pictureSize } from './picture.ts';

const METHODS = { MAX: 0, AVE: 1, STOCHASTIC: 2 } as const;
const ROUNDING = { CEIL: 0, FLOOR: 1 } as const;

/** The method, as the ONNX operators have it in their names. */
function poolingMethod(parameters: Message): 'Max' | 'Average' {
  const method = parameters.choice('pool', METHODS, 'MAX');
  if (method === 'STOCHASTIC') throw new Unsupported('stochastic pooling, which draws by chance');
  return method === 'MAX' ? 'Max' : 'Average';
}

/**
 * Output sizes as Caffe counts: the last window may hang over, but one that would start in the padding behind is left
 * out.
 */
function pooledSize(scope: Scope, window: CaffeWindow, size: readonly number[], ceil: boolean): number[] {
  const { kernel, strides, pads } = window;
  const padded = pads.some((pad) => pad > 0);
  return size.map((dim, i) => {
    if (pads[i] >= kernel[i]) throw scope.invalid(`the padding ${pads[i]} is not smaller than the kernel`);
    const room = (dim + 2 * pads[i] - kernel[i]) / strides[i];
    const count = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    const clipped = padded && (count - 1) * strides[i] >= dim + pads[i] ? count - 1 : count;
    if (clipped < 1) throw scope.invalid(`a window of ${kernel[i]} does not fit an input of ${dim}`);
    if ((clipped - 1) * strides[i] >= dim + pads[i])
      throw new Unsupported('a last window behind the whole input, for which Caffe gives no sensible value');
    return clipped;
  });
}

/** Attributes of ONNX's pooling that give Caffe's windows and divisors. */
function poolingAttributes({ kernel, strides, pads }: CaffeWindow, ceil: boolean) {
  return {
    kernel_shape: kernel,
    strides,
    pads: [...pads, ...pads],
    ceil_mode: ceil ? 1 : 0,
    // Caffe divides by the window as far as it lies on the padded picture.
    count_include_pad: pads.some((pad) => pad > 0) ? 1 : 0,
  };
}

/** Window and rounding of a pooling that is not global. */
function readPooling(scope: Scope, parameters: Message): { window: CaffeWindow; ceil: boolean } {
  const window = readWindow(scope, parameters, 2);
  const ceil = roundsUp(parameters);
  pooledSize(scope, window, pictureSize(scope), ceil);
  return { window, ceil };
}

/** BVLC's `round_mode`, and `ceil_mode` of forks. */
function roundsUp(parameters: Message): boolean {
  if (parameters.has('ceil_mode')) return parameters.flag('ceil_mode', true);
  return parameters.choice('round_mode', ROUNDING, 'CEIL') === 'CEIL';
}

function pooling(scope: Scope): void {
  const parameters = scope.parameters('pooling_param');
  const method = poolingMethod(parameters);
  if (scope.c.wants(1)) return poolingWithMask(scope, parameters, method);
  pictureSize(scope);
  if (parameters.flag('global_pooling', false)) return scope.main(`Global${method}Pool`, [scope.input()]);
  const { window, ceil } = readPooling(scope, parameters);
  scope.main(`${method}Pool`, [scope.input()], poolingAttributes(window, ceil));
}

/** Max pooling with the places of the maxima as its second result. */
function poolingWithMask(scope: Scope, parameters: Message, method: 'Max' | 'Average'): void {
  if (method !== 'Max') throw scope.invalid('only MAX pooling has a mask');
  const { window, ceil } = readPooling(scope, parameters);
  const { kernel, strides, pads } = window;
  const tiles = kernel.every((size, i) => size === strides[i] && pads[i] === 0);
  const readers = scope.readers(1);
  const unpooled = readers.length > 0 && readers.every(({ type }) => type === 'Upsample');
  if (tiles && unpooled) poolingOfUpsample(scope, window, ceil);
  else poolingWithPlaces(scope, window, ceil);
}

/** The pair of layers that the NPU has: places inside windows, which only its reverse understands. */
function poolingOfUpsample(scope: Scope, window: CaffeWindow, ceil: boolean): void {
  const { kernel, strides } = window;
  const [values, mask] = scope.nhwcLayer({
    op: 'poolwithargmax',
    parameters: [
      ['ksize_h', kernel[0]],
      ['ksize_w', kernel[1]],
      ['pad_h', 0],
      ['pad_w', 0],
      ['padding', 'VALID'],
      ['round_type', ceil ? 'ceil' : 'floor'],
      ['stride_h', strides[0]],
      ['stride_w', strides[1]],
      ['type', 'MAX'],
      ['pad_method', 'padding_const'],
      ['pad', [0, 0, 0, 0]],
    ],
    inputs: [scope.input()],
    size: pooledSize(scope, window, pictureSize(scope), ceil),
    outputs: 2,
  });
  scope.c.output(0, values);
  scope.c.output(1, mask);
}

/** Places as Caffe counts them: y * width + x in the plane; ONNX counts through all planes. */
function poolingWithPlaces(scope: Scope, window: CaffeWindow, ceil: boolean): void {
  const { c } = scope;
  const attributes = poolingAttributes(window, ceil);
  const [values, indices] = c.ops('MaxPool', [scope.input()], attributes, 2, scope.node.layerName);
  const [batch, channels, height, width] = scope.shape();
  const starts = axesBetween(0, batch * channels).map((plane) => plane * height * width);
  c.output(0, values);
  c.output(1, c.sub(c.float(indices), c.floats(starts, [batch, channels, 1, 1])));
}

/** Pyramid pooling: pictures in 1, 2 x 2, 4 x 4, ... bins, as one vector. */
function spatialPyramid(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('spp_param');
  const method = poolingMethod(parameters);
  const size = pictureSize(scope);
  const height = parameters.int('pyramid_height', 0);
  if (height < 1 || height > 16) throw scope.invalid(`pyramid_height is ${height}`);
  const levels = filled(height, 0).map((_, level) => {
    const bins = 2 ** level;
    const kernel = size.map((dim) => Math.ceil(dim / bins));
    const pads = kernel.map((one, i) => Math.floor((one * bins - size[i] + 1) / 2));
    const window = { kernel, strides: kernel, pads, dilations: [1, 1] };
    pooledSize(scope, window, size, true);
    return c.op(`${method}Pool`, [scope.input()], poolingAttributes(window, true));
  });
  if (levels.length === 1) return scope.emit(levels[0]);
  const vectors = levels.map((pooled) => c.op('Flatten', [pooled], { axis: 1 }));
  scope.main('Concat', vectors, { axis: 1 });
}

/** Poolings. */
export const poolings: CaffeFamily = { Pooling: pooling, SPP: spatialPyramid };
