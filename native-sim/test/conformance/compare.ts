/** Which stored results a real number in double precision allows. */
import { clamp, rint } from '../reference/quant.ts';
import { isFloat, type Scheme, stored } from '../reference/schemes.ts';

/** The code or float that stands for a real number: one rounding, ties to even; plain integers are cut off. */
function storedAs(v: number, s: Scheme): number {
  if (isFloat(s) || s.plain === true) return stored(v, s);
  const steps = Number.isNaN(v) ? 0 : v / s.scale;
  return rint(clamp(steps, s.lo - s.zero, s.hi - s.zero)) + s.zero;
}

/** How close to a tie a reference in double precision cannot tell the two sides apart, in steps of the result. */
const TIE = 1e-9;
/** Errors of a reference in double precision, relative to the numbers it adds up. */
const DOUBLE = 2 ** -48;
const SINGLE = 2 ** -24;

/**
 * How exactly a node computes. With scales that are powers of two the reference is exact, so that ties have to go to
 * the even side.
 */
export type Precision = { double: true; exact: boolean } | { double: false; slack: number };

/**
 * The lowest and highest result that is right for `value`. `magnitude` is the size of the numbers that make it up:
 * float32 arithmetic may be off by `slack` roundings of it, double precision only next to ties.
 */
export function allowed(value: number, magnitude: number, to: Scheme, how: Precision): [number, number] {
  if (Number.isNaN(value) || !Number.isFinite(value)) return [storedAs(value, to), storedAs(value, to)];
  const exact = how.double && (how.exact || (to.plain === true && Number.isInteger(value)));
  const near = isFloat(to) ? DOUBLE * magnitude : exact ? 0 : TIE * to.scale;
  const error = how.double ? near : SINGLE * how.slack * magnitude;
  return [storedAs(value - error, to), storedAs(value + error, to)];
}
