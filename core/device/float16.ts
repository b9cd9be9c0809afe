const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** IEEE binary16 bits of each value, rounded to nearest even; overflow becomes infinity. */
export function toFloat16(values: Float32Array): Uint16Array {
  const result = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) result[index] = float16Bits(values[index]);
  return result;
}

function float16Bits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0);
  // 65520 is the smallest value that rounds to infinity; 2^-14 the smallest normal.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundEven(Math.abs(scratch[0]) * 2 ** 24);
  const rest = magnitude & 0x1fff;
  const cut = (magnitude - 0x38000000) >>> 13;
  return sign | (rest > 0x1000 || (rest === 0x1000 && cut & 1) ? cut + 1 : cut);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor & 1) ? floor + 1 : floor;
}

/** bfloat16 bits of each value: the upper half of a float32, rounded to nearest even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const result = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) {
    scratch[0] = values[index];
    const bits = scratchBits[0];
    const isNaN = (bits & 0x7fffffff) > 0x7f800000;
    result[index] = isNaN ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return result;
}
