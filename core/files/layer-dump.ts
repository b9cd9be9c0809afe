import { basename } from 'node:path';
import { StudioError } from '../network/errors.ts';
import { readFileOf } from './atomic.ts';
import { parseTensorText } from './tensor-file.ts';

/** What the name of a layer dump tells; docs/formats/layer-dump.md. */
export interface DumpName {
  /** Operator, behind whatever the program puts in front of it. */
  op: string;
  uid: number;
  /** Output of the node. */
  port: number;
  /** W,H,C,N order. */
  size: number[];
}

const NAME = /^(.*)_uid_(\d{1,10})_t_(\d{1,5})_s_(\d{1,10}(?:_\d{1,10}){0,7})\.txt$/;

/** Reads a name such as `CONV2D_uid_12_t_0_s_112_112_32_1.txt`; undefined = no dump is called so. */
export function parseDumpName(name: string): DumpName | undefined {
  const [, op, uid, port, size] = NAME.exec(name) ?? [];
  if (op === undefined) return undefined;
  return { op, uid: Number(uid), port: Number(port), size: size.split('_').map(Number) };
}

/** The name of a dump, made of nothing but what was read from one. */
export function dumpFileName({ op, uid, port, size }: DumpName): string {
  return `${op.replaceAll(/\W/g, '_').slice(-100)}_uid_${uid}_t_${port}_s_${size.join('_')}.txt`;
}

/** What a dump holds, in the device's layout. */
export interface Dump {
  values: Float32Array;
  /** No number has a point: the integers that are stored, where the tensor is quantized. */
  integers: boolean;
}

/** Characters of the longest number that a program writes, with the line break. */
const NUMBER = 64;

/**
 * Reads a dump: one number per line.
 * @param count how many there must be; nothing is read of a file that is far too large for them
 * @throws StudioError 'file-malformed' with the line, or with how many there are; 'file-missing', 'file-unreadable'
 */
export async function readDump(path: string, count: number): Promise<Dump> {
  const bytes = await readFileOf(path, { limit: count * NUMBER + NUMBER });
  const values = parseTensorText(bytes, path);
  if (values.length !== count) {
    throw new StudioError(
      'file-malformed',
      `${basename(path)} holds ${values.length} numbers, the name says ${count}`,
      { file: path },
      'Copy the whole file: it may have been cut off.',
    );
  }
  return { values, integers: !bytes.includes(0x2e) };
}
