import type { ElementType } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { fromNumbers, numbersOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

const LARGEST_FLOAT32 = 3.4028234663852886e38;

function foldInto(
  type: ElementType | undefined,
  apply: (x: number) => number,
): NonNullable<Operator['fold']> {
  return (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    return [fromNumbers(type ?? tensor.type, tensor.shape, Float64Array.from(numbersOf(tensor), apply))];
  };
}

const sign: Operator = {
  convert: (node, builder) => {
    const { f, x } = Formula.ofInput(node, builder);
    f.emit(f.where(f.apply('greater', [x, 0]), 1, f.where(f.apply('less', [x, 0]), -1, 0)));
  },
  fold: foldInto(undefined, Math.sign),
};

/** Only NaN differs from itself. */
const isNaN: Operator = {
  convert: (node, builder) => {
    const { f, x } = Formula.ofInput(node, builder);
    f.emit(f.apply('not_equal', [x, x]), 'bool');
  },
  fold: foldInto('bool', (x) => Number(Number.isNaN(x))),
};

const isInf: Operator = {
  convert: (node, builder) => {
    const { f, x } = Formula.ofInput(node, builder);
    const positive = node.int('detect_positive', 1) !== 0;
    const negative = node.int('detect_negative', 1) !== 0;
    if (!positive && !negative) return f.emit(f.apply('not_equal', [f.number(0), f.number(0)]), 'bool');
    if (!positive) return f.emit(f.apply('less', [x, -LARGEST_FLOAT32]), 'bool');
    const size = negative ? f.apply('abs', [x]) : x;
    f.emit(f.apply('greater', [size, LARGEST_FLOAT32]), 'bool');
  },
};

/** a - b * floor(a / b), or with C's sign when fmod is set: a - b * trunc(a / b). */
export function convertMod(node: OnnxNode, builder: Builder): void {
  const { f, terms } = Formula.ofInputs(node, builder, 2);
  const [a, b] = terms;
  if (node.int('fmod', 0) === 0) {
    f.emit(f.sub(a, f.mul(b, f.apply('floor_div', [a, b]))));
    return;
  }
  // The sign of the result is that of a: the remainder of the sizes, then the sign.
  const size = f.apply('abs', [a]);
  const divisor = f.apply('abs', [b]);
  const rest = f.sub(size, f.mul(divisor, f.apply('floor_div', [size, divisor])));
  f.emit(f.where(f.apply('less', [a, 0]), f.apply('neg', [rest]), rest));
}

const BITS: Partial<Record<ElementType, number>> = { uint8: 8, uint16: 16, int8: 8, int16: 16, int32: 32 };

/** ~x is -1 - x for signed numbers and largest - x for unsigned ones. */
function convertBitwiseNot(node: OnnxNode, builder: Builder): void {
  const { f, x } = Formula.ofInput(node, builder);
  const bits = BITS[f.type];
  if (bits === undefined) throw new Unsupported(`${f.type}: the device carries integers in 32 signed bits`);
  f.emit(f.sub(f.type.startsWith('uint') ? 2 ** bits - 1 : -1, x));
}

/** A shift by a constant is a multiplication or a division by a power of two. */
function convertBitShift(node: OnnxNode, builder: Builder): void {
  const { f, terms } = Formula.ofInputs(node, builder, 2);
  const bits = BITS[f.type];
  const by = builder.requireConstant(node, 1, 'the shift');
  const powers = fromNumbers(
    'int32',
    by.shape,
    Float64Array.from(numbersOf(by), (n) => 2 ** Math.min(n, 30)),
  );
  const factor = f.constant(powers);
  if (node.text('direction', '') === 'RIGHT') {
    if (bits === undefined || bits > 16) throw new Unsupported(`${f.type} does not fit the device's int32`);
    return f.emit(f.apply('floor_div', [terms[0], factor]));
  }
  const largest = Math.max(0, ...Array.from(numbersOf(by)));
  // The product has to fit 31 bits before it is cut to the type.
  if (bits === undefined || bits + largest > 31)
    throw new Unsupported(`a left shift of ${f.type} by ${largest}`);
  const wide = f.mul(terms[0], factor);
  const size = 2 ** bits;
  f.emit(f.sub(wide, f.mul(f.apply('floor_div', [wide, size]), size)));
}

/** Operators about the representation of numbers. */
export const numbers: OperatorFamily = {
  Sign: sign,
  IsNaN: isNaN,
  IsInf: isInf,
  BitwiseNot: { convert: convertBitwiseNot },
  BitShift: { convert: convertBitShift },
};
