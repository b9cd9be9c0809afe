import { inflateRawSync } from 'node:zlib';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { StudioError } from '../network/errors.ts';

/** Most entries that an archive may list. */
const MAX_ENTRIES = 2 ** 17;

/** Most bytes that one compressed entry may unpack to. Stored entries are views and need no limit. */
const MAX_UNPACKED = 2 ** 31 - 1;

/** How often larger than packed an entry may be: deflate can not exceed 1032. */
const MAX_RATIO = 1032;

/** The files of a .zip archive: PyTorch archives, .keras models, .npz arrays. */
export interface ZipArchive {
  /** Names with folders, in the order of the archive. */
  readonly names: readonly string[];
  /** The bytes of an entry; a view of the archive when it is stored as it is. @throws StudioError file-malformed */
  bytes(name: string): Uint8Array;
  has(name: string): boolean;
}

/** Whether the first bytes are those of a .zip archive. */
export const looksLikeZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] <= 5;

/**
 * Lists an archive; entries are unpacked when they are asked for. Names are only names here: nothing is ever
 * written to a path that an archive says.
 * @throws StudioError file-malformed: not an archive, sizes that can't be, two entries of one name
 */
export async function readZip(bytes: Uint8Array): Promise<ZipArchive> {
  const entries = await listEntries(bytes);
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    bytes: (name) => {
      const entry = entries.get(name);
      if (!entry) throw malformed(`it holds no "${name}"`);
      return unpacked(bytes, entry);
    },
  };
}

async function listEntries(bytes: Uint8Array): Promise<Map<string, Entry>> {
  const archive = await new Promise<ZipFile>((resolve, reject) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    fromBuffer(buffer, { lazyEntries: true, strictFileNames: false }, (error, opened) =>
      error ? reject(malformed(error.message)) : resolve(opened),
    );
  });
  const entries = new Map<string, Entry>();
  if (archive.entryCount > MAX_ENTRIES) throw malformed(`it lists ${archive.entryCount} files`);
  await new Promise<void>((resolve, reject) => {
    archive.on('error', (error: Error) => reject(malformed(error.message)));
    archive.on('end', () => resolve());
    archive.on('entry', (entry: Entry) => {
      if (entries.has(entry.fileName)) return reject(malformed(`it holds "${entry.fileName}" twice`));
      entries.set(entry.fileName, entry);
      archive.readEntry();
    });
    archive.readEntry();
  });
  return entries;
}

function unpacked(bytes: Uint8Array, entry: Entry): Uint8Array {
  const { fileName, compressedSize, uncompressedSize, compressionMethod } = entry;
  if (entry.isEncrypted()) throw malformed(`"${fileName}" in it is encrypted`);
  const packed = packedBytes(bytes, entry);
  if (compressionMethod === 0) {
    if (compressedSize !== uncompressedSize)
      throw malformed(`the sizes of "${fileName}" contradict each other`);
    return packed;
  }
  if (compressionMethod !== 8) throw malformed(`"${fileName}" is packed with method ${compressionMethod}`);
  if (uncompressedSize > MAX_UNPACKED || uncompressedSize > compressedSize * MAX_RATIO)
    throw malformed(`"${fileName}" says that it unpacks to ${uncompressedSize} bytes`);
  let data: Uint8Array;
  try {
    data = inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
  } catch (error) {
    throw malformed(
      `"${fileName}" can not be unpacked (${error instanceof Error ? error.message : 'damaged'})`,
    );
  }
  if (data.length !== uncompressedSize)
    throw malformed(`"${fileName}" unpacks to ${data.length} bytes instead of ${uncompressedSize}`);
  return data;
}

/** The data of an entry: behind its local header, whose name and extra field may differ from the directory's. */
function packedBytes(bytes: Uint8Array, entry: Entry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = entry.relativeOffsetOfLocalHeader;
  if (at + 30 > bytes.length || view.getUint32(at, true) !== 0x04034b50)
    throw malformed(`"${entry.fileName}" is not where the archive says`);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const end = start + entry.compressedSize;
  if (end > bytes.length) throw malformed(`"${entry.fileName}" reaches beyond the end of the file`);
  return bytes.subarray(start, end);
}

function malformed(why: string): StudioError {
  return new StudioError('file-malformed', `not a whole .zip archive: ${why}`, {}, 'Copy the file again.');
}
