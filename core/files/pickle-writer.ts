import type { ElementBytes } from '../network/deferred.ts';
import type { Tensor } from '../network/tensor.ts';
import type { ByteSink } from './atomic.ts';
import { npyByteOrder, npyCode } from './npy-elements.ts';

const CHUNK = 2 ** 16;

/**
 * Writes protocol 3 opcodes the way Python's pickler does: every value is memoized, repeated ones are fetched
 * from the memo. Output goes out in chunks, so memory does not grow with the model.
 */
export class PickleWriter {
  private readonly chunk = Buffer.allocUnsafe(CHUNK);
  private filled = 0;
  private memoSize = 0;
  private readonly remembered = new Map<string, number>();
  private readonly sink: ByteSink;
  /** Long bytes on their way out, while the next ones are prepared. */
  private underway: Promise<void> = Promise.resolve();

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

  /** Bytes; long ones must stay as they are until the next long ones were taken or {@link flush} is through. */
  async binary(bytes: Uint8Array): Promise<void> {
    if (bytes.length < 256) await this.raw(0x43, bytes.length);
    else await this.raw(0x42, ...uint32(bytes.length));
    await this.bytes(bytes);
    await this.memoize();
  }

  private async bytes(bytes: Uint8Array): Promise<void> {
    if (this.filled + bytes.length > CHUNK) await this.flush();
    if (bytes.length > CHUNK) {
      this.underway = this.sink(bytes);
      // Whoever waits for it next gets the error; until then it is not an unhandled one.
      this.underway.catch(() => undefined);
      return;
    }
    this.chunk.set(bytes, this.filled);
    this.filled += bytes.length;
  }

  /** Hands over what is left and waits until everything is written. */
  async flush(): Promise<void> {
    await this.underway;
    if (this.filled > 0) await this.sink(this.chunk.subarray(0, this.filled));
    this.filled = 0;
  }
}

/** Writes one ndarray as NumPy's `__reduce__` spells it. */
export async function writeArray(
  writer: PickleWriter,
  tensor: Tensor,
  elements: ElementBytes,
): Promise<void> {
  await openArray(writer);
  await writer.raw(0x28, 0x4b, 1);
  await writer.integers(tensor.shape);
  await writeDtype(writer, npyCode(tensor.type), npyByteOrder(tensor.type), 0);
  await writer.raw(0x89);
  await writer.binary(elements.of(tensor));
  await closeArray(writer);
}

/** `numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')`. */
export async function openArray(writer: PickleWriter): Promise<void> {
  await writer.global('numpy.core.multiarray', '_reconstruct');
  await writer.global('numpy', 'ndarray');
  await writer.integers([0]);
  if (!(await writer.recall('bytes b'))) {
    await writer.raw(0x43, 1, 0x62);
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

function uint32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}
