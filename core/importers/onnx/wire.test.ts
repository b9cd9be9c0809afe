import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { mutations, truncations } from '../../testing/hostile.ts';
import { decodeMessage, parseMessageTypes, type MessageType } from './wire.ts';

const SCHEMA = `
syntax = "proto3";
package test;
message Leaf { string key = 1; repeated int64 values = 2; }
message Tree {
  int32 small = 1; int64 large = 2; float real = 3; string text = 4; bytes raw = 5;
  repeated float reals = 6; repeated int64 numbers = 7; repeated bytes runs = 8; repeated string texts = 9;
  Leaf leaf = 10; repeated Tree trees = 11; oneof value { int64 dim_value = 12; string dim_param = 13; }
}`;

const type = parseMessageTypes(SCHEMA).get('Tree') as MessageType;
const oracle = protobuf.parse(SCHEMA).root.lookupType('test.Tree');
const encode = (value: object): Uint8Array => oracle.encode(oracle.fromObject(value)).finish();
const decode = (bytes: Uint8Array): Record<string, unknown> =>
  decodeMessage(type, bytes) as Record<string, unknown>;

/** What both decoders say, in one form: own fields, 64-bit integers as text. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? String(value) : value;
  if ('low' in value && 'high' in value) {
    return String((BigInt(Number(value.high)) << 32n) | BigInt(Number(value.low) >>> 0));
  }
  // The oracle sets absent lists, we inherit them.
  const set = Object.entries(value).filter(([, item]) => !Array.isArray(item) || item.length > 0);
  return Object.fromEntries(set.map(([key, item]) => [key, plain(item)]));
}

const values = {
  small: -7,
  large: -(2 ** 40),
  real: 0.5,
  text: 'näme/层',
  raw: Uint8Array.of(1, 2, 255),
  reals: [1, -2.5, 0],
  numbers: [0, 1, -1, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 53 - 1],
  runs: [Uint8Array.of(), Uint8Array.of(9)],
  texts: ['', 'b'],
  leaf: { key: 'k', values: [3] },
  trees: [{ dimValue: 0 }, { dimParam: 'N' }, { trees: [{ small: 1 }] }],
};

describe('a protobuf message', () => {
  it('is decoded as by protobufjs', () => {
    const bytes = encode(values);
    expect(plain(decode(bytes))).toEqual(plain(oracle.decode(bytes)));
  });

  it('has defaults for what is absent, apart from its own fields', () => {
    const empty = decode(new Uint8Array());
    expect([empty['small'], empty['text'], empty['numbers'], empty['leaf']]).toEqual([0, '', [], null]);
    expect(Object.keys(empty)).toEqual([]);
    expect(Object.hasOwn((decode(encode(values))['trees'] as object[])[0], 'dimValue')).toBe(true);
  });

  it('keeps every bit of a 64-bit integer', () => {
    const bytes = Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    expect(decode(bytes)['large']).toEqual({ low: -1, high: 0x7fffffff });
  });

  it('takes lists that are not packed, and numbers as raw bytes', () => {
    expect(decode(Uint8Array.of(0x38, 5, 0x38, 0x80, 1, 0x35, 0, 0, 0x80, 0x3f))).toMatchObject({
      numbers: [5, 128],
      reals: [1],
    });
    expect(decode(Uint8Array.of(0x40, 0x80, 1))['runs']).toEqual([Uint8Array.of(0x80, 1)]);
  });

  it('skips what it does not know', () => {
    const unknown = [
      0xa0, 6, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 6, 1, 9, 0xa5, 6, 1, 2, 3, 4, 0xa3, 6, 8, 1, 0xa4, 6,
    ];
    expect(plain(decode(Uint8Array.of(...unknown, 8, 3)))).toEqual({ small: '3' });
  });

  it.each([
    ['a length beyond the end', [0x22, 5, 65], RangeError],
    ['an endless number', [8, 0x80], RangeError],
    ['a number of eleven bytes', [8, ...Array<number>(11).fill(0x80)], /longer than 64 bits/],
    ['field 0', [0, 0], /number 0/],
    ['wire type 7', [0x0f], /wire type 7/],
    ['a text that is a number', [0x20, 1], /text has wire type 0/],
    ['a packed list that ends in a number', [0x3a, 1, 0x80, 1], RangeError],
    ['a message that ends in a field', [0x52, 2, 0x0a, 5, 1, 1, 1, 1, 1], RangeError],
    [
      'groups without end',
      Array.from({ length: 5000 }, (_, index) => (index % 2 === 0 ? 0xa3 : 1)),
      /nested too deeply/,
    ],
  ])('%s is refused', (_, bytes, problem) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(problem);
  });

  it('of a hundred levels is refused', () => {
    const deep = Array.from({ length: 100 }).reduce<object>((tree) => ({ trees: [tree] }), { small: 1 });
    const bytes = oracle.encode(deep).finish();
    expect(() => decode(bytes)).toThrow(/nested too deeply/);
  });

  it('that is damaged is read or refused', () => {
    const bytes = encode(values);
    const messages = [...truncations(bytes), ...mutations(bytes, 3000, 7)].flatMap((variant) => {
      try {
        decode(variant);
        return [];
      } catch (error) {
        return [error instanceof Error ? error.constructor.name : 'none'];
      }
    });
    expect(messages.length).toBeGreaterThan(100);
    expect(new Set(messages)).toEqual(new Set(['Error', 'RangeError']));
  });
});
