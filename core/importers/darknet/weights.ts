import { counted } from '../../network/counted.ts';
import { tensorOnBytes } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import { elementCount, type Shape, type Tensor } from '../../network/tensor.ts';
import type { ModelFile } from '../options.ts';

/** A weight in the order of the file. */
export interface WeightPart {
  name: string;
  shape: Shape;
}

/** Where a plan takes its weights from, in the order of its sections. */
export interface WeightsSource {
  /** Matrices of connected layers are stored [inputs, outputs]. */
  readonly transposed: boolean;
  /** Written by a fork that counts revisions (AlexeyAB's); its recurrent layers have another order. */
  readonly isFork: boolean;
  /** The next weights. @param owner of them, for messages: `layer 3, [convolutional] in line 20,` */
  take(owner: string, parts: readonly WeightPart[]): Map<string, () => Tensor>;
  /** After all layers. @throws StudioError file-malformed when numbers are left */
  end(): void;
}

/** Version numbers beyond this one mark matrices that are stored transposed. */
const TRANSPOSED = 1000;
const MAX_VERSION = 10_000;

/** Reads a .weights file from front to end: a header and float32 numbers, little-endian, without any names. */
export class WeightsReader implements WeightsSource {
  readonly transposed: boolean;
  readonly isFork: boolean;
  private readonly file: ModelFile;
  private at: number;
  private last = 'the header';

  /** @throws StudioError file-malformed when the file has no header of Darknet's */
  constructor(file: ModelFile) {
    this.file = file;
    const { bytes } = file;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 16) throw this.malformed('it has no header');
    const version = [0, 4, 8].map((offset) => view.getInt32(offset, true));
    if (version.some((number) => number < 0 || number > MAX_VERSION))
      throw this.malformed('it does not begin with a version');
    const [major, minor, revision] = version;
    const isLong = major * 10 + minor >= 2 && major < TRANSPOSED && minor < TRANSPOSED;
    this.transposed = major > TRANSPOSED || minor > TRANSPOSED;
    this.isFork = revision > 0;
    // The number of pictures seen in training, of 32 or 64 bits.
    this.at = isLong ? 20 : 16;
    if (bytes.length < this.at) throw this.malformed('it has no header');
  }

  take(owner: string, parts: readonly WeightPart[]): Map<string, () => Tensor> {
    const needed = parts.reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const left = Math.floor((this.file.bytes.length - this.at) / 4);
    if (needed > left) {
      throw this.malformed(
        `it ends too early: ${owner} needs ${counted(needed, 'number')}, ${left} are left`,
        PAIR_HINT,
      );
    }
    this.last = owner;
    return new Map(
      parts.map(({ name, shape }) => {
        const length = elementCount(shape) * 4;
        const bytes = this.file.bytes.subarray(this.at, this.at + length);
        this.at += length;
        return [name, () => tensorOnBytes('float32', shape, bytes)];
      }),
    );
  }

  end(): void {
    const left = this.file.bytes.length - this.at;
    if (left === 0) return;
    throw this.malformed(`${counted(left, 'byte')} are left behind ${this.last}`, PAIR_HINT);
  }

  private malformed(why: string, hint = 'Give the .weights file that was trained with this .cfg.') {
    return new StudioError(
      'file-malformed',
      `the weights do not fit: ${why}`,
      { file: this.file.name },
      hint,
    );
  }
}

const PAIR_HINT = 'Give the .weights file that was trained with exactly this .cfg.';
