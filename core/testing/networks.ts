import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { elementCount, floatTensor, type Shape, type Tensor } from '../network/tensor.ts';

/** One layer of {@link networkOf}; inputs are layer keys. */
export interface LayerLine {
  key: string;
  op: string;
  inputs: readonly string[];
  parameters?: Record<string, ParameterValue>;
  coefficients?: Record<string, Tensor>;
}

/** A network with the input `x_0` and the output `y_99`, for tests. */
export function networkOf(shape: readonly number[], lines: readonly LayerLine[], output: string): Network {
  const network = new Network({ name: 'test', acuityVersion: '6', platform: 'tensorflow' });
  network.add(
    new Layer({ key: 'x_0', name: 'x', op: 'input', parameters: { shape: [...shape] }, inputs: [] }),
  );
  for (const { key, op, inputs, parameters = {}, coefficients = {} } of lines) {
    const refs = inputs.map((layer) => ({ layer, port: 0 }));
    network.add(new Layer({ key, name: key, op, parameters, inputs: refs }));
    for (const [name, tensor] of Object.entries(coefficients)) network.setCoefficient(key, name, tensor);
  }
  network.add(new Layer({ key: 'y_99', name: 'y', op: 'output', inputs: [{ layer: output, port: 0 }] }));
  network.validate();
  return network;
}

/** Numbers between -1 and 1 that look random and never change. */
export function noise(shape: Shape, seed: number): Tensor {
  let state = (seed * 2654435761) >>> 0;
  const data = Float32Array.from({ length: elementCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return floatTensor(shape, data);
}

/** Parameters of a convolution over [N,H,W,C] with explicit padding. */
export function convolutionParameters(
  weights: number,
  { kernel = 1, pad = 0, group = 1 }: { kernel?: number; pad?: number; group?: number } = {},
): Record<string, ParameterValue> {
  return {
    weights,
    bias: true,
    group_number: group,
    ksize_h: kernel,
    ksize_w: kernel,
    stride_h: 1,
    stride_w: 1,
    pad_method: 'padding_const',
    pad: [pad, pad, pad, pad],
  };
}
