import type { Shape, Tensor } from '../network/tensor.ts';

/** UTF-8 text, decoded only when needed: in protocol 2 it also carries the bytes of arrays. */
export class PickleText {
  readonly utf8: Uint8Array;
  private decoded: string | undefined;
  constructor(utf8: Uint8Array) {
    this.utf8 = utf8;
  }
  get text(): string {
    this.decoded ??= Buffer.from(this.utf8.buffer, this.utf8.byteOffset, this.utf8.byteLength).toString(
      'utf8',
    );
    return this.decoded;
  }
}

/** One of the few callables a coefficient file may name. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An immutable sequence; lists are plain arrays. */
export class PickleTuple {
  readonly items: readonly PickleValue[];
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** An OrderedDict. */
export class PickleDict {
  readonly entries = new Map<string, PickleValue>();
}

/** A NumPy element type that gets its byte order by BUILD. */
export class PickleDtype {
  readonly code: string;
  order = '<';
  constructor(code: string) {
    this.code = code;
  }
}

/** An ndarray: created empty, filled by BUILD with a tensor or, for dtype object, with a list. */
export class PickleArray {
  content: Tensor | { objects: readonly PickleValue[]; shape: Shape } | undefined;
}

/** A float; integers are plain numbers. */
export class PickleReal {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** What a dialect makes of the objects it knows; the machine only hands it around. */
export abstract class PickleOpaque {
  abstract readonly kind: string;
}

/** Whatever can stand on the stack. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | PickleReal
  | PickleOpaque
  | Uint8Array
  | PickleText
  | PickleGlobal
  | PickleTuple
  | PickleDict
  | PickleDtype
  | PickleArray
  | PickleValue[];
