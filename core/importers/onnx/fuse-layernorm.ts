import { real } from '../../network/layer.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { Draft, DraftRef } from './draft.ts';
import { near, otherOperand, same, single, type Match } from './match.ts';

/** A `variable` with one number per index of the last stored axis, and the other operand of the layer. */
function lastAxisOperand(draft: Draft, op: string): { values: Tensor; other: DraftRef } | undefined {
  if (draft.op !== op || draft.inputs.length !== 2) return undefined;
  for (const [constant, other] of [draft.inputs, [...draft.inputs].reverse()]) {
    const values = constant.draft.op === 'variable' ? constant.draft.coefficients.get('data') : undefined;
    if (values?.type === 'float32' && values.data.length > 1 && values.shape.at(-1) === values.data.length) {
      return { values, other };
    }
  }
  return undefined;
}

/** The input of a mean over the last axis that keeps the axis. */
function meanOverLast(draft: Draft, rank: number): DraftRef | undefined {
  const axes = draft.parameters.get('axis_list');
  const last = Array.isArray(axes) && axes.length === 1 && axes[0] === rank - 1;
  return draft.op === 'reducemean' && last && draft.parameters.get('keep_dims') === true
    ? draft.inputs[0]
    : undefined;
}

/** The input of a square, written as pow(x, 2) or x * x. */
function squared(draft: Draft): DraftRef | undefined {
  if (draft.op === 'pow' && near(single(draft.inputs[1]), 2)) return draft.inputs[0];
  return draft.op === 'multiply' && same(draft.inputs[0], draft.inputs[1]) ? draft.inputs[0] : undefined;
}

/** (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) over the last of `rank` axes. */
function matchNormalized(
  division: Draft,
  rank: number,
): { x: DraftRef; eps: number; inner: Draft[] } | undefined {
  if (division.op !== 'real_div') return undefined;
  const [{ draft: centred }, { draft: root }] = division.inputs;
  if (centred.op !== 'subtract' || root.op !== 'sqrt') return undefined;
  const sum = root.inputs[0].draft;
  const eps = sum.op === 'add' ? (single(sum.inputs[1]) ?? single(sum.inputs[0])) : undefined;
  const variance = eps === undefined ? undefined : otherOperand(sum, 'add', eps)?.draft;
  const square = variance && meanOverLast(variance, rank)?.draft;
  const base = square && squared(square)?.draft;
  const mean = centred.inputs[1].draft;
  const x = meanOverLast(mean, rank);
  if (eps === undefined || !variance || !square || base !== centred || !same(x, centred.inputs[0]))
    return undefined;
  return { x: centred.inputs[0], eps, inner: [division, centred, root, sum, variance, square, mean] };
}

/** A layer normalization over the last axis, as exporters wrote it before opset 17. */
export function matchLayerNorm(draft: Draft): Match | undefined {
  const shift = lastAxisOperand(draft, 'add');
  const scale = shift && lastAxisOperand(shift.other.draft, 'multiply');
  if (!shift || !scale || scale.values.data.length !== shift.values.data.length) return undefined;
  const rank = scale.values.shape.length;
  const found = matchNormalized(scale.other.draft, rank);
  if (!found) return undefined;
  const flat = (tensor: Tensor): Tensor => ({ ...tensor, shape: [tensor.data.length] });
  return {
    op: 'layernormalize',
    parameters: [
      ['axis_list', [rank - 1]],
      ['eps', real(found.eps)],
    ],
    input: found.x,
    inner: [shift.other.draft, ...found.inner],
    coefficients: [
      ['bias', flat(shift.values)],
      ['scale', flat(scale.values)],
    ],
  };
}
