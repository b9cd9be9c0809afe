import { expect } from 'vitest';
import type { NativeNodeSpec } from '../../core/simulator/native.ts';
import {
  affine,
  built,
  codes,
  distance,
  load,
  plain,
  randomCodes,
  randomFloats,
  runCodes,
  runFloat,
} from './harness.ts';
import { count, type Dense } from './reference/ops.ts';
import { real, store, u8 } from './reference/quant.ts';

/** Fields of a node's parameter struct. */
export type Params = NativeNodeSpec['params'];

/** The addon; tests that use it are skipped where it is not built. */
export const sim = built ? load() : (undefined as never);

/** Noise of a shape, values in -span..span. */
export const tensor = (size: number[], span = 1): Dense => ({ size, data: randomFloats(count(size), span) });
export const f32 = (t: Dense): Float32Array => Float32Array.from(t.data);

/** Runs one op on float32 inputs and compares all its outputs. */
export function check(
  op: number,
  inputs: Dense[],
  want: Dense[],
  params: Params = {},
  tolerance = 1e-5,
): void {
  for (const threads of [1, 2]) {
    const feed = Object.fromEntries(inputs.map((t, i) => [i, f32(t)]));
    const once = {
      op,
      inputs: inputs.map((t) => plain('f32', t.size)),
      feed,
      outputs: want.map((t) => plain('f32', t.size)),
      params,
      threads,
    };
    const got = runFloat(sim, once);
    want.forEach((t, i) => expect(distance(got[i] ?? [], t.data)).toBeLessThanOrEqual(tolerance));
  }
}

/** The same op on codes: every element of the input moves unchanged, so real values can be compared exactly. */
export function checkMove(op: number, x: Dense, want: (x: Dense) => Dense, params: Params): void {
  check(op, [x], [want(x)], params, 0);
  const q = u8(0.1, 30);
  const source = { size: x.size, data: randomCodes(count(x.size), q) };
  const moved = want(source);
  const same = {
    op,
    inputs: [affine(q, x.size)],
    feed: { 0: codes(source.data) },
    outputs: [affine(q, moved.size)],
    params,
  };
  expect(Array.from(runCodes(sim, same))).toEqual(moved.data);
  const other = u8(0.17, 80);
  const changed = runCodes(sim, { ...same, outputs: [affine(other, moved.size)] });
  expect(Array.from(changed)).toEqual(moved.data.map((v) => store(real(v, q), other)));
}
