import { z } from 'zod';
import { StudioError } from '../network/errors.ts';

/** One option of a job: a command-line flag, a form field, a property of the options object. */
export interface OptionSpec {
  /** Property name: `outputModel`. */
  key: string;
  /** Command-line name: `output-model`. */
  name: string;
  kind: 'text' | 'int' | 'real' | 'flag';
  required: boolean;
  choices?: readonly string[];
  /** What an absent option means, where it has a value. */
  fallback?: string | number | boolean;
  help: string;
}

/** A job's options: one zod object is the source of validation, flags, help texts and form labels. */
export type OptionsSchema = z.ZodObject;

/** `outputModel` → `output-model`; a name of capitals (MLE) stays. */
function commandLineName(key: string): string {
  return /^[A-Z]+$/.test(key) ? key : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The options of a schema, in the order they are declared. */
export function optionSpecs(schema: OptionsSchema): OptionSpec[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const inner = unwrap(field as z.ZodType);
    const choices = inner instanceof z.ZodEnum ? inner.options.map(String) : undefined;
    const absent = (field as z.ZodType).safeParse(undefined);
    const fallback = z.union([z.string(), z.number(), z.boolean()]).safeParse(absent.data).data;
    return {
      key,
      name: commandLineName(key),
      kind: kindOf(inner),
      required: !absent.success,
      ...(choices ? { choices } : {}),
      ...(fallback === undefined ? {} : { fallback }),
      help: (field as z.ZodType).description ?? '',
    };
  });
}

function unwrap(field: z.ZodType): z.ZodType {
  let inner = field;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType;
  return inner;
}

function kindOf(field: z.ZodType): OptionSpec['kind'] {
  if (field instanceof z.ZodBoolean) return 'flag';
  if (field instanceof z.ZodNumber) return field.isInt ? 'int' : 'real';
  return 'text';
}

/** Validates an options object. Throws 'usage' naming every wrong option. */
export function parseOptions<Schema extends OptionsSchema>(
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `--${commandLineName(issue.path.map(String).join('.'))}: ${issue.message}`,
  );
  throw new StudioError('usage', problems.join('; '));
}

/** Options every command that reads a network takes. */
export const modelOption = z.string().min(1).describe('the ACUITY network, a .json file');
export const dataOption = z.string().min(1).describe('its coefficients, a .data file');
export const inputMetaOption = z.string().min(1).describe('the input description, a .yml file');

/** `--model-quantize` of commands that can do without it. */
export const tableOption = z
  .string()
  .optional()
  .describe('the quantize table (default: NAME.quantize beside the network)');

/** `--device`; there is only the CPU here. */
export const deviceOption = z
  .enum(['CPU', 'GPU'])
  .default('CPU')
  .describe('where to compute; GPU is accepted and computed on the CPU');

/** `--batch-size`. */
export const batchSizeOption = z
  .int()
  .positive()
  .max(65536)
  .optional()
  .describe('samples per step (default: the first dimension in the inputmeta file)');

/** `--iterations`. */
export const iterationsOption = z.int().positive().max(10_000_000).default(1).describe('number of steps');
