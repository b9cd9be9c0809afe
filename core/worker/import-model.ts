import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { SymbolicShapeTable } from '../ops/symbolic-shapes.ts';
import type { ModelFormat, NamedBytes } from './contract.ts';
import type { ImportChoices, MissingFile } from './contract-model.ts';
import type { FileFormat } from '../importers/formats.ts';
import type { OnnxGraph } from '../importers/onnx/graph.ts';
import type { ImportOptions } from '../importers/options.ts';
import { byExtension, FORMATS, hasEnding } from './formats.ts';
import { settingOptions, type ImportSetting } from './import-settings.ts';
import { READERS } from './readers.ts';
import { importOptionsOf } from './source-choices.ts';

/** A model that was read. */
export interface ImportedModel {
  network: Network;
  /** Shapes by the file spelling of the reference (`@layer:out0`), as far as known. */
  shapes: SymbolicShapeTable;
  /** As people call it. */
  format: string;
  /** The table of a model that was quantized already. */
  quantization?: QuantizeTable | undefined;
  /** What is to be known about the import, one sentence each. */
  notes?: readonly string[];
  /** The main file; project file names derive from it. */
  file: string;
}

/** A model as files, before anything of it is read. */
export interface ModelFiles {
  reader: ModelReader;
  main: NamedBytes;
  /** What belongs to it. */
  others: readonly NamedBytes[];
}

/** Reads one kind of model. */
export interface ModelReader {
  format: FileFormat;
  /** Options that only this kind has. */
  settings?: readonly ImportSetting[];
  read(model: ModelFiles, context: JobContext, options?: Partial<ImportOptions>): Promise<ImportedModel>;
  /** The graph that {@link read} converts; absent for networks that are converted already. */
  graph?(model: ModelFiles, options?: Partial<ImportOptions>): Promise<OnnxGraph>;
}

/** All formats, those with a reader first. */
export function modelFormats(readers: readonly ModelReader[] = READERS): ModelFormat[] {
  const readable = new Set(readers.map((reader) => reader.format.title));
  const all = FORMATS.map(({ title, extensions, companions }) => ({
    name: title,
    extensions: [...extensions],
    companions: [...companions],
    readable: readable.has(title),
  }));
  return [...all.filter((format) => format.readable), ...all.filter((format) => !format.readable)];
}

/** Reads whatever model these files are. Throws a sentence for people when they are none. */
export async function importModelJob(
  files: readonly NamedBytes[],
  context: JobContext,
  readers: readonly ModelReader[] = READERS,
  choices: ImportChoices | null = null,
): Promise<ImportedModel> {
  return readModel(findModelFiles(files, readers), context, choices);
}

/** Reads a model as it is, or as it was chosen. */
export async function readModel(
  model: ModelFiles,
  context: JobContext,
  choices: ImportChoices | null = null,
): Promise<ImportedModel> {
  const { reader, main } = model;
  context.log('I', `Reading ${main.name} as ${reader.format.title}`);
  if (!choices || !reader.graph) return reader.read(model, context);
  const own = settingOptions(reader.settings ?? [], choices.settings);
  const graph = await reader.graph(model, own);
  return reader.read(model, context, { ...own, ...importOptionsOf(graph, choices) });
}

/**
 * Which of the files is the model, and which belong to it: of several with the same ending, the one of its name.
 * @throws StudioError 'file-unreadable' when none is a model
 */
export function findModelFiles(
  files: readonly NamedBytes[],
  readers: readonly ModelReader[] = READERS,
): ModelFiles {
  for (const reader of readers) {
    const { extensions, asks = [] } = reader.format;
    const mains = files.filter(({ name }) => hasEnding(name, extensions));
    const pairs = (main: NamedBytes): NamedBytes[] =>
      files.filter(({ name }) =>
        asks.some(
          ({ ending }) => hasEnding(name, [ending]) && stem(name, [ending]) === stem(main.name, extensions),
        ),
      );
    const main = mains.find((one) => pairs(one).length > 0) ?? mains[0];
    if (!main) continue;
    const pair = pairs(main);
    const rivals = new Set(
      pair.flatMap(({ name }) => asks.filter(({ ending }) => hasEnding(name, [ending]))),
    );
    const others = files.filter(
      (one) =>
        !mains.includes(one) &&
        (pair.includes(one) || ![...rivals].some(({ ending }) => hasEnding(one.name, [ending]))),
    );
    return { reader, main, others };
  }
  throw unreadable(files, readers);
}

/** Files that a model of this kind has and that did not come with it. */
export function missingFiles({ reader, main, others }: ModelFiles): MissingFile[] {
  return (reader.format.asks ?? [])
    .filter(
      ({ ending, of }) =>
        (of?.test(main.name) ?? true) && !others.some(({ name }) => hasEnding(name, [ending])),
    )
    .map(({ ending, optional }) => ({ name: ending, optional }));
}

/** A file name without its ending. */
export function stem(name: string, extensions: readonly string[]): string {
  const ending = extensions.find((extension) => hasEnding(name, [extension]));
  return ending === undefined ? name : name.slice(0, -ending.length);
}

function unreadable(files: readonly NamedBytes[], readers: readonly ModelReader[]): StudioError {
  const file = files[0]?.name ?? '';
  const formats = modelFormats(readers);
  const coming = formats.find((format) => !format.readable && byExtension(...format.extensions)(files));
  if (coming) {
    return new StudioError(
      'file-unreadable',
      `Nibble Studio does not read ${coming.name} models yet`,
      { file },
      'Export the model to ONNX and open that.',
    );
  }
  const readable = formats.filter((format) => format.readable);
  const part = readable.find((format) => byExtension(...format.companions)(files));
  if (part) {
    return new StudioError(
      'file-unreadable',
      `this is only a part of a model: ${part.name} models begin with a file that ends in ${part.extensions.join(' or ')}`,
      { file },
      'Choose all files of the model together.',
    );
  }
  return new StudioError(
    'file-unreadable',
    'this is not a kind of model file the studio knows',
    { file },
    `Choose a file that ends in ${readable.flatMap((format) => format.extensions).join(' or ')}.`,
  );
}
