import { inflateSync } from 'node:zlib';
import { damaged, type Cursor } from './cursor.ts';

/** One step that chunks went through when they were written. */
export interface Filter {
  id: number;
  values: number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;

/** Reads a filter pipeline message. @throws StudioError for filters that HDF5 does not always have */
export function readFilters(body: Cursor): Filter[] {
  const version = body.u8();
  const count = body.u8();
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const nameLength = version === 1 || id >= 256 ? body.u16() : 0;
    body.skip(2);
    const numbers = body.u16();
    body.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    if (![DEFLATE, SHUFFLE, FLETCHER32].includes(id))
      throw damaged(`values packed by filter ${id}, which is not one of gzip, shuffle and checksum`);
    const values = Array.from({ length: numbers }, () => body.u32());
    if (version === 1 && numbers % 2 === 1) body.skip(4);
    return { id, values };
  });
}

/** Undoes the filters of one chunk. @param mask bits of the filters that this chunk did not go through */
export function unfilter(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  size: number,
  elementSize: number,
): Uint8Array {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask & (1 << i)) !== 0) continue;
    const { id } = filters[i];
    if (id === DEFLATE) bytes = inflated(bytes, size + 4);
    else if (id === SHUFFLE) bytes = unshuffled(bytes, elementSize);
    else bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
  }
  if (bytes.length !== size) throw damaged(`a chunk of ${bytes.length} bytes instead of ${size}`);
  return bytes;
}

function inflated(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: limit });
  } catch {
    throw damaged('a chunk can not be unpacked');
  }
}

/** First bytes of all elements, then second bytes ...: back to elements. */
function unshuffled(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  const result = Uint8Array.from(bytes);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < width; k++) result[i * width + k] = bytes[k * count + i];
  return result;
}
