import { cursorAt, damaged, textOf, UNDEFINED_ADDRESS, type Cursor, type Hdf5Bytes } from './cursor.ts';
import { MESSAGE, type Message } from './header.ts';
import { eachLeaf } from './tree.ts';

/** More members than any model's group has. */
const MAX_MEMBERS = 2 ** 17;

/** Members of a group: places of their headers by name. Links to other places or files are left out. */
export function membersOf(file: Hdf5Bytes, messages: readonly Message[]): Map<string, number> {
  const members = new Map<string, number>();
  const add = (name: string, address: number): void => {
    if (members.has(name)) throw damaged(`it holds "${name}" twice`);
    if (members.size >= MAX_MEMBERS) throw damaged('a group without end');
    members.set(name, address);
  };
  for (const { type, body } of messages) {
    if (type === MESSAGE.symbolTable) readTable(file, body, add);
    else if (type === MESSAGE.link) readLink(body, add);
    else if (type === MESSAGE.linkInfo) refuseDense(body);
  }
  return members;
}

type Add = (name: string, address: number) => void;

/** An old group: a B-tree of tables, names in a heap. */
function readTable(file: Hdf5Bytes, body: Cursor, add: Add): void {
  const tree = body.address();
  const names = heapOf(file, body.address());
  const { lengthSize, offsetSize } = file;
  eachLeaf(file, tree, { type: 0, keySize: lengthSize }, (_, address) => {
    const node = cursorAt(file, address);
    if (!node.signature('SNOD')) throw damaged('a group has no table');
    node.skip(2);
    for (let left = node.u16(); left > 0; left--) {
      const name = node.number(offsetSize);
      const header = node.address();
      const cached = node.u32();
      node.skip(20);
      // 2 = a soft link, which only names another place.
      if (cached !== 2 && header !== UNDEFINED_ADDRESS) add(textOf(names.subarray(name)), header);
    }
  });
}

function heapOf(file: Hdf5Bytes, address: number): Uint8Array {
  const heap = cursorAt(file, address);
  if (!heap.signature('HEAP')) throw damaged('a group has no names');
  heap.skip(4);
  const size = heap.length();
  heap.length();
  return cursorAt(file, heap.address()).raw(size);
}

/** A new group: every member is a message. */
function readLink(body: Cursor, add: Add): void {
  body.skip(1);
  const flags = body.u8();
  const kind = (flags & 8) === 0 ? 0 : body.u8();
  if ((flags & 4) !== 0) body.skip(8);
  if ((flags & 16) !== 0) body.skip(1);
  const name = textOf(body.raw(body.number(1 << (flags & 3))));
  if (kind === 0) add(name, body.address());
}

function refuseDense(body: Cursor): void {
  body.skip(1);
  const flags = body.u8();
  if ((flags & 1) !== 0) body.skip(8);
  if (body.address() !== UNDEFINED_ADDRESS)
    throw damaged("groups in the layout of HDF5's newest versions, which Keras does not write");
}
