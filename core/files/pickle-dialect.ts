import type { PickleValue } from './pickle-values.ts';

/** What a kind of pickle may hold. Nothing of a file is executed: a dialect only makes data of what it names. */
export interface PickleDialect {
  /** What the pickle holds, for messages, e.g. "coefficients". */
  readonly noun: string;
  /** A sentence for files that ask for more: what honest ones hold. */
  readonly promise: string;
  /** The value behind a global; undefined when it is not one that may occur. */
  global(module: string, name: string): PickleValue | undefined;
  /** The REDUCE opcode: what a call of a global gives. */
  call(callable: PickleValue, args: PickleValue): PickleValue;
  /** The BUILD opcode: gives an object its state. */
  build(target: PickleValue, state: PickleValue): void;
  /** Undefined when objects, persistent ids, floats and long integers may not occur. */
  readonly objects:
    | {
        /** The NEWOBJ opcode. */
        construct(type: PickleValue, args: PickleValue): PickleValue;
        /** The BINPERSID opcode: what lies outside of the pickle. */
        persistent(id: PickleValue): PickleValue;
      }
    | undefined;
}
