import { elementCount } from '../../network/tensor.ts';
import { Cursor, cursorAt, damaged, textOf, type Hdf5Bytes } from './cursor.ts';
import { readDataspace, readDatatype, type Hdf5Type } from './datatype.ts';
import { MESSAGE, type Message } from './header.ts';

/** Texts of one attribute at most: names of layers or weights. */
const MAX_TEXTS = 2 ** 17;

/** The attributes that hold texts, by name; one text or a list of them, of either kind. */
export function attributesOf(file: Hdf5Bytes, messages: readonly Message[]): Map<string, string[]> {
  const attributes = new Map<string, string[]>();
  for (const { type, shared, body } of messages) {
    if (type !== MESSAGE.attribute || shared) continue;
    const read = readAttribute(file, body);
    if (read.texts) attributes.set(read.name, read.texts);
  }
  return attributes;
}

function readAttribute(file: Hdf5Bytes, body: Cursor): { name: string; texts: string[] | undefined } {
  const version = body.u8();
  if (version < 1 || version > 3) throw damaged('an attribute of unknown kind');
  const flags = body.u8();
  const sizes = [body.u16(), body.u16(), body.u16()];
  if (version === 3) body.skip(1);
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const [nameBytes, typeBody, spaceBody] = sizes.map((size) => body.part(Math.min(padded(size), body.left)));
  const name = textOf(nameBytes.raw(nameBytes.left));
  if (version > 1 && flags !== 0) return { name, texts: undefined };
  const type = readDatatype(typeBody);
  const shape = readDataspace(spaceBody);
  if (!shape || (type.kind !== 'text' && type.kind !== 'texts')) return { name, texts: shape && [] };
  const count = elementCount(shape);
  if (count > MAX_TEXTS || count * type.size > body.left) throw damaged(`attribute "${name}" is not whole`);
  return { name, texts: Array.from({ length: count }, () => readText(file, type, body)) };
}

function readText(file: Hdf5Bytes, type: Hdf5Type, body: Cursor): string {
  const element = body.part(type.size);
  if (type.kind === 'text') {
    const text = textOf(element.raw(type.size));
    return type.padding === 2 ? text.trimEnd() : text;
  }
  const length = element.u32();
  const collection = element.address();
  const index = element.u32();
  return length === 0 ? '' : heapText(file, collection, index, length);
}

/** A text in a global heap. */
function heapText(file: Hdf5Bytes, address: number, wanted: number, length: number): string {
  const heap = cursorAt(file, address);
  if (!heap.signature('GCOL')) throw damaged('a text is not where it should be');
  heap.skip(4);
  const size = heap.length();
  const objects = new Cursor(file, heap.at, Math.max(0, Math.min(size, file.bytes.length - address) - (heap.at - address))); // prettier-ignore
  while (objects.left >= 8 + file.lengthSize) {
    const index = objects.u16();
    objects.skip(6);
    const bytes = objects.length();
    if (index === 0) break;
    if (index === wanted) return textOf(objects.raw(Math.min(bytes, length)));
    objects.skip(Math.min(objects.left, Math.ceil(bytes / 8) * 8));
  }
  throw damaged('a text is not where it should be');
}
