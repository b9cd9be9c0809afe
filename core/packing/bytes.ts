import { ABSENT } from './format.ts';

/** First element and number of elements of a list in a section. */
export interface Span {
  first: number;
  count: number;
}

/** Writes records of 32-bit fields end to end into a buffer that grows. */
export class RecordWriter {
  private buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  u32(...values: readonly number[]): this {
    for (const value of values) {
      const at = this.take(4);
      this.view.setUint32(at, value, true);
    }
    return this;
  }

  i32(value: number): this {
    const at = this.take(4);
    this.view.setInt32(at, value, true);
    return this;
  }

  f32(value: number): this {
    const at = this.take(4);
    this.view.setFloat32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.take(8);
    this.view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  span({ first, count }: Span): this {
    return this.u32(first, count);
  }

  bytes(data: Uint8Array): this {
    const at = this.take(data.length);
    this.buffer.set(data, at);
    return this;
  }

  get size(): number {
    return this.length;
  }

  /** What was written; a view that later writes may leave behind. */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.length, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, at));
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Texts, each stored once. */
export class StringPool {
  private readonly writer = new RecordWriter();
  private readonly known = new Map<string, Span>();

  add(text: string): Span {
    const known = this.known.get(text);
    if (known) return known;
    const bytes = new TextEncoder().encode(text);
    const span = { first: this.writer.size, count: bytes.length };
    this.writer.bytes(bytes);
    this.known.set(text, span);
    return span;
  }

  written(): Uint8Array {
    return this.writer.written();
  }
}

/** Lists of 32-bit words. */
export class WordPool {
  private readonly writer = new RecordWriter();

  /** Tensor numbers; negative ones are absent. */
  ids(ids: readonly number[]): Span {
    return this.integers(ids.map((id) => (id < 0 ? ABSENT : id)));
  }

  /** Integers of 32 bits, signed or not. */
  integers(values: readonly number[]): Span {
    const span = { first: this.writer.size / 4, count: values.length };
    for (const value of values) this.writer.u32(value >>> 0);
    return span;
  }

  floats(values: ArrayLike<number>): Span {
    const span = { first: this.writer.size / 4, count: values.length };
    for (let index = 0; index < values.length; index++) this.writer.f32(values[index]);
    return span;
  }

  written(): Uint8Array {
    return this.writer.written();
  }
}
