import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import { readAcuityNetwork } from './acuity-reader.ts';
import type { ModelFormat, NamedBytes } from './contract.ts';

/** A model that was read. */
export interface ImportedModel {
  network: Network;
  /** Shapes by the file spelling of the reference (`@layer:out0`), as far as known. */
  shapes: ReadonlyMap<string, Shape>;
  /** As people call it. */
  format: string;
  /** The main file; project file names derive from it. */
  file: string;
}

/** Reads one kind of model. */
export interface ModelReader {
  format: ModelFormat;
  /** The file to start from, when these files are such a model. */
  main(files: readonly NamedBytes[]): NamedBytes | undefined;
  read(main: NamedBytes, files: readonly NamedBytes[], context: JobContext): Promise<ImportedModel>;
}

/** THE place where importers are plugged into the studio, in order of preference. */
export const READERS: readonly ModelReader[] = [
  {
    format: { name: 'ACUITY network', extensions: ['.json'], readable: true },
    main: byExtension('.json'),
    read: readAcuityNetwork,
  },
];

/** Formats that the command line reads and the studio does not read yet. */
const COMING: readonly ModelFormat[] = [
  { name: 'ONNX', extensions: ['.onnx'], readable: false },
  { name: 'TensorFlow', extensions: ['.pb'], readable: false },
  { name: 'TensorFlow Lite', extensions: ['.tflite'], readable: false },
  { name: 'Caffe', extensions: ['.prototxt', '.caffemodel'], readable: false },
  { name: 'Darknet', extensions: ['.cfg', '.weights'], readable: false },
  { name: 'Keras', extensions: ['.h5', '.hdf5', '.keras'], readable: false },
  { name: 'PyTorch', extensions: ['.pt', '.pth'], readable: false },
];

/** All formats, the readable ones first; a format with a reader is never listed as coming. */
export function modelFormats(readers: readonly ModelReader[] = READERS): ModelFormat[] {
  const readable = readers.map((reader) => reader.format);
  const names = new Set(readable.map((format) => format.name));
  return [...readable, ...COMING.filter((format) => !names.has(format.name))];
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
    context.log('I', `Reading ${main.name} as ${reader.format.name}`);
    return reader.read(main, files, context);
  }
  throw unreadable(files, readers);
}

/** Picks the first file with one of these extensions. */
export function byExtension(...extensions: string[]): ModelReader['main'] {
  return (files) => files.find(({ name }) => extensions.some((end) => name.toLowerCase().endsWith(end)));
}

function unreadable(files: readonly NamedBytes[], readers: readonly ModelReader[]): StudioError {
  const file = files[0]?.name ?? '';
  const formats = modelFormats(readers);
  const coming = formats.find((format) => !format.readable && byExtension(...format.extensions)(files));
  if (coming) {
    return new StudioError(
      'file-unreadable',
      `the studio does not read ${coming.name} models yet`,
      { file },
      'Import it with the pegasus command line, then open the .json it writes.',
    );
  }
  const known = formats.filter((format) => format.readable).flatMap((format) => format.extensions);
  return new StudioError(
    'file-unreadable',
    'this is not a kind of model file the studio knows',
    { file },
    `Choose a file that ends in ${known.join(' or ')}.`,
  );
}
