import { basename } from 'node:path';
import { StudioError } from '../network/errors.ts';
import { float16ToNumber, type Shape, type Tensor } from '../network/tensor.ts';
import { MAX_TEXT_BYTES, readFileOf, writeAtomically } from './atomic.ts';
import { pythonFloat } from './float-text.ts';

/** What the name of a dump tells about its tensor. */
export interface TensorDump {
  /** Layer key. */
  key: string;
  /** Output port, 0 for out0. */
  port: number;
  /** With batch, in the graph's order. */
  shape: Shape;
  /** 0-based step and number of steps of the run. */
  iteration?: number;
  iterations?: number;
  /** Layout that the `dump` command puts into the name. */
  format?: 'nchw' | 'nhwc';
  /** Integer values of a quantized tensor. */
  quantized?: boolean;
}

/**
 * File name of a dump: `<key>_<port>_<dims>.tensor` as in 6.0, every `/` of the key as `_`.
 * Ours: characters that a file system refuses become `_` too, and when a run has several iterations every
 * name starts with `iter_<i>_` as in 6.6.
 */
export function tensorFileName(dump: TensorDump): string {
  const { iteration = 0, iterations = 1, format } = dump;
  const parts = [
    ...(iterations > 1 ? [`iter_${iteration}`] : []),
    dump.key.replace(/[/\\:*?"<>|]|[^ -\uffff]/g, '_'),
    `out${dump.port}`,
    ...(format ? [format] : []),
    ...dump.shape,
  ];
  return `${parts.join('_')}${dump.quantized ? '.qnt' : ''}.tensor`;
}

/** Lines per write. */
const LINES = 16_384;

/**
 * Writes a dump: one value per line in C order, floats as Python's `repr`, integers as such.
 * @throws StudioError 'file-unwritable'
 */
export async function writeTensorFile(path: string, tensor: Tensor): Promise<void> {
  const spell = spellingOf(tensor);
  await writeAtomically(path, async (write) => {
    for (let from = 0; from < tensor.data.length; from += LINES) {
      const lines: string[] = [];
      for (const value of tensor.data.subarray(from, from + LINES)) lines.push(spell(value));
      await write(Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
    }
  });
}

function spellingOf(tensor: Tensor): (value: number | bigint) => string {
  if (tensor.type === 'float16') return (bits) => pythonFloat(float16ToNumber(Number(bits)));
  const isFloat = tensor.type === 'float32' || tensor.type === 'float64';
  return isFloat ? (value) => pythonFloat(Number(value)) : String;
}

/** Reads a dump as float32. @throws StudioError 'file-malformed' with the line, 'file-missing', ... */
export async function readTensorFile(path: string): Promise<Float32Array> {
  return parseTensorText(await readFileOf(path, { limit: MAX_TEXT_BYTES * 4 }), path);
}

/**
 * Values of a dump, one per line; blank lines do not count.
 * @param file named in errors
 * @throws StudioError 'file-malformed' with the line
 */
export function parseTensorText(bytes: Uint8Array, file?: string): Float32Array {
  const values = new Float32Array(countLines(bytes));
  let count = 0;
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    line++;
    const text = lineText(bytes, start, end);
    if (text !== '') values[count++] = numberOf(text, file, line);
    start = end + 1;
  }
  return values.subarray(0, count);
}

function countLines(bytes: Uint8Array): number {
  let lines = 1;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

/** A number has at most 25 characters; a longer line is no number and is not worth decoding. */
function lineText(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64))).trim();
}

const special = new Map([
  ['nan', NaN],
  // As C prints one with its sign.
  ['-nan', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);

function numberOf(text: string, file: string | undefined, line: number): number {
  const word = special.get(text.toLowerCase());
  const value = word ?? (/^[-+]?[\d.]+([eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN);
  if (word !== undefined || !Number.isNaN(value)) return value;
  const shown = text.replace(/[^ -~]/g, '?').slice(0, 40);
  const name = file === undefined ? 'the file' : basename(file);
  throw new StudioError('file-malformed', `${name} holds "${shown}", expected one number per line`, {
    file,
    line,
  });
}
