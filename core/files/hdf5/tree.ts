import { cursorAt, damaged, UNDEFINED_ADDRESS, type Cursor, type Hdf5Bytes } from './cursor.ts';

/** More nodes than any model needs. */
const MAX_NODES = 2 ** 20;

/** What kind of B-tree it is: 0 = group, 1 = chunks, and the bytes of a key. */
interface TreeKind {
  type: number;
  keySize: number;
}

/** Visits what the leaves of a B-tree (version 1) point to, each with its key. */
export function eachLeaf(
  file: Hdf5Bytes,
  root: number,
  { type, keySize }: TreeKind,
  visit: (key: Cursor, address: number) => void,
): void {
  const seen = new Set<number>();
  const pending = root === UNDEFINED_ADDRESS ? [] : [root];
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    if (seen.has(address) || seen.size > MAX_NODES) throw damaged('an index runs in circles');
    seen.add(address);
    const node = cursorAt(file, address);
    if (!node.signature('TREE') || node.u8() !== type) throw damaged('an index is not where it should be');
    const level = node.u8();
    const count = node.u16();
    node.address();
    node.address();
    const children: number[] = [];
    for (let i = 0; i < count; i++) {
      const key = node.part(keySize);
      const child = node.address();
      if (child === UNDEFINED_ADDRESS) throw damaged('an index points nowhere');
      if (level === 0) visit(key, child);
      else children.push(child);
    }
    pending.push(...children.reverse());
  }
}
