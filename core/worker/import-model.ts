import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import type { SymbolicShapeTable } from '../ops/symbolic-shapes.ts';
import type { ModelFormat, NamedBytes } from './contract.ts';
import type { FileFormat } from '../importers/formats.ts';
import { byExtension, FORMATS } from './formats.ts';
import { READERS } from './readers.ts';

/** A model that was read. */
export interface ImportedModel {
  network: Network;
  /** Shapes by the file spelling of the reference (`@layer:out0`), as far as known. */
  shapes: SymbolicShapeTable;
  /** As people call it. */
  format: string;
  /** The table of a model that was quantized already. */
  quantization?: QuantizeTable | undefined;
  /** The main file; project file names derive from it. */
  file: string;
}

/** Reads one kind of model. */
export interface ModelReader {
  format: FileFormat;
  /** The file to start from, when these files are such a model. */
  main(files: readonly NamedBytes[]): NamedBytes | undefined;
  read(main: NamedBytes, files: readonly NamedBytes[], context: JobContext): Promise<ImportedModel>;
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
): Promise<ImportedModel> {
  for (const reader of readers) {
    const main = reader.main(files);
    if (!main) continue;
    context.log('I', `Reading ${main.name} as ${reader.format.title}`);
    return reader.read(main, files, context);
  }
  throw unreadable(files, readers);
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
