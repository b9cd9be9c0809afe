import { readNetworkFile } from '../files/network-json.ts';
import { parseQuantizeBytes, readQuantizeFile, writeQuantizeFile } from '../files/quantize-file.ts';
import { StudioError } from '../network/errors.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { reconcileRanges } from '../quantization/reconcile.ts';
import { changed, fingerprint, type ProjectFiles } from './project-files.ts';
import { readSettings, writeSettings } from './project-settings.ts';
import { currentRun, runFiles } from './runs.ts';

/** The project's table; parameters follow ranges that were edited in it. @throws StudioError 'file-missing' */
export async function readTable(path: string): Promise<QuantizeTable> {
  if ((await changed(path)) === undefined) {
    throw new StudioError(
      'file-missing',
      'there is no quantize table yet',
      { file: path },
      'Quantize the network first.',
    );
  }
  return reconciled(await readQuantizeFile(path));
}

/** The same of a file that the page read. @throws StudioError as {@link parseQuantizeBytes} */
export function tableOfBytes(bytes: Uint8Array, file: string): QuantizeTable {
  return reconciled(parseQuantizeBytes(bytes, file));
}

function reconciled(table: QuantizeTable): QuantizeTable {
  reconcileRanges(table);
  return table;
}

/** The network file that the table is about: NAME.quantize.json where the table knows its converters. */
export async function tableNetwork(files: ProjectFiles, table: QuantizeTable): Promise<string> {
  if ((await changed(files.hybrid)) === undefined) return files.model;
  const { layers } = await readNetworkFile(files.hybrid);
  for (const { key, op } of layers.values()) {
    if (op === 'dtype_converter' && table.entries.has(`@${key}:out0`)) return files.hybrid;
  }
  return files.model;
}

/** Replaces `customized_quantize_layers`; the run whose table it is stays the project's. */
export async function writeCustomized(
  files: ProjectFiles,
  customized: QuantizeTable['customized'],
): Promise<void> {
  const table = { ...(await readTable(files.table)), customized };
  const run = await currentRun(files);
  if (run) {
    const { table: kept } = runFiles(files, run.number);
    if ((await changed(kept)) !== undefined) await writeQuantizeFile(kept, table);
    const settings = await readSettings(files);
    const print = await fingerprint(kept);
    const runs = settings.runs.map((record) =>
      record.number === run.number && print !== '' ? { ...record, table: print } : record,
    );
    await writeSettings(files, { ...settings, runs });
  }
  await writeQuantizeFile(files.table, table);
}
