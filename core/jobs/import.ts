import { basename, dirname, extname, join } from 'node:path';
import { writeCoefficients } from '../files/coefficients.ts';
import { readFileOf } from '../files/atomic.ts';
import { writeNetworkFile } from '../files/network-json.ts';
import { writeQuantizeFile } from '../files/quantize-file.ts';
import type { Framework } from '../importers/formats.ts';
import type { ImportOptions, ModelFile } from '../importers/options.ts';
import { StudioError } from '../network/errors.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { Network } from '../network/network.ts';
import type { JobContext } from './context.ts';
import {
  importCaffeOptions,
  importKerasOptions,
  importDarknetOptions,
  importOnnxOptions,
  importTfliteOptions,
} from './import-options.ts';
import { networkStem } from './load.ts';
import { parseOptions } from './options.ts';

/** What an import wrote. */
export interface ImportResult {
  network: Network;
  /** `quantize` only where the model brings its own quantization. */
  files: { model: string; data: string; quantize?: string };
}

/** What the imports of all frameworks have among their options. */
interface CommonOptions {
  model: string;
  inputs?: string | undefined;
  outputs?: string | undefined;
  inputSizeList?: string | undefined;
  sizeWithBatch?: string | undefined;
  inputDtypeList?: string | undefined;
  outputModel?: string | undefined;
  outputData?: string | undefined;
  outputQuantize?: string | undefined;
}

/** What is particular to the import of one framework. */
export interface ImportParticulars {
  /** Files beside the model that the options name. */
  companions?: readonly string[];
  /** Options that only this importer understands. */
  options?: Partial<ImportOptions>;
}

/** `pegasus import onnx`: model file → .json + .data. */
export function importOnnxJob(options: unknown, context: JobContext): Promise<ImportResult> {
  return importJob('onnx', parseOptions(importOnnxOptions, options), context);
}

/** `pegasus import keras`: model file → .json + .data. */
export function importKerasJob(options: unknown, context: JobContext): Promise<ImportResult> {
  return importJob('keras', parseOptions(importKerasOptions, options), context);
}

/** `pegasus import tflite`: model file → .json + .data, and .quantize of an integer model. */
export function importTfliteJob(options: unknown, context: JobContext): Promise<ImportResult> {
  return importJob('tflite', parseOptions(importTfliteOptions, options), context);
}

/** `pegasus import caffe`: .prototxt and .caffemodel → .json + .data. */
export function importCaffeJob(options: unknown, context: JobContext): Promise<ImportResult> {
  const { weights, proto, ...given } = parseOptions(importCaffeOptions, options);
  const files = weights === undefined ? {} : { companions: [weights] };
  const named = weights === undefined ? {} : { weights: basename(weights) };
  return importJob('caffe', given, context, { ...files, options: { ...named, caffeProto: proto } });
}

/** `pegasus import darknet`: .cfg and .weights → .json + .data. */
export function importDarknetJob(options: unknown, context: JobContext): Promise<ImportResult> {
  const { weights, ...given } = parseOptions(importDarknetOptions, options);
  return importJob('darknet', given, context, {
    companions: [weights],
    options: { weights: basename(weights) },
  });
}

/** `pegasus import FRAMEWORK`: model file → .json + .data, and .quantize where the model is quantized. */
export async function importJob(
  framework: Framework,
  given: CommonOptions,
  context: JobContext,
  particulars: ImportParticulars = {},
): Promise<ImportResult> {
  const name = basename(given.model, extname(given.model));
  context.log('I', `Start importing ${framework}...`);
  context.progress(0, 'reading the model');
  // The files are read while the importer's code is loaded.
  const [bytes, companions, { importerOf }, { inferShapes }] = await Promise.all([
    readFileOf(given.model),
    Promise.all((particulars.companions ?? []).map(readCompanion)),
    import('../importers/registry.ts'),
    import('../ops/shapes.ts'),
  ]);
  const importer = importerOf(framework);
  const network = await atFile(given.model, () =>
    importer.import(bytes, {
      name,
      folder: dirname(given.model),
      companions,
      inputs: splitNames(given.inputs),
      outputs: splitNames(given.outputs),
      inputSizes: parseSizes(given.inputSizeList),
      sizesWithBatch: parseFlags(given.sizeWithBatch),
      inputTypes: parseTypes(given.inputDtypeList),
      signal: context.signal,
      progress: (fraction, text) => context.progress(0.1 + fraction * 0.6, text),
      ...particulars.options,
    }),
  );
  context.log('I', `End importing ${framework}...`);
  await atFile(given.model, () => inferShapes(network));
  const stem = join(dirname(given.model), name);
  const model = given.outputModel ?? `${stem}.json`;
  const files: ImportResult['files'] = { model, data: given.outputData ?? `${stem}.data` };
  const { table, notes } = await ownTableOf(network);
  for (const note of [...network.notes, ...notes]) context.log('W', note);
  await writeNetwork(network, files, context);
  if (table) {
    files.quantize = given.outputQuantize ?? `${networkStem(model)}.quantize`;
    await writeOwnTable(table, files.quantize, context);
  }
  context.progress(1, 'imported');
  return { network, files };
}

async function readCompanion(path: string): Promise<ModelFile> {
  return { name: basename(path), bytes: await readFileOf(path) };
}

/** Code for a model's own quantization is loaded only when there is some. */
async function ownTableOf(
  network: Network,
): Promise<{ table?: QuantizeTable | undefined; notes: readonly string[] }> {
  if (!network.quantization) return { notes: [] };
  return (await import('../quantization/own-table.ts')).ownTable(network);
}

async function writeNetwork(
  network: Network,
  files: ImportResult['files'],
  context: JobContext,
): Promise<void> {
  context.signal.throwIfAborted();
  context.progress(0.8, 'writing the coefficients');
  await writeCoefficients(files.data, network.coefficients);
  context.log('I', `Save net to ${files.data}`);
  context.progress(0.95, 'writing the network');
  await writeNetworkFile(files.model, network);
  context.log('I', `Dump net to ${files.model}`);
}

async function writeOwnTable(table: QuantizeTable, file: string, context: JobContext): Promise<void> {
  context.signal.throwIfAborted();
  await writeQuantizeFile(file, table);
  const { size } = table.entries;
  context.log(
    'I',
    `The model brings its own quantization: dump net quantize tensor table of ${size} entries to ${file}`,
  );
}

/** Problems inside a model get the model's file name. */
async function atFile<Result>(file: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StudioError && error.code !== 'usage' ? error.at({ file }) : error;
  }
}

function splitNames(text: string | undefined): string[] | undefined {
  const items = text?.split(/\s+/).filter((item) => item !== '');
  return items && items.length > 0 ? items : undefined;
}

/** Parses `3,224,224#12,1`; nothing between two hashtags is a scalar. Throws 'usage'. */
export function parseSizes(text: string | undefined): number[][] | undefined {
  return text?.split('#').map((size) =>
    (size.trim() === '' ? [] : size.split(',')).map((item) => {
      if (!/^\s*\d+\s*$/.test(item)) {
        throw new StudioError(
          'usage',
          `--input-size-list: "${item}" in "${text}" is not a size`,
          {},
          "Write sizes like '3,224,224#12,1'.",
        );
      }
      return Number(item);
    }),
  );
}

/** `--input-dtype-list` names of the guide, and ONNX's own. */
const INPUT_TYPES: Readonly<Record<string, string>> = {
  float: 'float32',
  float32: 'float32',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  int64: 'int64',
};

function parseTypes(text: string | undefined): string[] | undefined {
  return text?.split('#').map((item) => {
    const type = INPUT_TYPES[item.trim()];
    if (type) return type;
    const valid = Object.keys(INPUT_TYPES).join(', ');
    throw new StudioError('usage', `--input-dtype-list: "${item}" is not one of ${valid}`);
  });
}

function parseFlags(text: string | undefined): boolean[] | undefined {
  return text?.split(/[,#]/).map((item) => {
    const word = item.trim().toLowerCase();
    if (word !== 'true' && word !== 'false') {
      throw new StudioError('usage', `--size-with-batch: "${item}" is neither True nor False`);
    }
    return word === 'true';
  });
}
