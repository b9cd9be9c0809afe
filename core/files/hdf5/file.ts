import { attributesOf } from './attribute.ts';
import { Cursor, cursorAt, damaged, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';
import { isDataset, readDataset, type Hdf5Dataset } from './dataset.ts';
import { membersOf } from './group.ts';
import { readHeader } from './header.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Objects that are read of one file at most: groups that hold each other would never end. */
const MAX_OBJECTS = 2 ** 18;

/** A group: texts it is marked with, and what it holds. */
export interface Hdf5Group {
  /** Attributes that hold texts; other attributes are empty lists. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  readonly names: readonly string[];
  /** A group in this one, by its path with `/`; undefined when there is none. */
  group(path: string): Hdf5Group | undefined;
  /** An array in this group, by its path with `/`; undefined when there is none. */
  dataset(path: string): Hdf5Dataset | undefined;
}

/** Whether the bytes are those of an HDF5 file. */
export const looksLikeHdf5 = (bytes: Uint8Array): boolean => signatureAt(bytes) >= 0;

/** The signature may stand behind a block of the user's. */
function signatureAt(bytes: Uint8Array): number {
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2)
    if (SIGNATURE.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

/**
 * Opens an HDF5 file as h5py writes it for Keras: groups and arrays are read when they are asked for, arrays as views.
 * Links to other places or files are not followed; the layouts of `libver="latest"` are refused.
 * @throws StudioError file-malformed
 */
export function openHdf5(bytes: Uint8Array): Hdf5Group {
  const start = signatureAt(bytes);
  if (start < 0) throw damaged('it does not start like one');
  const { file, root } = readSuperblock(bytes, start);
  return new Reader(file).group(root);
}

function readSuperblock(bytes: Uint8Array, start: number): { file: Hdf5Bytes; root: number } {
  const file: Hdf5Bytes = { bytes, base: start, offsetSize: 8, lengthSize: 8 };
  const head = new Cursor(file, start + 8, Math.min(88, bytes.length - start - 8));
  const version = head.u8();
  if (version > 3) throw damaged(`version ${version} of HDF5's format is not known`);
  head.skip(version < 2 ? 4 : 0);
  file.offsetSize = width(head.u8());
  file.lengthSize = width(head.u8());
  // Old: node sizes and flags. New: flags.
  head.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
  for (let i = 0; i < (version < 2 ? 4 : 3); i++) head.address();
  if (version < 2) head.skip(file.offsetSize);
  const root = head.address();
  if (root === UNDEFINED_ADDRESS) throw damaged('it has no content');
  return { file, root };
}

function width(size: number): number {
  if (size !== 4 && size !== 8) throw damaged(`addresses of ${size} bytes`);
  return size;
}

/** Reads objects of a file, and counts them. */
class Reader {
  private readonly file: Hdf5Bytes;
  private objects = 0;

  constructor(file: Hdf5Bytes) {
    this.file = file;
  }

  group(address: number): Hdf5Group {
    const messages = this.header(address);
    const members = membersOf(this.file, messages);
    const step = (path: string): [string, string] => {
      const slash = path.indexOf('/');
      return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
    };
    const child = (path: string): Hdf5Group | undefined => {
      const [name, rest] = step(path);
      const at = members.get(name);
      if (at === undefined || isDataset(this.header(at))) return undefined;
      const found = this.group(at);
      return rest === '' ? found : found.group(rest);
    };
    return {
      attributes: attributesOf(this.file, messages),
      names: [...members.keys()],
      group: child,
      dataset: (path) => {
        const [name, rest] = step(path);
        if (rest !== '') return child(name)?.dataset(rest);
        const at = members.get(name);
        const header = at === undefined ? [] : this.header(at);
        return isDataset(header) ? readDataset(this.file, header) : undefined;
      },
    };
  }

  private header(address: number): ReturnType<typeof readHeader> {
    if (++this.objects > MAX_OBJECTS) throw damaged('groups without end');
    return readHeader(this.file, cursorAt(this.file, address).at);
  }
}
