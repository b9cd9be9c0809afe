import { parseCoefficients } from '../files/coefficients.ts';
import { decodeText } from '../files/atomic.ts';
import { parseNetwork } from '../files/network-json.ts';
import type { ImportOptions } from '../importers/options.ts';
import { importers, type Importer } from '../importers/registry.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import { knownSymbolicShapes } from '../ops/symbolic-shapes.ts';
import { ownTable } from '../quantization/own-table.ts';
import { ACUITY_FILES, byExtension } from './formats.ts';
import { IMPORT_SETTINGS } from './import-settings.ts';
import type { ImportedModel, ModelFiles, ModelReader } from './import-model.ts';

/** Reads a NAME.json network, with the coefficients when its .data file was given too. */
async function readAcuityNetwork({ main, others }: ModelFiles, context: JobContext): Promise<ImportedModel> {
  const file = main.name;
  context.progress(0, `Reading ${file}`);
  const network = parseNetwork(decodeText(main.bytes, file), { file });
  await breathe(context);
  const data = byExtension('.data')(others);
  if (data) {
    context.progress(0.5, `Reading ${data.name}`);
    for (const [key, tensors] of parseCoefficients(data.bytes, data.name))
      network.coefficients.set(key, tensors);
  }
  await breathe(context);
  return { network, shapes: knownSymbolicShapes(network), format: ACUITY_FILES.title, file };
}

/** Lets a waiting cancel in, then stops if there was one. */
async function breathe({ signal }: JobContext): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal.aborted) throw new StudioError('cancelled', 'the import was cancelled');
}

/** A reader around one of the importers. */
function importerReader(importer: Importer): ModelReader {
  const given = ({ main, others }: ModelFiles): ImportOptions => ({ name: main.name, companions: others });
  return {
    format: importer,
    settings: IMPORT_SETTINGS[importer.framework] ?? [],
    read: async (model, context, options = {}) => {
      const file = model.main.name;
      const network = await atFile(file, () =>
        importer.import(model.main.bytes, {
          ...given(model),
          ...options,
          signal: context.signal,
          progress: (fraction, text) => context.progress(fraction, text),
        }),
      );
      const { table: quantization, notes: ofTable } = ownTable(network);
      const notes = [...network.notes, ...ofTable];
      for (const note of notes) context.log('W', note);
      if (quantization) context.log('I', 'The model brings its own quantization');
      const shapes = await atFile(file, () => knownSymbolicShapes(network));
      return { network, shapes, format: importer.title, file, quantization, notes };
    },
    graph: (model, options = {}) =>
      atFile(
        model.main.name,
        async () => (await importer.read(model.main.bytes, { ...given(model), ...options })).graph,
      ),
  };
}

async function atFile<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StudioError ? error.at({ file }) : error;
  }
}

/** THE place where importers are plugged into the studio, in order of preference. */
export const READERS: readonly ModelReader[] = [
  ...importers.map(importerReader),
  { format: ACUITY_FILES, read: readAcuityNetwork },
];
