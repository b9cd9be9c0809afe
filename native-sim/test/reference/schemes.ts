/** The ways to store a tensor: how codes stand for real numbers, and the tensor description of the addon. */
import type { NativeTensorSpec } from '../../../core/simulator/native.ts';
import { type Affine, clamp, rint } from './quant.ts';

export interface Scheme extends Affine {
  name: string;
  vxType: number;
  qntType: number;
  /** Bytes of one element. */
  bytes: number;
  /** Binary point of dynamic fixed point. */
  fl?: number;
  /** An integer that is not quantized: real numbers are cut off towards zero. */
  plain?: boolean;
  /** One scale per index of a dimension of a constant; `scale` then counts for nothing. */
  channels?: { axis: number; scales: number[] };
}

const range = (bits: number, signed: boolean): { lo: number; hi: number } =>
  signed ? { lo: -(2 ** (bits - 1)), hi: 2 ** (bits - 1) - 1 } : { lo: 0, hi: 2 ** bits - 1 };

export const dfp = (bits: 8 | 16, fl: number): Scheme => ({
  name: `int${bits} dfp ${fl}`,
  vxType: bits === 8 ? 2 : 4,
  qntType: 1,
  bytes: bits / 8,
  scale: 2 ** -fl,
  zero: 0,
  fl,
  ...range(bits, true),
});

export const affineOf = (type: 'u8' | 'i8' | 'u16' | 'i16', scale: number, zero: number): Scheme => ({
  name: `${type} ${scale} ${zero}`,
  vxType: { i8: 2, u8: 3, i16: 4, u16: 5 }[type],
  qntType: 2,
  bytes: type.endsWith('8') ? 1 : 2,
  scale: Math.fround(scale),
  zero,
  ...range(type.endsWith('8') ? 8 : 16, type.startsWith('i')),
});

/** Numbers of ovxlib's integer types. */
const INTEGERS = { i8: 2, u8: 3, i16: 4, u16: 5, i32: 6, u32: 7, i64: 8, b8: 17 } as const;
export type IntegerName = keyof typeof INTEGERS;

const widthOf = (type: IntegerName): number => (type === 'b8' ? 8 : Number(type.slice(1)));

/** An integer without quantization; b8 holds 0 or 1. */
export const integer = (type: IntegerName): Scheme => ({
  name: type,
  vxType: INTEGERS[type],
  qntType: 0,
  bytes: widthOf(type) / 8,
  scale: 1,
  zero: 0,
  plain: true,
  ...(type === 'b8' ? { lo: 0, hi: 1 } : range(widthOf(type), type.startsWith('i'))),
});

/** A wide integer with a scale, as biases are stored; `scale` is what one step of it means. */
export const wideOf = (type: 'i32' | 'i64', scale: number, kind: 'dfp' | 'affine'): Scheme => ({
  ...integer(type),
  name: `${type} ${kind} ${scale}`,
  qntType: kind === 'dfp' ? 1 : 2,
  scale,
  plain: false,
  ...(kind === 'dfp' ? { fl: -Math.log2(scale) } : {}),
});

/** Symmetric codes with a scale per index of dimension `axis`. */
export const perChannel = (type: 'i8' | 'i16' | 'i32', axis: number, scales: number[]): Scheme => ({
  ...integer(type),
  name: `${type} per channel`,
  qntType: 3,
  plain: false,
  channels: { axis, scales },
});

const float = (name: string, vxType: number, bytes: number): Scheme => ({
  name,
  vxType,
  qntType: 0,
  bytes,
  scale: 1,
  zero: 0,
  lo: -Infinity,
  hi: Infinity,
});
export const float32 = float('float32', 10, 4);
export const float16 = float('float16', 15, 2);
export const bfloat16 = float('bfloat16', 2074, 2);

export const isFloat = (s: Scheme): boolean => s.hi === Infinity;

/** The nearest number with `bits` bits, ties to even; `lowest` is the step below the normal range. */
function nearest(v: number, bits: number, lowest: number): number {
  if (v === 0 || !Number.isFinite(v)) return v;
  let step = 2 ** (Math.floor(Math.log2(Math.abs(v))) - bits + 1);
  // Math.log2 may be off by one next to a power of two.
  if (Math.abs(v) / step >= 2 ** bits) step *= 2;
  if (Math.abs(v) / step < 2 ** (bits - 1)) step /= 2;
  step = Math.max(step, lowest);
  return rint(v / step) * step;
}

/** A real number as the scheme stores it. */
export function stored(v: number, s: Scheme): number {
  if (s === float32) return Math.fround(v);
  if (s === bfloat16) return nearest(v, 8, 2 ** -133);
  if (s === float16) {
    const h = nearest(v, 11, 2 ** -24);
    return Math.abs(h) > 65504 ? Math.sign(h) * Infinity : h;
  }
  if (s.vxType === INTEGERS.b8) return v === 0 ? 0 : 1;
  if (s.plain === true) return Number.isNaN(v) ? 0 : Math.trunc(clamp(v, s.lo, s.hi)) + 0;
  return clamp(rint(v / s.scale), s.lo - s.zero, s.hi - s.zero) * s.scale;
}

/** Codes of integer schemes, real numbers of float ones, as bytes. */
export function encode(values: readonly number[], s: Scheme): Uint8Array {
  const bytes = new Uint8Array(values.length * s.bytes);
  const view = new DataView(bytes.buffer);
  values.forEach((v, i) => {
    if (s === float32) view.setFloat32(i * 4, v, true);
    else if (s === bfloat16) view.setUint16(i * 2, bits32(v) >>> 16, true);
    else if (s === float16) view.setUint16(i * 2, halfBits(v), true);
    else if (s.bytes === 1) view.setInt8(i, v);
    else if (s.bytes === 2) view.setInt16(i * 2, v, true);
    else if (s.bytes === 4) view.setInt32(i * 4, v, true);
    else view.setBigInt64(i * 8, BigInt(v), true);
  });
  return bytes;
}

/** The reverse of {@link encode}. */
export function decode(bytes: Uint8Array, s: Scheme): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / s.bytes }, (_, i) => {
    if (s === float32) return view.getFloat32(i * 4, true);
    if (s === bfloat16) return float32Of(view.getUint16(i * 2, true) * 65536);
    if (s === float16) return halfOf(view.getUint16(i * 2, true));
    if (s.bytes === 1) return s.lo < 0 ? view.getInt8(i) : view.getUint8(i);
    if (s.bytes === 4) return s.lo < 0 ? view.getInt32(i * 4, true) : view.getUint32(i * 4, true);
    if (s.bytes === 8) return Number(view.getBigInt64(i * 8, true));
    return s.lo < 0 ? view.getInt16(i * 2, true) : view.getUint16(i * 2, true);
  });
}

const scratch = new DataView(new ArrayBuffer(4));
function bits32(v: number): number {
  scratch.setFloat32(0, v);
  return scratch.getUint32(0);
}
function float32Of(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

function halfBits(v: number): number {
  const sign = v < 0 || Object.is(v, -0) ? 0x8000 : 0;
  const a = Math.abs(v);
  if (a < 2 ** -14) return sign | Math.round(a * 2 ** 24);
  if (a === Infinity) return sign | 0x7c00;
  const exponent = Math.floor(Math.log2(a));
  return sign | ((exponent + 15) << 10) | (a / 2 ** (exponent - 10) - 1024);
}

function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** A tensor of a scheme, constant if it has values. */
export function tensorOf(s: Scheme, size: number[], values?: readonly number[]): NativeTensorSpec {
  const spec: NativeTensorSpec = { size, vxType: s.vxType, qntType: s.qntType, virtual: false };
  if (s.qntType === 1) spec.fl = s.fl ?? 0;
  if (s.qntType === 2) Object.assign(spec, { scale: s.scale, zeroPoint: s.zero });
  if (s.channels)
    Object.assign(spec, { scales: Float32Array.from(s.channels.scales), channelDim: s.channels.axis });
  if (values) spec.data = encode(values, s);
  return spec;
}
