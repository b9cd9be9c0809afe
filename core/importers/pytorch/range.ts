import type { StudioError } from '../../network/errors.ts';
import { NameValue, type Value } from './values.ts';

/** `range(...)`, never written out. */
export class RangeValue extends NameValue implements Iterable<Value> {
  private readonly begin: bigint;
  private readonly end: bigint;
  private readonly step: bigint;

  private constructor(begin: bigint, end: bigint, step: bigint) {
    super('range');
    this.begin = begin;
    this.end = end;
    this.step = step;
  }

  static of(args: readonly Value[], refuse: (why: string) => StudioError): RangeValue {
    const numbers = args.map((value) => {
      if (typeof value !== 'bigint') throw refuse('a range is only known at run time');
      return value;
    });
    const [begin, end, step] =
      numbers.length === 1 ? [0n, numbers[0], 1n] : [numbers[0], numbers[1], numbers[2] ?? 1n];
    if (step === 0n || end === undefined) throw refuse('a range has no end');
    return new RangeValue(begin, end, step);
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (let at = this.begin; this.step > 0n ? at < this.end : at > this.end; at += this.step) yield at;
  }
}
