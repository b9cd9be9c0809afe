import { z } from 'zod';
import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import type { JobContext } from './context.ts';
import { importPytorchOptions } from './import-options.ts';
import { importJob, type ImportResult } from './import.ts';
import { optionSpecs, parseOptions } from './options.ts';

/** A configuration file is a page of text. */
const MAX_CONFIG = 2 ** 20;

/** Values as on the command line; lists and numbers as one would write them in JSON. */
const configSchema = z.record(
  z.string(),
  z.union([
    z.string(),
    z.boolean(),
    z.array(z.union([z.string(), z.boolean(), z.number(), z.array(z.number())])),
  ]),
);

/** `pegasus import pytorch`: model file → .json + .data. What is given beside a configuration goes before it. */
export async function importPytorchJob(given: unknown, context: JobContext): Promise<ImportResult> {
  const options = parseOptions(importPytorchOptions, given);
  const { config } = options;
  if (config === undefined) return importJob('pytorch', named(options), context);
  const read = parseOptions(importPytorchOptions, await readConfig(config));
  const beside = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return importJob('pytorch', named({ ...read, ...beside }, config), context);
}

type PytorchOptions = z.output<typeof importPytorchOptions>;

/** The model is required, on the command line or in the configuration. */
function named(options: PytorchOptions, file?: string): PytorchOptions & { model: string } {
  const { model } = options;
  if (model !== undefined) return { ...options, model };
  throw new StudioError(
    'usage',
    '--model is missing',
    file === undefined ? {} : { file },
    'Name the .pt file.',
  );
}

const specs = optionSpecs(importPytorchOptions).filter(({ key }) => key !== 'config');

/** Options by their names on the command line; underscores are as good as hyphens. */
async function readConfig(file: string): Promise<Record<string, string>> {
  const bytes = await readFileOf(file);
  if (bytes.length > MAX_CONFIG)
    throw new StudioError('file-malformed', 'it is too long for a configuration', { file });
  const parsed = configSchema.safeParse(parseJson(bytes, file));
  if (!parsed.success)
    throw new StudioError('file-malformed', 'not a configuration: it must be an object of option names and texts', { file }); // prettier-ignore
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, value]): [string, string] => {
      const plain = name.replace(/^--/, '').replaceAll('_', '-');
      const spec = specs.find(({ key, name: known }) => known === plain || key === name);
      if (!spec) {
        const known = specs.map((one) => one.name).join(', ');
        throw new StudioError(
          'usage',
          `"${name}" is no option of import pytorch`,
          { file },
          `Options: ${known}.`,
        );
      }
      return [spec.key, textOf(spec.key, value)];
    }),
  );
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new StudioError(
      'file-malformed',
      `not JSON: ${error instanceof Error ? error.message : 'damaged'}`,
      { file },
    );
  }
}

/** A list in the spelling of the command line: names with spaces, sizes with '#', flags with ','. */
function textOf(key: string, value: z.output<typeof configSchema>[string]): string {
  if (!Array.isArray(value)) return typeof value === 'boolean' ? flag(value) : value;
  if (key === 'inputSizeList') {
    const several = value.some((item) => Array.isArray(item) || typeof item === 'string');
    return several ? value.map(String).join('#') : value.join(',');
  }
  return value.map((item) => (typeof item === 'boolean' ? flag(item) : String(item))).join(key === 'sizeWithBatch' ? ',' : ' '); // prettier-ignore
}

const flag = (value: boolean): string => (value ? 'True' : 'False');
