import { StudioError } from '../network/errors.ts';
import type { Shape } from '../network/tensor.ts';
import type { PickleDialect } from './pickle-dialect.ts';
import { parseNpyType, tensorFromBytes } from './npy-elements.ts';
import {
  PickleArray,
  PickleDict,
  PickleDtype,
  PickleGlobal,
  PickleText,
  PickleTuple,
  type PickleValue,
} from './pickle-values.ts';

const RECONSTRUCT = 'numpy.core.multiarray._reconstruct';
const SCALAR = 'numpy.core.multiarray.scalar';
const FROM_BUFFER = 'numpy.core.numeric._frombuffer';

/** NumPy's own limit. */
const MAX_RANK = 64;

/** NumPy 2 renamed its inner package. */
const renamed = /^numpy\._core\./;
const allowed = new Set([
  RECONSTRUCT,
  SCALAR,
  FROM_BUFFER,
  'numpy.ndarray',
  'numpy.dtype',
  '_codecs.encode',
  'collections.OrderedDict',
]);

/**
 * Does what the allowed callables of a coefficient file do, on data only.
 * Bytes that come out of it are counted, because a memoized text can be decoded again and again.
 */
export class NumpyReductions implements PickleDialect {
  readonly noun = 'coefficients';
  readonly promise = 'coefficient files hold only numbers and names';
  readonly objects = undefined;
  private budget: number;

  /** @param budget bytes that may be produced; an honest file never produces more than its own length */
  constructor(budget: number) {
    this.budget = budget;
  }

  /** The callable behind a name of the file, or undefined when it is not one of those that only hold data. */
  global(module: string, name: string): PickleGlobal | undefined {
    const full = `${module}.${name}`.replace(renamed, 'numpy.core.');
    return allowed.has(full) ? new PickleGlobal(full) : undefined;
  }

  /** The REDUCE opcode: calls a global. */
  call(callable: PickleValue, args: PickleValue): PickleValue {
    if (!(callable instanceof PickleGlobal) || !(args instanceof PickleTuple))
      throw damaged('a call of something else');
    const { items } = args;
    switch (callable.name) {
      case 'collections.OrderedDict':
        if (items.length > 0) throw damaged('an OrderedDict with arguments');
        return new PickleDict();
      case '_codecs.encode':
        return this.encode(items);
      case 'numpy.dtype':
        return new PickleDtype(textOf(items[0], 'a dtype'));
      case RECONSTRUCT:
        return new PickleArray();
      case FROM_BUFFER:
        return this.fromBuffer(items);
      case SCALAR:
        return this.array(new PickleTuple([]), items[0], false, items[1]);
      default:
        throw damaged(`a call of ${callable.name}`);
    }
  }

  /** The BUILD opcode: gives a dtype its byte order, an array its content. */
  build(target: PickleValue, state: PickleValue): void {
    if (!(state instanceof PickleTuple)) throw damaged('BUILD without a tuple');
    if (target instanceof PickleDtype) {
      target.order = textOf(state.items[1], 'a byte order');
    } else if (target instanceof PickleArray) {
      const [, shape, dtype, fortranOrder, content] = state.items;
      target.content = this.array(shape, dtype, fortranOrder, content).content;
    } else {
      throw damaged('BUILD of something else than an array');
    }
  }

  private fromBuffer(items: readonly PickleValue[]): PickleArray {
    const [bytes, dtype, shape, order] = items;
    return this.array(shape, dtype, textOf(order, 'an array order') === 'F', bytes);
  }

  private array(
    shapeValue: PickleValue | undefined,
    dtype: PickleValue | undefined,
    fortranOrder: PickleValue | undefined,
    content: PickleValue | undefined,
  ): PickleArray {
    const array = new PickleArray();
    const shape = shapeOf(shapeValue);
    if (!(dtype instanceof PickleDtype)) throw damaged('an array without a dtype');
    if (/^O\d?$/.test(dtype.code)) {
      if (!Array.isArray(content)) throw damaged('an object array without a list');
      array.content = { objects: content, shape };
      return array;
    }
    if (!(content instanceof Uint8Array)) throw damaged('an array without bytes');
    this.spend(content.length);
    array.content = tensorFromBytes(
      parseNpyType(dtype.order + dtype.code),
      shape,
      fortranOrder === true,
      content,
    );
    return array;
  }

  private encode(items: readonly PickleValue[]): Uint8Array {
    const [text, encoding] = items;
    if (!(text instanceof PickleText) || textOf(encoding, 'an encoding') !== 'latin1')
      throw damaged('bytes that are not latin1');
    this.spend(text.utf8.length);
    return latin1Bytes(text.utf8);
  }

  /** Called twice for honest data: for decoding, and for an array's aligned copy. */
  private spend(bytes: number): void {
    this.budget -= bytes;
    if (this.budget < 0) throw damaged('more data than the file has bytes');
  }
}

/**
 * Bytes from the UTF-8 of their latin1 reading: two bytes C2/C3 xx for every byte from 80 up.
 * Without branches, because half of the bytes of random weights are high and no processor can guess which.
 */
export function latin1Bytes(utf8: Uint8Array): Uint8Array {
  const { length } = utf8;
  let size = length;
  for (let index = 0; index < length; index++) size -= (utf8[index] >> 7) & ~(utf8[index] >> 6) & 1;
  const bytes = new Uint8Array(size);
  let from = 0;
  let wrong = 0;
  for (let to = 0; to < size; to++) {
    const lead = utf8[from];
    const high = lead >> 7;
    const last = utf8[from + high];
    wrong |= (((lead ^ 0xc2) & 0xfe) | ((last ^ 0x80) & 0xc0)) & -high;
    bytes[to] = (last & (0x7f ^ (high << 6))) | ((lead & 3 & -high) << 6);
    from += 1 + high;
  }
  if (wrong !== 0 || from !== length) throw damaged('bytes that are not latin1');
  return bytes;
}

function shapeOf(value: PickleValue | undefined): Shape {
  if (!(value instanceof PickleTuple)) throw damaged('an array without a shape');
  if (value.items.length > MAX_RANK) throw damaged(`an array of ${value.items.length} dimensions`);
  return value.items.map((dim) => {
    if (typeof dim !== 'number' || !Number.isSafeInteger(dim) || dim < 0) throw damaged('a bad dimension');
    return dim;
  });
}

function textOf(value: PickleValue | undefined, what: string): string {
  if (value instanceof PickleText && value.utf8.length <= 64) return value.text;
  throw damaged(`${what} that is not a text`);
}

function damaged(what: string): StudioError {
  return new StudioError('file-malformed', `not coefficients: it holds ${what}`);
}
