import type { Tensor } from '../network/tensor.ts';
import type { ByteSink } from './atomic.ts';
import { npyByteOrder, npyCode, tensorBytes } from './npy-elements.ts';

const CHUNK = 2 ** 20;

/**
 * Writes protocol 2 opcodes the way Python's pickler does for NumPy 1.16: every value is memoized, repeated
 * ones are fetched from the memo. Output goes out in chunks, so memory does not grow with the model.
 */
export class PickleWriter {
  private readonly chunk = Buffer.allocUnsafe(CHUNK);
  private filled = 0;
  private memoSize = 0;
  private readonly remembered = new Map<string, number>();
  private readonly sink: ByteSink;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Raw opcodes. */
  async raw(...bytes: number[]): Promise<void> {
    if (this.filled + bytes.length > CHUNK) await this.flush();
    for (const byte of bytes) this.chunk[this.filled++] = byte;
  }

  /** Gives what is on top of the stack the next memo number. */
  async memoize(name?: string): Promise<void> {
    const index = this.memoSize++;
    if (name !== undefined) this.remembered.set(name, index);
    if (index < 256) await this.raw(0x71, index);
    else await this.raw(0x72, ...uint32(index));
  }

  /** Pushes what was memoized under a name; false when nothing was. */
  async recall(name: string): Promise<boolean> {
    const index = this.remembered.get(name);
    if (index === undefined) return false;
    if (index < 256) await this.raw(0x68, index);
    else await this.raw(0x6a, ...uint32(index));
    return true;
  }

  async global(module: string, name: string): Promise<void> {
    const key = `global ${module}.${name}`;
    if (await this.recall(key)) return;
    await this.raw(0x63, ...Buffer.from(`${module}\n${name}\n`, 'latin1'));
    await this.memoize(key);
  }

  /** A text; the same text is written once. */
  async text(text: string): Promise<void> {
    const key = `text ${text}`;
    if (await this.recall(key)) return;
    const utf8 = Buffer.from(text, 'utf8');
    await this.raw(0x58, ...uint32(utf8.length));
    await this.bytes(utf8);
    await this.memoize(key);
  }

  async integer(value: number): Promise<void> {
    if (value >= 0 && value < 256) await this.raw(0x4b, value);
    else if (value >= 0 && value < 65_536) await this.raw(0x4d, value & 0xff, value >> 8);
    else await this.raw(0x4a, ...uint32(value >>> 0));
  }

  /** A tuple of integers. */
  async integers(values: readonly number[]): Promise<void> {
    if (values.length > 3) await this.raw(0x28);
    for (const value of values) await this.integer(value);
    await this.raw([0x29, 0x85, 0x86, 0x87][values.length] ?? 0x74);
    if (values.length > 0) await this.memoize();
  }

  /** Bytes the way protocol 2 must spell them: `_codecs.encode(text, 'latin1')`. */
  async encoded(bytes: Uint8Array): Promise<void> {
    await this.global('_codecs', 'encode');
    await this.raw(0x58, ...uint32(bytes.length + countHigh(bytes)));
    await this.latin1(bytes);
    await this.memoize();
    await this.text('latin1');
    await this.raw(0x86);
    await this.memoize();
    await this.raw(0x52);
    await this.memoize();
  }

  private async bytes(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      if (this.filled === CHUNK) await this.flush();
      const part = bytes.subarray(from, from + CHUNK - this.filled);
      this.chunk.set(part, this.filled);
      this.filled += part.length;
      from += part.length;
    }
  }

  /** Bytes from 80 up become two in UTF-8. */
  private async latin1(bytes: Uint8Array): Promise<void> {
    const { chunk } = this;
    for (let from = 0; from < bytes.length;) {
      if (CHUNK - this.filled < 2) await this.flush();
      const end = Math.min(bytes.length, from + ((CHUNK - this.filled) >> 1));
      let to = this.filled;
      for (; from < end; from++) {
        // Without branches: which bytes of weights are high cannot be guessed.
        const byte = bytes[from];
        const high = byte >> 7;
        chunk[to] = 0xc0 | (byte >> 6);
        to += high;
        chunk[to++] = byte & (0xff ^ (high << 6));
      }
      this.filled = to;
    }
  }

  /** Hands over what is left. */
  async flush(): Promise<void> {
    if (this.filled > 0) await this.sink(this.chunk.subarray(0, this.filled));
    this.filled = 0;
  }
}

/** Writes one ndarray as NumPy's `__reduce__` spells it. */
export async function writeArray(writer: PickleWriter, tensor: Tensor): Promise<void> {
  await openArray(writer);
  await writer.raw(0x28, 0x4b, 1);
  await writer.integers(tensor.shape);
  await writeDtype(writer, npyCode(tensor.type), npyByteOrder(tensor.type), 0);
  await writer.raw(0x89);
  await writer.encoded(tensorBytes(tensor));
  await closeArray(writer);
}

/** `numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')`. */
export async function openArray(writer: PickleWriter): Promise<void> {
  await writer.global('numpy.core.multiarray', '_reconstruct');
  await writer.global('numpy', 'ndarray');
  await writer.integers([0]);
  if (!(await writer.recall('bytes b'))) {
    await writer.global('_codecs', 'encode');
    await writer.text('b');
    await writer.text('latin1');
    await writer.raw(0x86);
    await writer.memoize();
    await writer.raw(0x52);
    await writer.memoize('bytes b');
  }
  await writer.raw(0x87);
  await writer.memoize();
  await writer.raw(0x52);
  await writer.memoize();
}

/** Closes the state tuple and applies it. */
export async function closeArray(writer: PickleWriter): Promise<void> {
  await writer.raw(0x74);
  await writer.memoize();
  await writer.raw(0x62);
}

/** `numpy.dtype(code, False, True)` with its state; the same dtype is written once. */
export async function writeDtype(
  writer: PickleWriter,
  code: string,
  order: string,
  flags: number,
): Promise<void> {
  if (await writer.recall(`dtype ${code}`)) return;
  await writer.global('numpy', 'dtype');
  await writer.text(code);
  await writer.raw(0x89, 0x88, 0x87);
  await writer.memoize();
  await writer.raw(0x52);
  await writer.memoize(`dtype ${code}`);
  await writer.raw(0x28, 0x4b, 3);
  await writer.text(order);
  await writer.raw(0x4e, 0x4e, 0x4e);
  await writer.integer(-1);
  await writer.integer(-1);
  await writer.integer(flags);
  await writer.raw(0x74);
  await writer.memoize();
  await writer.raw(0x62);
}

function countHigh(bytes: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < bytes.length; index++) count += bytes[index] >> 7;
  return count;
}

function uint32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
