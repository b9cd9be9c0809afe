import { StudioError } from '../../network/errors.ts';

/** Two handles, padding and the magic number. */
const FOOTER = 48;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Behind each block: how it is packed, and a checksum. */
const TRAILER = 5;

/** More variables than any model has. */
const MAX_ENTRIES = 2 ** 20;
/** Keys share beginnings with the one before, so that a small file could make long ones. */
const MAX_KEY = 4096;

const utf8 = new TextDecoder();

/** Bytes that are read from front to back. */
class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw damaged('a number is too long');
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw damaged('it ends inside an entry');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

/**
 * Reads a table of sorted keys, LevelDB's format, as the index of a checkpoint has it.
 * @returns views of the values by key
 * @throws StudioError file-malformed
 */
export function readTable(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  try {
    const footer = bytes.subarray(Math.max(0, bytes.length - FOOTER));
    if (footer.length < FOOTER || MAGIC.some((byte, i) => footer[FOOTER - 8 + i] !== byte))
      throw damaged('it does not end as one');
    const handles = new Cursor(footer);
    handles.varint();
    handles.varint();
    const entries = new Map<string, Uint8Array>();
    for (const [, handle] of blockEntries(block(bytes, handles))) {
      for (const [key, value] of blockEntries(block(bytes, new Cursor(handle)))) {
        if (entries.size >= MAX_ENTRIES) throw damaged(`it has more than ${MAX_ENTRIES} entries`);
        entries.set(key, value);
      }
    }
    return entries;
  } catch (error) {
    throw error instanceof StudioError ? error.at({ file }) : error;
  }
}

/** The block that the handle under the cursor names. */
function block(bytes: Uint8Array, handle: Cursor): Uint8Array {
  const [offset, size] = [handle.varint(), handle.varint()];
  if (offset + size + TRAILER > bytes.length) throw damaged('a block is outside of it');
  if (bytes[offset + size] !== 0)
    throw new StudioError(
      'op-unsupported',
      'the index of the checkpoint is compressed',
      {},
      'Save the model again.',
    );
  return bytes.subarray(offset, offset + size);
}

/** Entries up to the list of restart points at the end. */
function* blockEntries(data: Uint8Array): Generator<[string, Uint8Array]> {
  if (data.length < 4) throw damaged('a block is too short');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const restarts = view.getUint32(data.length - 4, true);
  const end = data.length - 4 - restarts * 4;
  if (end < 0) throw damaged('a block is too short');
  const cursor = new Cursor(data.subarray(0, end));
  let previous = new Uint8Array(0);
  while (cursor.at < end) {
    const [shared, own, size] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > previous.length || shared + own > MAX_KEY) throw damaged('a key can not be');
    const key = new Uint8Array(shared + own);
    key.set(previous.subarray(0, shared));
    key.set(cursor.take(own), shared);
    previous = key;
    yield [utf8.decode(key), cursor.take(size)];
  }
}

function damaged(why: string): StudioError {
  return new StudioError(
    'file-malformed',
    `not the index of a checkpoint: ${why}`,
    {},
    'Copy the file again.',
  );
}
