import type { Tensor } from '../../network/tensor.ts';
import type { Draft } from './draft.ts';
import type { Numbers } from './numeric.ts';

/**
 * Folds y = x * scale + shift (one number per index of the last weight axis) into the weight and bias of a
 * convolution-like layer. Computed in float64, stored as float32.
 */
export function absorbAffine(draft: Draft, scale: Numbers | undefined, shift: Numbers | undefined): void {
  const weight = draft.coefficients.get('weight');
  const bias = draft.coefficients.get('bias');
  if (!weight || !bias) throw new Error(`layer ${draft.name} has no weight or bias to fold into`);
  if (scale) draft.coefficients.set('weight', scaled(weight, scale));
  const values = new Float32Array(bias.data.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = Number(bias.data[i]) * (scale ? scale[i] : 1) + (shift ? shift[i] : 0);
  }
  draft.coefficients.set('bias', { ...bias, data: values });
}

/** Coefficients are copies of our own (see floatCopy), so the weight is scaled in place. */
function scaled(weight: Tensor, scale: Numbers): Tensor {
  const { data } = weight;
  const channels = scale.length;
  for (let i = 0; i < data.length;) {
    for (let channel = 0; channel < channels; channel++, i++)
      data[i] = (Number(data[i]) * scale[channel]) as never;
  }
  return weight;
}
