import type { DraftRef } from '../draft.ts';
import { Formula } from '../formula.ts';
import { fromNumbers, numbersOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';

/** f(x) as a formula, and as a number for what is known at import time. */
function composed(formula: (f: Formula, x: DraftRef) => DraftRef, apply: (x: number) => number): Operator {
  return {
    convert: (node, builder) => {
      const { f, x } = Formula.ofInput(node, builder);
      f.emit(formula(f, x));
    },
    fold: (node, inputs) => {
      const tensor = needed(node, inputs, 0);
      return [fromNumbers(tensor.type, tensor.shape, Float64Array.from(numbersOf(tensor), apply))];
    },
  };
}

const HALF_PI = Math.PI / 2;

/** The NPU library of these chips has a sine only. */
const cos = (f: Formula, x: DraftRef): DraftRef => f.apply('sin', [f.add(x, HALF_PI)]);

/** Abramowitz and Stegun 4.4.46: acos(x) = sqrt(1 - x) * p(x) for 0 <= x <= 1, error below 2e-8. */
const ACOS = [
  1.570796305, -0.2145988016, 0.0889789874, -0.0501743046, 0.030891881, -0.0170881256, 0.0066700901,
  -0.0012624911,
];

function acos(f: Formula, x: DraftRef): DraftRef {
  const size = f.apply('abs', [x]);
  const right = f.mul(f.apply('sqrt', [f.sub(1, size)]), f.polynomial(size, ACOS));
  return f.where(f.apply('less', [x, 0]), f.sub(Math.PI, right), right);
}

/** Abramowitz and Stegun 4.4.49 with eight terms: atan(x) / x in powers of x^2 for |x| <= 1, error below 2e-8. */
const ATAN = [
  1, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393, -0.07528964, 0.0429096138, -0.0161657367,
  0.0028662257,
];

/** Arguments beyond 1 are turned around: atan(x) = pi/2 - atan(1/x). */
function atan(f: Formula, x: DraftRef): DraftRef {
  const size = f.apply('abs', [x]);
  const inner = f.div(f.min(size, 1), f.max(size, 1));
  const angle = f.mul(inner, f.polynomial(f.mul(inner, inner), ATAN));
  const right = f.where(f.apply('greater', [size, 1]), f.sub(HALF_PI, angle), angle);
  return f.where(f.apply('less', [x, 0]), f.apply('neg', [right]), right);
}

function exponentials(f: Formula, x: DraftRef): [DraftRef, DraftRef] {
  return [f.apply('exp', [x]), f.apply('exp', [f.apply('neg', [x])])];
}

function sinh(f: Formula, x: DraftRef): DraftRef {
  const [up, down] = exponentials(f, x);
  return f.mul(f.sub(up, down), 0.5);
}

function cosh(f: Formula, x: DraftRef): DraftRef {
  const [up, down] = exponentials(f, x);
  return f.mul(f.add(up, down), 0.5);
}

/** log(|x| + sqrt(x^2 + 1)) with the sign of x: the sum would lose the digits of a negative x. */
function asinh(f: Formula, x: DraftRef): DraftRef {
  const size = f.apply('abs', [x]);
  const right = f.apply('log', [f.add(size, f.apply('sqrt', [f.add(f.mul(x, x), 1)]))]);
  return f.where(f.apply('less', [x, 0]), f.apply('neg', [right]), right);
}

const acosh = (f: Formula, x: DraftRef): DraftRef =>
  f.apply('log', [f.add(x, f.apply('sqrt', [f.sub(f.mul(x, x), 1)]))]);

const atanh = (f: Formula, x: DraftRef): DraftRef =>
  f.mul(f.apply('log', [f.div(f.add(x, 1), f.sub(1, x))]), 0.5);

/** Trigonometric and hyperbolic functions and their inverses. */
export const trigonometry: OperatorFamily = {
  Cos: composed(cos, Math.cos),
  Tan: composed((f, x) => f.div(f.apply('sin', [x]), cos(f, x)), Math.tan),
  Acos: composed(acos, Math.acos),
  Asin: composed((f, x) => f.sub(HALF_PI, acos(f, x)), Math.asin),
  Atan: composed(atan, Math.atan),
  Sinh: composed(sinh, Math.sinh),
  Cosh: composed(cosh, Math.cosh),
  Asinh: composed(asinh, Math.asinh),
  Acosh: composed(acosh, Math.acosh),
  Atanh: composed(atanh, Math.atanh),
};
