/** One field of a message type. */
interface Field {
  name: string;
  repeated: boolean;
  /** A scalar kind, or the message type of the value. */
  kind: 'int32' | 'int64' | 'float' | 'string' | 'bytes' | MessageType;
}

/** A protobuf message type: its fields by number, and an object with the values of absent ones. */
export interface MessageType {
  fields: Map<number, Field>;
  defaults: Record<string, unknown>;
}

const SCALARS: ReadonlySet<string> = new Set(['int32', 'int64', 'float', 'string', 'bytes']);
const NO_BYTES = new Uint8Array(0);
const NOTHING: readonly never[] = Object.freeze([]);

/** Subgraphs in subgraphs: deeper than any model, shallower than the stack. */
const MAX_DEPTH = 64;

/** The message types of a proto3 text that has no enums, maps, comments or nested messages. */
export function parseMessageTypes(text: string): Map<string, MessageType> {
  const blocks = text.split('message ').slice(1);
  const nameOf = (block: string): string => block.slice(0, block.indexOf(' '));
  const types = new Map(
    blocks.map((block): [string, MessageType] => [nameOf(block), { fields: new Map(), defaults: {} }]),
  );
  for (const block of blocks) {
    const type = types.get(nameOf(block));
    for (const [, repeated, kindName, snake, number] of block.matchAll(/(repeated )?(\w+) (\w+) = (\d+);/g)) {
      const name = snake.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      const kind = SCALARS.has(kindName) ? (kindName as Field['kind']) : types.get(kindName);
      if (!type || !kind) throw new Error(`the schema does not define ${kindName}`);
      type.fields.set(Number(number), { name, repeated: repeated !== undefined, kind });
      type.defaults[name] = repeated === undefined ? defaultOf(kind) : NOTHING;
    }
  }
  return types;
}

function defaultOf(kind: Field['kind']): unknown {
  if (typeof kind === 'object') return null;
  return kind === 'string' ? '' : kind === 'bytes' ? NO_BYTES : 0;
}

/**
 * Decodes a protobuf message. Fields that are present are the object's own, the others it inherits; `bytes` are
 * views of the input. A scalar list may be packed or not; a field declared as `bytes` also takes numbers, as
 * the bytes they have on the wire. 64-bit integers are numbers, or halves beyond 2^53. Unknown fields are skipped.
 * @throws RangeError when the bytes end inside a field, Error when they are no message
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): object {
  return new WireReader(bytes).message(type, bytes.length, 0);
}

class WireReader {
  private readonly buffer: Buffer;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  private at = 0;
  /** Halves of the varint that was read last. */
  private low = 0;
  private high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(type: MessageType, end: number, depth: number): object {
    if (depth > MAX_DEPTH) throw new Error('messages are nested too deeply');
    const message = Object.create(type.defaults) as Record<string, unknown>;
    while (this.at < end) {
      this.varint();
      const wire = this.low & 7;
      const number = this.low >>> 3;
      if (number === 0) throw new Error('a field has the number 0');
      const field = type.fields.get(number);
      if (!field) this.skip(wire, depth);
      else if (!field.repeated) message[field.name] = this.value(field, wire, depth);
      else this.append(message, field, wire, depth);
      if (this.at > end) throw new RangeError('a field is longer than its message');
    }
    return message;
  }

  private append(message: Record<string, unknown>, field: Field, wire: number, depth: number): void {
    if (!Object.hasOwn(message, field.name)) message[field.name] = [];
    const list = message[field.name] as unknown[];
    const number = field.kind === 'int64' || field.kind === 'int32' || field.kind === 'float';
    if (!number || wire !== 2) {
      list.push(this.value(field, wire, depth));
      return;
    }
    const end = this.length();
    const item = field.kind === 'float' ? 5 : 0;
    while (this.at < end) list.push(this.value(field, item, depth));
    if (this.at !== end) throw new RangeError('a packed list ends inside a number');
  }

  private value({ name, kind }: Field, wire: number, depth: number): unknown {
    if (kind === 'bytes') return this.rawValue(wire, depth);
    const expected = kind === 'int32' || kind === 'int64' ? 0 : kind === 'float' ? 5 : 2;
    if (wire !== expected) throw new Error(`the field ${name} has wire type ${wire}`);
    if (expected === 0) {
      this.varint();
      return kind === 'int32' ? this.low | 0 : this.wide();
    }
    if (expected === 5) return this.view.getFloat32(this.advance(4), true);
    const end = this.length();
    if (typeof kind === 'object') return this.message(kind, end, depth + 1);
    return this.buffer.toString('utf8', this.advance(end - this.at), end);
  }

  private rawValue(wire: number, depth: number): Uint8Array {
    const end = wire === 2 ? this.length() : undefined;
    const start = this.at;
    if (end === undefined) this.skip(wire, depth);
    else this.at = end;
    return this.bytes.subarray(start, this.at);
  }

  /** The end of the length-delimited value that starts here. */
  private length(): number {
    this.varint();
    const length = this.low;
    if (this.high !== 0 || length > this.bytes.length - this.at)
      throw new RangeError('a field is longer than the file');
    return this.at + length;
  }

  private advance(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new RangeError('the file ends inside a number');
    this.at += count;
    return start;
  }

  private varint(): void {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= bytes.length) throw new RangeError('the file ends inside a number');
      const byte = bytes[this.at++];
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 28) high |= bits << (shift - 32);
      else if (shift === 28) high |= bits >> 4;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new Error('a number is longer than 64 bits');
  }

  private wide(): number | { low: number; high: number } {
    const high = this.high | 0;
    const value = high * 2 ** 32 + this.low;
    return Number.isSafeInteger(value) ? value : { low: this.low | 0, high };
  }

  private skip(wire: number, depth: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.advance(8);
    else if (wire === 2) this.at = this.length();
    else if (wire === 5) this.advance(4);
    else if (wire === 3) this.skipGroup(depth + 1);
    else throw new Error(`wire type ${wire} does not exist`);
  }

  private skipGroup(depth: number): void {
    if (depth > MAX_DEPTH) throw new Error('groups are nested too deeply');
    for (;;) {
      this.varint();
      const wire = this.low & 7;
      if (wire === 4) return;
      this.skip(wire, depth);
    }
  }
}
