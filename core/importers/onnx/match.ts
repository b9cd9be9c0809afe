import type { ParameterValue } from '../../network/layer.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { Draft, DraftRef } from './draft.ts';

/** What a matched group of layers computes: f(input), and the first layer of the group. */
export interface Match {
  op: string;
  parameters: [string, ParameterValue][];
  input: DraftRef;
  /** Layers besides the last one; each may only be read inside the group. */
  inner: Draft[];
  coefficients?: [string, Tensor][];
}

/** Whether two references are the same tensor. */
export const same = (a: DraftRef | undefined, b: DraftRef | undefined): boolean =>
  a !== undefined && a.draft === b?.draft && a.port === b.port;

/** The number in a `variable` that holds only one. */
export function single(ref: DraftRef | undefined): number | undefined {
  const data = ref?.draft.op === 'variable' ? ref.draft.coefficients.get('data')?.data : undefined;
  return data?.length === 1 ? Number(data[0]) : undefined;
}

/** Whether a number is the wanted one, to float32 accuracy. */
export const near = (value: number | undefined, wanted: number): boolean =>
  value !== undefined && Math.abs(value - wanted) <= 1e-5 * Math.abs(wanted);

/** A binary layer with one operand being the given constant: the other operand. */
export function otherOperand(draft: Draft, op: string, constant: number): DraftRef | undefined {
  if (draft.op !== op) return undefined;
  if (near(single(draft.inputs[1]), constant)) return draft.inputs[0];
  return op !== 'real_div' && near(single(draft.inputs[0]), constant) ? draft.inputs[1] : undefined;
}
