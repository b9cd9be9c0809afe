import { readFileSync } from 'node:fs';
import type { Data } from './evaluate.ts';

/** A float32 .npy file of version 1, as our reference data has it. */
export function readNpy(path: string): Data {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + length);
  if (!header.includes("'<f4'")) throw new Error(`${path} is not float32`);
  const shape = (/\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]));
  const body = bytes.subarray(10 + length);
  return { shape, data: new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length)) };
}
