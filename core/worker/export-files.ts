import { lstat, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { StudioError } from '../network/errors.ts';
import type { CaseFileEntry, CaseFileView, ExportView } from './contract-export.ts';
import { exportFolder, folderName, type ExportRecord } from './export-record.ts';
import type { ProjectFiles } from './project-files.ts';

/** Bytes of a file that are shown: of text, and of what is no text. */
const LIMIT = { text: 2 ** 20, binary: 2 ** 11 };
/** Bytes in a row of hexadecimal numbers. */
const ROW = 16;

/** An export for the page, with the size that every file has now. */
export async function exportView(files: ProjectFiles, record: ExportRecord): Promise<ExportView> {
  const { finished, options, warnings, build, packedBuild } = record;
  const folders = await Promise.all(
    record.folders.map(async ({ kind, files: names }) => {
      const folder = exportFolder(files, kind);
      const entries = names.map(async (name): Promise<CaseFileEntry> => {
        const info = await lstat(join(folder, name)).catch(() => undefined);
        return { name: `${folderName(files, kind)}/${name}`, bytes: info?.isFile() ? info.size : null };
      });
      return { kind, folder, files: await Promise.all(entries) };
    }),
  );
  return { finished, dtype: options.dtype, folders, warnings, build, packedBuild };
}

/**
 * The beginning of one file of an export.
 * @param name exactly as {@link exportView} lists it
 * @throws StudioError 'usage' for any other name; 'file-missing' when it was deleted or is a link to elsewhere
 */
export async function caseFileView(
  files: ProjectFiles,
  record: ExportRecord | null,
  name: string,
): Promise<CaseFileView> {
  for (const { kind, files: names } of record?.folders ?? []) {
    const prefix = `${folderName(files, kind)}/`;
    const inside = name.slice(prefix.length);
    if (name.startsWith(prefix) && names.includes(inside)) {
      return readBeginning(exportFolder(files, kind), inside, name);
    }
  }
  throw new StudioError('usage', 'this is no file of the export', { file: name });
}

async function readBeginning(folder: string, inside: string, name: string): Promise<CaseFileView> {
  const path = join(folder, inside);
  const gone = (): StudioError =>
    new StudioError('file-missing', 'the file is not there any more', { file: name }, 'Export again.');
  const info = await lstat(path).catch(() => undefined);
  const [real, root] = await Promise.all([path, folder].map((at) => realpath(at).catch(() => '')));
  // A folder on the way may have been replaced by a link.
  if (!info?.isFile() || real !== `${root}${sep}${inside.split('/').join(sep)}`) throw gone();
  const handle = await open(path, 'r').catch(() => {
    throw gone();
  });
  try {
    const bytes = Buffer.alloc(Math.min(info.size, LIMIT.text));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    const start = bytes.subarray(0, bytesRead);
    const text = textOf(start);
    if (text !== undefined)
      return { name, bytes: info.size, text, binary: false, cut: info.size > bytesRead };
    const shown = start.subarray(0, LIMIT.binary);
    return { name, bytes: info.size, text: hexRows(shown), binary: true, cut: info.size > shown.length };
  } finally {
    await handle.close();
  }
}

/** UTF-8 text; undefined when it is none. The last character may be cut off. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

/** `00000010  2f 2a ...  |/*...|` */
function hexRows(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = [...bytes.subarray(at, at + ROW)];
    const numbers = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(8, '0')}  ${numbers.padEnd(3 * ROW - 1)}  ${letters}`);
  }
  return rows.join('\n');
}
