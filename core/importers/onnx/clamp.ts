import { Real, type ParameterValue } from '../../network/layer.ts';
import { limitsOf, type OwnParameters } from '../../network/own-quantization.ts';
import { Draft, type DraftRef } from './draft.ts';

/** Ops whose results are never below 0. */
const ALWAYS = new Set([
  'relu',
  'sigmoid',
  'softmax',
  'abs',
  'sqrt',
  'exp',
  'hard_sigmoid',
  'softrelu',
  'input',
]);

/** Ops whose results are not below 0 if no operand is. */
const KEEPS = new Set([
  'add', 'multiply', 'maximum', 'minimum', 'pooling', 'pool1d', 'reducemean', 'reducesum', 'reducemax', 'concat',
  'reshape', 'permute', 'squeeze', 'slice', 'stridedslice', 'split', 'gather', 'image_resize', 'space2depth',
  'depth2space', 'pad', 'tile', 'expand_broadcast',
]); // prettier-ignore

/** Layers to look back through; what is further away counts as unknown. */
const DEPTH = 12;

/** Whether a tensor surely holds nothing below 0; graph inputs count as such, they are what they are. */
export function isNonNegative({ draft, port }: DraftRef, depth = DEPTH): boolean {
  const entry = draft.entries.get(`out${port}`);
  if (typeof entry?.min === 'number' && entry.min >= 0) return true;
  if (ALWAYS.has(draft.op)) return true;
  if (draft.op === 'relun') return atLeastZero(draft.parameters.get('relu_clamp_bottom'));
  if (draft.op === 'clipbyvalue') return atLeastZero(draft.parameters.get('clip_value_min'));
  if (draft.op === 'pad' && !atLeastZero(draft.parameters.get('padding_const') ?? 0)) return false;
  if (depth === 0 || !KEEPS.has(draft.op)) return false;
  return draft.inputs.every((input) => isNonNegative(input, depth - 1));
}

function atLeastZero(given: ParameterValue | undefined): boolean {
  const value = given instanceof Real ? given.value : given;
  return typeof value === 'number' && value >= 0;
}

/** A top this near to 6 is what is left of a relu6 that was cut into the quantization. */
const SIX = 1e-4;

/** The relu or relu6 that was left to the quantization, as a layer. */
export function clampLayer(name: string, input: DraftRef, { type, scale, zero }: OwnParameters): DraftRef {
  const top = (limitsOf(type)[1] - zero) * scale;
  const six = Math.abs(top - 6) <= 6 * SIX;
  const draft = six
    ? new Draft({
        name: `Relu6_${name}`,
        op: 'relun',
        parameters: [
          ['relu_clamp_top', 6],
          ['relu_clamp_bottom', 0],
        ],
        inputs: [input],
      })
    : new Draft({ name: `Relu_${name}`, op: 'relu', inputs: [input] });
  return { draft, port: 0 };
}
