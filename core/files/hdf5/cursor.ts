import { StudioError } from '../../network/errors.ts';

/** Addresses and lengths beyond this can not be in a file that fits into memory. */
const MAX_ADDRESS = 2 ** 48;

/** A problem of an HDF5 file. */
export function damaged(why: string): StudioError {
  return new StudioError(
    'file-malformed',
    `not a whole HDF5 file: ${why}`,
    {},
    'Copy or save the file again.',
  );
}

/** An address that says "nothing is stored". */
export const UNDEFINED_ADDRESS = -1;

/** The bytes of a file and the widths of its numbers. */
export interface Hdf5Bytes {
  bytes: Uint8Array;
  /** Where address 0 is. */
  base: number;
  /** Bytes of an address and of a length: 4 or 8. */
  offsetSize: number;
  lengthSize: number;
}

/** Reads little-endian numbers one after the other; never beyond its end. */
export class Cursor {
  readonly file: Hdf5Bytes;
  at: number;
  readonly end: number;
  private readonly view: DataView;

  /** @param at place in the bytes, base included */
  constructor(file: Hdf5Bytes, at: number, length: number) {
    const { bytes } = file;
    if (at < 0 || length < 0 || at + length > bytes.length) throw damaged('a part lies beyond its end');
    this.file = file;
    this.at = at;
    this.end = at + length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.end - this.at;
  }

  private take(count: number): number {
    if (count > this.left) throw damaged('a part ends too early');
    const { at } = this;
    this.at += count;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  number(width: number): number {
    if (width === 1) return this.u8();
    if (width === 2) return this.u16();
    if (width === 4) return this.u32();
    const value = this.view.getBigUint64(this.take(8), true);
    if (value > MAX_ADDRESS) throw damaged('a size that can not be');
    return Number(value);
  }

  length(): number {
    return this.number(this.file.lengthSize);
  }

  /** A place in the bytes, or {@link UNDEFINED_ADDRESS}. */
  address(): number {
    const { offsetSize, base } = this.file;
    const start = this.take(offsetSize);
    if (this.file.bytes.subarray(start, start + offsetSize).every((byte) => byte === 0xff))
      return UNDEFINED_ADDRESS;
    this.at = start;
    return this.number(offsetSize) + base;
  }

  skip(count: number): void {
    this.take(count);
  }

  raw(count: number): Uint8Array {
    const start = this.take(count);
    return this.file.bytes.subarray(start, start + count);
  }

  /** Whether the next bytes are these letters; they are passed. */
  signature(letters: string): boolean {
    const found = this.raw(letters.length);
    return found.every((byte, i) => byte === letters.charCodeAt(i));
  }

  /** A part of this one that is read on its own; it is passed. */
  part(count: number): Cursor {
    return new Cursor(this.file, this.take(count), count);
  }
}

/** A cursor at an address to the end of the file. */
export const cursorAt = (file: Hdf5Bytes, address: number): Cursor =>
  new Cursor(file, address, Math.max(0, file.bytes.length - address));

/** Text up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
}
