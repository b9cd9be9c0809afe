import { StudioError } from '../network/errors.ts';
import { NumpyReductions } from './pickle-numpy.ts';
import { PickleCursor } from './pickle-cursor.ts';
import type { PickleDialect } from './pickle-dialect.ts';
import { opcodeName } from './pickle-opcodes.ts';
import { PickleDict, PickleReal, PickleText, PickleTuple, type PickleValue } from './pickle-values.ts';

/** A network of 100,000 layers stays far below these. */
const MAX_OPERATIONS = 20_000_000;
/** Bytes of a layer's or tensor's name. */
const MAX_KEY = 65_536;
const MAX_STACK = 1_000_000;
const MAX_MEMO = 4_000_000;

/**
 * Reads a pickle that holds nothing but dictionaries and NumPy arrays. It is a machine of its own: opcodes
 * and globals are those that coefficient files use (protocols 2 to 5), nothing of the file is ever
 * executed, and everything else is refused with its name and offset.
 * @param bytes the pickle; arrays are views on it where alignment allows
 * @param base offset of `bytes` in its file, for messages
 * @throws StudioError 'file-malformed'
 */
export function readPickle(bytes: Uint8Array, base = 0): PickleValue {
  return readPickleAs(new NumpyReductions(bytes.length * 2 + 1024), bytes, base);
}

/**
 * {@link readPickle} for files that hold other values too: the dialect says which globals there are and makes
 * data of them.
 * @throws StudioError 'file-malformed'
 */
export function readPickleAs(dialect: PickleDialect, bytes: Uint8Array, base = 0): PickleValue {
  return new PickleMachine(dialect, bytes, base).run();
}

type Operation = (machine: PickleMachine) => void;

class PickleMachine extends PickleCursor {
  readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly dialect: PickleDialect;
  private readonly start: number;

  constructor(dialect: PickleDialect, bytes: Uint8Array, base: number) {
    super(bytes, base, dialect.noun);
    this.start = base;
    this.dialect = dialect;
  }

  run(): PickleValue {
    for (let count = 0; ; count++) {
      const at = this.position;
      const opcode = this.uint8();
      if (opcode === STOP) return this.result();
      const operation =
        operations.get(opcode) ?? (this.dialect.objects ? objectOperations.get(opcode) : undefined);
      if (!operation) throw this.refuse(`the operation ${opcodeName(opcode)}`, at);
      if (count >= MAX_OPERATIONS || this.stack.length >= MAX_STACK)
        throw this.damaged('it has too many parts');
      operation(this);
    }
  }

  private result(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || this.stack.length > 0 || this.marks.length > 0)
      throw this.damaged('it stops half-way');
    return value;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.length > (this.marks.at(-1) ?? 0) ? this.stack.pop() : undefined;
    if (value === undefined) throw this.damaged('an operation lacks its operand');
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** Everything above the last mark. */
  popToMark(): PickleValue[] {
    const from = this.marks.pop();
    if (from === undefined) throw this.damaged('a mark is missing');
    return this.stack.splice(from);
  }

  popTuple(size: number): void {
    const items: PickleValue[] = [];
    for (let index = 0; index < size; index++) items.unshift(this.pop());
    this.push(new PickleTuple(items));
  }

  put(index: number): void {
    if (this.memo.size >= MAX_MEMO) throw this.damaged('it remembers too many values');
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.damaged(`it asks for value ${index}, which it never stored`);
    this.push(value);
  }

  reduce(): void {
    const args = this.pop();
    this.push(this.dialect.call(this.pop(), args));
  }

  build(): void {
    const state = this.pop();
    this.dialect.build(this.top(), state);
  }

  newObject(): void {
    const args = this.pop();
    this.push(this.objects().construct(this.pop(), args));
  }

  persistent(): void {
    this.push(this.objects().persistent(this.pop()));
  }

  /** An integer of any length, little-endian with sign. */
  long(length: number): void {
    if (length > 8) throw this.damaged('it holds an integer of more than 64 bits');
    let value = 0n;
    this.take(length).forEach((byte, at) => (value |= BigInt(byte) << BigInt(8 * at)));
    this.push(BigInt.asIntN(8 * length, value));
  }

  private objects(): NonNullable<PickleDialect['objects']> {
    if (!this.dialect.objects) throw this.damaged('it holds objects');
    return this.dialect.objects;
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.damaged('it appends to something that is no list');
    for (const item of items) list.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0)
      throw this.damaged('it sets items of no dictionary');
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index];
      if (!(key instanceof PickleText) || key.utf8.length > MAX_KEY)
        throw this.damaged('a key is not a text, or too long');
      dict.entries.set(key.text, items[index + 1]);
    }
  }

  /** GLOBAL: module and name as two lines. */
  global(): void {
    const at = this.position - 1;
    const module = this.textLine();
    this.pushGlobal(module, this.textLine(), at);
  }

  stackGlobal(): void {
    const at = this.position - 1;
    const name = this.pop();
    const module = this.pop();
    const isText = name instanceof PickleText && module instanceof PickleText;
    if (!isText || name.utf8.length + module.utf8.length > MAX_KEY)
      throw this.damaged('a global has no name');
    this.pushGlobal(module.text, name.text, at);
  }

  private pushGlobal(module: string, name: string, at: number): void {
    const global = this.dialect.global(module, name);
    if (!global) throw this.refuse(`"${printable(`${module}.${name}`)}"`, at);
    this.push(global);
  }

  protocol(): void {
    const version = this.uint8();
    if (version < 2 || version > 5) throw this.damaged(`pickle protocol ${version} is not known`);
  }

  private refuse(what: string, at: number): StudioError {
    return new StudioError(
      'file-malformed',
      `refused: at byte ${this.start + at} the file asks to run ${what}; ${this.dialect.promise}`,
      {},
      'Do not use this file unless you know where it comes from.',
    );
  }
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 120);
}

const STOP = 0x2e;

/** What pickles of objects use beyond coefficient files. */
const objectOperations = new Map<number, Operation>([
  [0x7d, (m) => m.push(new PickleDict())], // EMPTY_DICT
  [0x81, (m) => m.newObject()], // NEWOBJ
  [0x51, (m) => m.persistent()], // BINPERSID
  [0x47, (m) => m.push(new PickleReal(m.real()))], // BINFLOAT
  [0x8a, (m) => m.long(m.uint8())], // LONG1
]);

const operations = new Map<number, Operation>([
  [0x80, (m) => m.protocol()], // PROTO
  [0x95, (m) => void m.uint64()], // FRAME: only tells how much to read ahead
  [0x28, (m) => m.mark()], // MARK
  [0x63, (m) => m.global()], // GLOBAL
  [0x93, (m) => m.stackGlobal()], // STACK_GLOBAL
  [0x71, (m) => m.put(m.uint8())], // BINPUT
  [0x72, (m) => m.put(m.uint32())], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m) => m.get(m.uint8())], // BINGET
  [0x6a, (m) => m.get(m.uint32())], // LONG_BINGET
  [0x4b, (m) => m.push(m.uint8())], // BININT1
  [0x4d, (m) => m.push(m.uint16())], // BININT2
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x29, (m) => m.popTuple(0)], // EMPTY_TUPLE
  [0x85, (m) => m.popTuple(1)], // TUPLE1
  [0x86, (m) => m.popTuple(2)], // TUPLE2
  [0x87, (m) => m.popTuple(3)], // TUPLE3
  [0x74, (m) => m.push(new PickleTuple(m.popToMark()))], // TUPLE
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x7d, (m) => m.push(new PickleDict())], // EMPTY_DICT
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popToMark())], // APPENDS
  [0x73, (m) => setOne(m)], // SETITEM
  [0x75, (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x52, (m) => m.reduce()], // REDUCE
  [0x62, (m) => m.build()], // BUILD
  [0x58, (m) => m.push(new PickleText(m.take(m.uint32())))], // BINUNICODE
  [0x8c, (m) => m.push(new PickleText(m.take(m.uint8())))], // SHORT_BINUNICODE
  [0x43, (m) => m.push(m.take(m.uint8()))], // SHORT_BINBYTES
  [0x42, (m) => m.push(m.take(m.uint32()))], // BINBYTES
  [0x8e, (m) => m.push(m.take(m.uint64()))], // BINBYTES8
  [0x96, (m) => m.push(m.take(m.uint64()))], // BYTEARRAY8
]);

function setOne(machine: PickleMachine): void {
  const value = machine.pop();
  machine.setItems([machine.pop(), value]);
}
