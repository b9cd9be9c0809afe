import { optionSpecs } from '../jobs/options.ts';
import { quantizeOptions } from '../jobs/quantize/options.ts';
import { StudioError } from '../network/errors.ts';
import { VALID_QTYPES } from '../quantization/schemes.ts';
import type { JobOptions, OptionView } from './contract-project.ts';

/** Options that name files are the core's business, and applying a hybrid list is another stage's. */
const OURS = {
  model: true,
  modelData: true,
  modelQuantize: true,
  withInputMeta: true,
  outputData: true,
  hybrid: true,
  rebuild: true,
  target: true,
  device: true,
} as const;

/** What the page may set. */
const quantizeForm = quantizeOptions.omit(OURS).strict();

/** What was asked for; nothing that was not. */
export type QuantizeForm = Partial<ReturnType<typeof quantizeForm.parse>>;

/** Text options that are one of a few. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  quantizer: Object.keys(VALID_QTYPES),
  qtype: [...new Set(Object.values(VALID_QTYPES).flat())],
};

/** The options as the form shows them. */
export function quantizeOptionViews(): OptionView[] {
  const defaults: Record<string, unknown> = quantizeForm.parse({});
  return optionSpecs(quantizeForm).map((spec) => {
    const value = defaults[spec.key];
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    // Not given, it is as many as there are samples.
    const fixed = plain && spec.key !== 'iterations';
    const choices = spec.choices ?? CHOICES[spec.key];
    return { ...spec, ...(choices ? { choices } : {}), default: fixed ? value : null };
  });
}

/** Options of the command line (`--qtype uint8`, `--cross-layer-equalization`) as the form has them. */
export function formOptions(words: readonly string[]): JobOptions {
  const specs = optionSpecs(quantizeForm);
  const found: JobOptions = {};
  for (const word of words) {
    const [name, value = true] = word.replace(/^--/, '').split(' ');
    const key = specs.find((spec) => spec.name === name)?.key;
    if (key !== undefined) found[key] = value;
  }
  return found;
}

/** @throws StudioError 'usage' */
export function checkQuantizeForm(options: unknown): QuantizeForm {
  const result = quantizeForm.partial().safeParse(options);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new StudioError('usage', `${issue.path.map(String).join('.')}: ${issue.message}`);
  }
  // Defaults that zod filled in are those of the command; the number of steps is the samples'.
  const asked = typeof options === 'object' && options !== null ? Object.keys(options) : [];
  return Object.fromEntries(Object.entries(result.data).filter(([key]) => asked.includes(key)));
}
