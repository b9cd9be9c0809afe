import { StudioError } from '../network/errors.ts';

/** Reads the operands of a pickle in order; never beyond its end. */
export class PickleCursor {
  position = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly base: number;
  private readonly noun: string;

  /**
   * @param base offset of `bytes` in its file, for messages
   * @param noun what the pickle holds, for messages
   */
  constructor(bytes: Uint8Array, base: number, noun: string) {
    this.noun = noun;
    this.bytes = bytes;
    this.base = base;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A line of text without its end: the operand of GLOBAL. */
  textLine(): string {
    const end = this.bytes.subarray(0, this.position + 256).indexOf(0x0a, this.position);
    if (end < 0) throw this.damaged('a name has no end');
    const name = Buffer.from(this.take(end - this.position)).toString('latin1');
    this.position++;
    return name;
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.position) throw this.damaged('it is cut off');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  uint8(): number {
    return this.take(1)[0];
  }

  uint16(): number {
    this.take(2);
    return this.view.getUint16(this.position - 2, true);
  }

  uint32(): number {
    this.take(4);
    return this.view.getUint32(this.position - 4, true);
  }

  int32(): number {
    this.take(4);
    return this.view.getInt32(this.position - 4, true);
  }

  /** A 64-bit length; beyond 2^53 it is beyond the file anyway. */
  uint64(): number {
    this.take(8);
    return Number(this.view.getBigUint64(this.position - 8, true));
  }

  /** A float64, big-endian as pickles have it. */
  real(): number {
    this.take(8);
    return this.view.getFloat64(this.position - 8, false);
  }

  /** An error that names the present place. */
  damaged(problem: string): StudioError {
    return new StudioError(
      'file-malformed',
      `damaged ${this.noun} at byte ${this.base + this.position}: ${problem}`,
    );
  }
}
