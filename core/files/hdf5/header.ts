import { Cursor, cursorAt, damaged, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';

/** Kinds of header messages we read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message of an object's header. */
export interface Message {
  type: number;
  /** It is a pointer to a message elsewhere. */
  shared: boolean;
  body: Cursor;
}

/** More pieces than any real header has. */
const MAX_BLOCKS = 4096;

/** Messages of the object whose header is at `address`. @throws StudioError file-malformed */
export function readHeader(file: Hdf5Bytes, address: number): Message[] {
  const start = cursorAt(file, address);
  const isNew = start.left >= 4 && start.signature('OHDR');
  start.at = address;
  const first = isNew ? newStart(start) : oldStart(start);
  const messages: Message[] = [];
  const blocks = [first.block];
  for (let next = 0; next < blocks.length; next++) {
    if (next > MAX_BLOCKS) throw damaged('a header goes on without end');
    for (const message of messagesOf(blocks[next], first)) {
      if (message.type === MESSAGE.continuation) blocks.push(continued(file, message.body, isNew));
      else messages.push(message);
    }
  }
  return messages;
}

/** How messages of a header are written. */
interface Style {
  isNew: boolean;
  /** New headers may number the messages. */
  ordered: boolean;
}

function oldStart(cursor: Cursor): Style & { block: Cursor } {
  if (cursor.u8() !== 1) throw damaged('an object has no header');
  cursor.skip(7);
  const size = cursor.u32();
  cursor.skip(4);
  return { isNew: false, ordered: false, block: cursor.part(Math.min(size, cursor.left)) };
}

function newStart(cursor: Cursor): Style & { block: Cursor } {
  cursor.skip(4);
  if (cursor.u8() !== 2) throw damaged('an object has a header of unknown kind');
  const flags = cursor.u8();
  if ((flags & 0x20) !== 0) cursor.skip(16);
  if ((flags & 0x10) !== 0) cursor.skip(4);
  const size = cursor.number(1 << (flags & 3));
  return { isNew: true, ordered: (flags & 4) !== 0, block: cursor.part(size) };
}

function continued(file: Hdf5Bytes, body: Cursor, isNew: boolean): Cursor {
  const address = body.address();
  const length = body.length();
  if (address === UNDEFINED_ADDRESS) throw damaged('a header goes on nowhere');
  const block = new Cursor(file, address, length);
  if (!isNew) return block;
  if (length < 8 || !block.signature('OCHK')) throw damaged('a header goes on nowhere');
  // The checksum stands behind the messages.
  return new Cursor(file, block.at, length - 8);
}

function* messagesOf(block: Cursor, { isNew, ordered }: Style): Generator<Message> {
  const head = isNew ? (ordered ? 6 : 4) : 8;
  while (block.left >= head) {
    const type = isNew ? block.u8() : block.u16();
    const size = block.u16();
    const flags = block.u8();
    block.skip(head - (isNew ? 4 : 5));
    yield { type, shared: (flags & 2) !== 0, body: block.part(size) };
  }
}
