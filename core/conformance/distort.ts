import { seededRandom } from '../testing/hostile.ts';

/** Numbers that sizes, offsets and counts lie with; as 32 bits in little endian they are also varints. */
const LIES = [0xffffffff, 0x7fffffff, 0x80000000, 0x00ffffff, 0x0000ffff, 0];

/** What is written over digits of texts. */
const DIGITS = ['999999999999', '-1', '0', '2147483647', '1e308', 'nan'];

type Random = (below: number) => number;

/** One way to damage a file. */
type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

const truncate: Damage = (bytes, random) => bytes.slice(0, random(bytes.length));

const flipBits: Damage = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  for (let flips = 1 + random(4); flips > 0; flips--) copy[random(copy.length)] ^= 1 << random(8);
  return copy;
};

/** Any four bytes become a number that is too large, or none. */
const lie: Damage = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  if (copy.length < 4) return copy;
  const at = random(copy.length - 3);
  new DataView(copy.buffer).setUint32(at, LIES[random(LIES.length)], true);
  return copy;
};

/** A piece is repeated elsewhere, or cut out. */
const move: Damage = (bytes, random) => {
  const from = random(bytes.length);
  const piece = bytes.subarray(from, from + 1 + random(64));
  const at = random(bytes.length);
  if (random(2) === 0)
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + piece.length)]);
  return Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
};

/** A number in a text becomes another; files without digits get flipped bits. */
const misspell: Damage = (bytes, random) => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return flipBits(bytes, random);
  const { 0: digits, index } = numbers[random(numbers.length)];
  const changed = text.slice(0, index) + DIGITS[random(DIGITS.length)] + text.slice(index + digits.length);
  return Uint8Array.from(Buffer.from(changed, 'latin1'));
};

const DAMAGES: readonly Damage[] = [truncate, flipBits, flipBits, lie, lie, move, misspell];

/** A damaged copy of a file; the same seed gives the same copy. */
export function distort(bytes: Uint8Array, seed: number): Uint8Array {
  const fraction = seededRandom(seed);
  const random: Random = (below) => Math.floor(fraction() * below);
  if (bytes.length === 0) return bytes;
  return DAMAGES[random(DAMAGES.length)](bytes, random);
}
