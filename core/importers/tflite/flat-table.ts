import { ByteBuffer } from 'flatbuffers';
import { StudioError } from '../../network/errors.ts';

/** A valid file stores every list once; one whose lists add up to this many times its size is hostile. */
const OVERLAP = 16;

const broken = (what: string): StudioError =>
  new StudioError('file-malformed', `not a readable TensorFlow Lite model: ${what}`);

/** The bytes of a flatbuffer with what is known about reading them. */
class FlatFile {
  readonly buffer: ByteBuffer;
  readonly size: number;
  private readonly texts = new Map<number, string>();
  private readonly decoder = new TextDecoder();
  private budget: number;

  constructor(bytes: Uint8Array) {
    this.buffer = new ByteBuffer(bytes);
    this.size = bytes.length;
    this.budget = OVERLAP * bytes.length;
  }

  /** @throws StudioError when the range is not inside the file */
  check(at: number, length: number): void {
    if (at < 0 || at + length > this.size) throw broken(`it points at byte ${at} of ${this.size}`);
  }

  /** Follows the offset stored at a place. */
  follow(at: number): number {
    this.check(at, 4);
    return at + this.buffer.readUint32(at);
  }

  /** Start and length of the list that the offset at a place points to. */
  list(at: number, width: number): { start: number; count: number } {
    const begin = this.follow(at);
    this.check(begin, 4);
    const count = this.buffer.readUint32(begin);
    this.check(begin + 4, count * width);
    return { start: begin + 4, count };
  }

  /** Counts elements that are about to be copied out. */
  spend(count: number): void {
    this.budget -= count;
    if (this.budget < 0) throw broken('its lists overlap');
  }

  text(at: number): string {
    const { start, count } = this.list(at, 1);
    const known = this.texts.get(start);
    if (known !== undefined) return known;
    this.spend(count);
    const text = this.decoder.decode(this.buffer.bytes().subarray(start, start + count));
    this.texts.set(start, text);
    return text;
  }
}

/** Kinds of numbers by their name in schemas. */
const READERS = {
  bool: { width: 1, read: (b: ByteBuffer, at: number) => b.readUint8(at) },
  byte: { width: 1, read: (b: ByteBuffer, at: number) => b.readInt8(at) },
  ubyte: { width: 1, read: (b: ByteBuffer, at: number) => b.readUint8(at) },
  ushort: { width: 2, read: (b: ByteBuffer, at: number) => b.readUint16(at) },
  int: { width: 4, read: (b: ByteBuffer, at: number) => b.readInt32(at) },
  uint: { width: 4, read: (b: ByteBuffer, at: number) => b.readUint32(at) },
  long: { width: 8, read: (b: ByteBuffer, at: number) => Number(b.readInt64(at)) },
  ulong: { width: 8, read: (b: ByteBuffer, at: number) => Number(b.readUint64(at)) },
  float: { width: 4, read: (b: ByteBuffer, at: number) => b.readFloat32(at) },
} as const;

/** A kind of number of a flatbuffer schema; 64-bit ones beyond 2^53 lose low bits. */
export type NumberKind = keyof typeof READERS;

/**
 * One table of a flatbuffer. Fields are asked for by their number in the schema; every offset and count is checked
 * against the file before it is followed.
 */
export class FlatTable {
  private readonly file: FlatFile;
  private readonly position: number;
  private readonly size: number;
  private readonly vtable: number;
  private readonly vtableSize: number;

  private constructor(file: FlatFile, position: number) {
    const { buffer } = file;
    file.check(position, 4);
    const vtable = position - buffer.readInt32(position);
    file.check(vtable, 4);
    this.vtableSize = buffer.readUint16(vtable);
    this.size = buffer.readUint16(vtable + 2);
    if (this.vtableSize < 4 || this.size < 4) throw broken('a table is too small');
    file.check(vtable, this.vtableSize);
    file.check(position, this.size);
    this.file = file;
    this.position = position;
    this.vtable = vtable;
  }

  /** The outermost table. @throws StudioError file-malformed, as every method here */
  static root(bytes: Uint8Array): FlatTable {
    const file = new FlatFile(bytes);
    return new FlatTable(file, file.follow(0));
  }

  /** Place of a field's bytes, or undefined when it has its default. */
  private place(field: number, width: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.vtableSize) return undefined;
    const offset = this.file.buffer.readUint16(this.vtable + entry);
    if (offset === 0) return undefined;
    if (offset + width > this.size) throw broken('a field lies outside its table');
    return this.position + offset;
  }

  number(field: number, kind: NumberKind, fallback = 0): number {
    const { width, read } = READERS[kind];
    const at = this.place(field, width);
    return at === undefined ? fallback : read(this.file.buffer, at);
  }

  bool(field: number): boolean {
    return this.number(field, 'bool') !== 0;
  }

  /** A list of numbers; undefined when absent. */
  numbers(field: number, kind: NumberKind): number[] | undefined {
    const { width, read } = READERS[kind];
    const at = this.place(field, 4);
    if (at === undefined) return undefined;
    const { start, count } = this.file.list(at, width);
    this.file.spend(count);
    return Array.from({ length: count }, (_, i) => read(this.file.buffer, start + i * width));
  }

  /** A list of bytes, not copied; undefined when absent. */
  bytes(field: number): Uint8Array | undefined {
    const at = this.place(field, 4);
    if (at === undefined) return undefined;
    const { start, count } = this.file.list(at, 1);
    return this.file.buffer.bytes().subarray(start, start + count);
  }

  text(field: number): string | undefined {
    const at = this.place(field, 4);
    return at === undefined ? undefined : this.file.text(at);
  }

  /** A table; undefined when absent. */
  table(field: number): FlatTable | undefined {
    const at = this.place(field, 4);
    return at === undefined ? undefined : new FlatTable(this.file, this.file.follow(at));
  }

  /** A list of tables; none when absent. */
  tables(field: number): FlatTable[] {
    const at = this.place(field, 4);
    if (at === undefined) return [];
    const { start, count } = this.file.list(at, 4);
    this.file.spend(count);
    return Array.from({ length: count }, (_, i) => new FlatTable(this.file, this.file.follow(start + 4 * i)));
  }
}
