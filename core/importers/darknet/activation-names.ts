import { shortened } from './cfg.ts';
import type { SectionContext } from './layer.ts';

/** The activations of Darknet and of AlexeyAB's fork. */
const ACTIVATIONS = [
  'linear', 'logistic', 'loggy', 'relu', 'relu6', 'elu', 'selu', 'gelu', 'relie', 'ramp', 'leaky', 'revleaky', 'tanh',
  'plse', 'stair', 'hardtan', 'lhtan', 'swish', 'mish', 'hard_mish', 'normalize_channels',
  'normalize_channels_softmax', 'normalize_channels_softmax_maxval',
] as const; // prettier-ignore

/** One of {@link ACTIVATIONS}. */
export type ActivationName = (typeof ACTIVATIONS)[number];

/** Whether a text names an activation. */
export const isActivation = (text: string): text is ActivationName =>
  (ACTIVATIONS as readonly string[]).includes(text);

/** The activation of a section; names that Darknet does not know become relu, as there. */
export function readActivation(
  context: Pick<SectionContext, 'options' | 'note'>,
  fallback: ActivationName,
  key = 'activation',
): ActivationName {
  const { options } = context;
  const name = options.text(key, fallback);
  if (isActivation(name)) return name;
  const { line } = options.section;
  context.note(`line ${line}: ${key} "${shortened(name)}" is not known to Darknet, which takes relu instead`);
  return 'relu';
}
