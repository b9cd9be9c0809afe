/** Types and quantizations for the kinds of core/device/legal-types.ts, as awkward as they are allowed to be. */
import type { Kind } from '../../../core/device/legal-types.ts';
import { random } from '../harness.ts';
import { count, type Dense } from '../reference/ops.ts';
import {
  affineOf,
  bfloat16,
  dfp,
  float16,
  float32,
  integer,
  type IntegerName,
  isFloat,
  perChannel,
  type Scheme,
  stored,
  wideOf,
} from '../reference/schemes.ts';

/** Which numbers an input holds; spans are the largest magnitudes. */
export type Draw =
  | { of: 'reals'; span: number }
  | { of: 'positive'; span: number }
  | { of: 'integers'; low: number; high: number }
  | { of: 'list'; values: readonly number[] };

/** What a scheme is chosen for. */
export interface Wanted {
  low: number;
  high: number;
  /** Whether real numbers between integers are of no use. */
  whole?: boolean;
  /** Length and dimension of a filter's output channels. */
  channels?: { axis: number; count: number };
}

export function wantedOf(draw: Draw): Wanted {
  if (draw.of === 'integers') return { low: draw.low, high: draw.high, whole: true };
  if (draw.of === 'list')
    return {
      low: Math.min(0, ...draw.values),
      high: Math.max(0, ...draw.values),
      whole: draw.values.every(Number.isInteger),
    };
  return { low: draw.of === 'positive' ? 0 : -draw.span, high: draw.span };
}

/** Every tensor of a run gets another `turn`, so that zero points and scales differ. */
export function schemeOf(kind: Kind, wanted: Wanted, turn: number): Scheme {
  const span = Math.max(Math.abs(wanted.low), Math.abs(wanted.high)) || 1;
  switch (kind) {
    case 'f32':
      return float32;
    case 'f16':
      return float16;
    case 'bf16':
      return bfloat16;
    case 'u8a':
      return affineCodes(wanted, span, turn);
    case 'i8d':
    case 'i16d':
      return fixedPoint(kind === 'i8d' ? 8 : 16, wanted, span, turn);
    case 'i8c':
      return perChannel('i8', wanted.channels?.axis ?? 0, channelScales(wanted, span / 127, turn));
    case 'i16c':
      return perChannel('i16', wanted.channels?.axis ?? 0, channelScales(wanted, span / 32767, turn));
    case 'i32c':
      return perChannel('i32', 0, channelScales(wanted, span * 2 ** -20, turn));
    case 'i32a':
      return wideOf('i32', Math.fround(span * (1 + (turn % 3) / 7) * 2 ** -19), 'affine');
    case 'i32d':
      return wideOf('i32', 2 ** (Math.ceil(Math.log2(span)) - 18 - (turn % 3)), 'dfp');
    case 'i64d':
      return wideOf('i64', 2 ** (Math.ceil(Math.log2(span)) - 24 - (turn % 3)), 'dfp');
    default:
      return integer(kind as IntegerName);
  }
}

/** Zero points at both ends, near one and inside, uint8 or int8 by turns. */
function affineCodes({ low, high, whole }: Wanted, span: number, turn: number): Scheme {
  const signed = Math.floor(turn / 4) % 2 === 1;
  const ends = [0, 255, 117, 3][turn % 4];
  // One-sided numbers need room on their side.
  const zero = (low >= 0 && ends === 255 ? 0 : high <= 0 && ends < 4 ? 255 : ends) - (signed ? 128 : 0);
  const [lo, hi] = signed ? [-128, 127] : [0, 255];
  const room = Math.max(high > 0 ? hi - zero : 0, low < 0 ? zero - lo : 0);
  const scale = whole ? 1 : (span / room) * (1 - ((turn * 5) % 7) / 40);
  return affineOf(
    signed ? 'i8' : 'u8',
    scale,
    whole ? (signed ? -128 : 0) - Math.min(0, Math.floor(low)) : zero,
  );
}

function fixedPoint(bits: 8 | 16, { whole }: Wanted, span: number, turn: number): Scheme {
  return dfp(bits, whole ? 0 : bits - 1 - Math.ceil(Math.log2(span)) - (turn % 2));
}

const channelScales = ({ channels }: Wanted, step: number, turn: number): number[] =>
  Array.from({ length: channels?.count ?? 1 }, (_, c) => Math.fround(step * (1 - ((c + turn) % 5) / 9)));

/** Scale of an element, which depends on its channel where there is one scale per channel. */
export function scaleAt(s: Scheme, size: readonly number[], index: number): number {
  if (!s.channels) return s.scale;
  const inner = count(size.slice(0, s.channels.axis));
  return s.channels.scales[Math.floor(index / inner) % (size[s.channels.axis] ?? 1)] ?? NaN;
}

/** A filled tensor: what is stored, and the real numbers that stands for. */
export interface Filled {
  scheme: Scheme;
  codes: number[];
  real: Dense;
}

/** Real numbers that the scheme can hold, its ends among them. */
export function fill(size: number[], s: Scheme, draw: Draw): Filled {
  const codes = Array.from({ length: count(size) }, (_, i) => element(s, draw, scaleAt(s, size, i), i));
  const data = codes.map((code, i) => (isFloat(s) ? code : (code - s.zero) * scaleAt(s, size, i)));
  return { scheme: s, codes, real: { size, data } };
}

function element(s: Scheme, draw: Draw, scale: number, index: number): number {
  const store = (v: number): number =>
    isFloat(s) ? stored(v, s) : Math.min(Math.max(Math.round(v / scale) + s.zero, s.lo), s.hi);
  if (draw.of === 'integers') return store(draw.low + Math.floor(random() * (draw.high - draw.low + 1)));
  if (draw.of === 'list') return store(draw.values[index % draw.values.length] ?? 0);
  const low = draw.of === 'positive' ? draw.span / 50 : -draw.span;
  const value = low + random() * (draw.span - low);
  if (isFloat(s)) return stored(value, s);
  const least = Math.max(s.lo, Math.ceil(low / scale) + s.zero);
  const most = Math.min(s.hi, Math.floor(draw.span / scale) + s.zero);
  const r = random();
  if (r < 0.08) return least;
  if (r < 0.16) return most;
  return least + Math.floor(random() * (most - least + 1));
}
