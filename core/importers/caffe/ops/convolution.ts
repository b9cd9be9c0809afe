import { Unsupported } from '../../onnx/builder.ts';
import type { CaffeFamily, Scope } from '../scope.ts';
import { readWindow } from '../window.ts';
import { product } from '../../onnx/numeric.ts';

/** What the kinds of convolutions differ in. */
interface Kind {
  type: 'Conv' | 'ConvTranspose';
  /** Every input channel is a group of its own. */
  depthwise: boolean;
}

/** Weights are [out, in / group, ...kernel], of a deconvolution [in, out / group, ...kernel], as in ONNX. */
function convolve({ type, depthwise }: Kind) {
  return (scope: Scope): void => {
    const parameters = scope.parameters('convolution_param');
    const { length: rank } = scope.shape();
    if (scope.axis(parameters, 'axis', 1) !== 1) throw new Unsupported('channels at another axis than 1');
    if (rank < 3) throw scope.invalid(`the input has rank ${rank}`);
    const channels = scope.shape()[1];
    const outputs = parameters.int('num_output', depthwise ? channels : 0);
    const groups = depthwise ? channels : parameters.int('group', 1);
    if (outputs < 1 || groups < 1 || channels % groups !== 0 || outputs % groups !== 0)
      throw scope.invalid(`${channels} channels and ${outputs} outputs do not divide into ${groups} groups`);
    const { kernel, strides, pads, dilations } = readWindow(scope, parameters, rank - 2);
    const [first, second] = type === 'Conv' ? [outputs, channels] : [channels, outputs];
    const shape = [first, second / groups, ...kernel];
    const weights = [scope.blob(0, 'weight', shape, parameters.message('weight_filler'))];
    if (parameters.flag('bias_term', true))
      weights.push(scope.blob(1, 'bias', [outputs], parameters.message('bias_filler')));
    const attributes = { strides, dilations, group: groups, kernel_shape: kernel, pads: [...pads, ...pads] };
    // Caffe runs every input through the same filter.
    scope.inputs.forEach((input, index) =>
      scope.c.output(index, scope.c.main(type, [input, ...weights], attributes)),
    );
  };
}

/** Every place of every window becomes a channel: a depthwise convolution with one 1 per filter. */
function imageToColumns(scope: Scope): void {
  const shape = scope.shape();
  if (shape.length < 3) throw scope.invalid(`the input has rank ${shape.length}`);
  const { kernel, strides, pads, dilations } = readWindow(
    scope,
    scope.parameters('convolution_param'),
    shape.length - 2,
  );
  const taps = product(kernel);
  const channels = shape[1];
  const weight = scope.c.filled(0, [channels * taps, 1, ...kernel], 'float32');
  const values = scope.c.known(weight)?.data ?? [];
  for (let filter = 0; filter < channels * taps; filter++) values[filter * taps + (filter % taps)] = 1;
  scope.main('Conv', [scope.input(), weight], {
    strides,
    dilations,
    group: channels,
    kernel_shape: kernel,
    pads: [...pads, ...pads],
  });
}

const plain = convolve({ type: 'Conv', depthwise: false });
const depthwise = convolve({ type: 'Conv', depthwise: true });

/** Convolutions; depthwise ones under the names that forks of Caffe gave them. */
export const convolution: CaffeFamily = {
  Convolution: plain,
  Deconvolution: convolve({ type: 'ConvTranspose', depthwise: false }),
  ConvolutionDepthwise: depthwise,
  DepthwiseConv: depthwise,
  DepthwiseConvolution: depthwise,
  Im2col: imageToColumns,
};
