import { parseCoefficients } from '../files/coefficients.ts';
import { decodeText } from '../files/atomic.ts';
import { parseNetwork } from '../files/network-json.ts';
import { importers, type Importer } from '../importers/registry.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import { knownSymbolicShapes } from '../ops/symbolic-shapes.ts';
import { ownTable } from '../quantization/own-table.ts';
import type { NamedBytes } from './contract.ts';
import { ACUITY_FILES, byExtension } from './formats.ts';
import type { ImportedModel, ModelReader } from './import-model.ts';

/** Reads a NAME.json network, with the coefficients when its .data file was given too. */
async function readAcuityNetwork(
  main: NamedBytes,
  files: readonly NamedBytes[],
  context: JobContext,
): Promise<ImportedModel> {
  const file = main.name;
  context.progress(0, `Reading ${file}`);
  const network = parseNetwork(decodeText(main.bytes, file), { file });
  await breathe(context);
  const data = byExtension('.data')(files);
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
  return {
    format: importer,
    main: byExtension(...importer.extensions),
    read: async (main, files, context) => {
      const file = main.name;
      try {
        const network = await importer.import(main.bytes, {
          name: file,
          companions: files.filter((one) => one !== main),
          signal: context.signal,
          progress: (fraction, text) => context.progress(fraction, text),
        });
        const { table: quantization, notes } = ownTable(network);
        for (const note of [...network.notes, ...notes]) context.log('W', note);
        if (quantization) context.log('I', 'The model brings its own quantization');
        const shapes = knownSymbolicShapes(network);
        return { network, shapes, format: importer.title, file, quantization };
      } catch (error) {
        throw error instanceof StudioError ? error.at({ file }) : error;
      }
    },
  };
}

/** THE place where importers are plugged into the studio, in order of preference. */
export const READERS: readonly ModelReader[] = [
  ...importers.map(importerReader),
  { format: ACUITY_FILES, main: byExtension(...ACUITY_FILES.extensions), read: readAcuityNetwork },
];
