import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, StudioError } from '../network/errors.ts';
import { isPacked, readPacked } from '../packing/read.ts';
import type { CaseFiles } from './case-files.ts';

/** Bytes that are compared at a time. */
const CHUNK = 2 ** 22;

/**
 * Opens every file of a written case again: each holds what was written, constants lie where the C code reads
 * them, a packed network of ours and JSON read back.
 * @throws StudioError 'file-unwritable' naming the first file that is not as it should be
 */
export async function verifyCase(folder: string, files: CaseFiles): Promise<void> {
  for (const [name, content] of files) {
    const path = join(folder, name);
    const expected = typeof content === 'string' ? Buffer.from(content) : content;
    const problem = (await differenceOf(path, expected)) ?? contentProblem(name, expected, files);
    if (problem !== undefined) throw broken(path, problem);
  }
}

/** How a file differs from what was written; undefined when it does not. */
async function differenceOf(path: string, expected: Uint8Array): Promise<string | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) => describeError(error));
  if (typeof handle === 'string') return handle;
  try {
    const { size } = await handle.stat();
    if (size !== expected.length) return `it has ${size} bytes, ${expected.length} were written`;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      const wanted = expected.subarray(at, at + bytesRead);
      if (bytesRead === 0 || Buffer.compare(chunk.subarray(0, bytesRead), wanted) !== 0) {
        return `it reads back other bytes from ${at}`;
      }
      at += bytesRead;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

function contentProblem(name: string, data: Uint8Array, files: CaseFiles): string | undefined {
  if (name.endsWith('.json')) return jsonProblem(data);
  if (name.endsWith('.export.data')) return constantsProblem(data.length, files);
  if (name.endsWith('.nb') && isPacked(data)) readPacked(data);
  return undefined;
}

function jsonProblem(data: Uint8Array): string | undefined {
  try {
    JSON.parse(new TextDecoder().decode(data));
    return undefined;
  } catch {
    return 'it is no JSON';
  }
}

const CONSTANT = /^ *NEW_CONST_TENSOR\(const_tensor\[\d+\], attr, \w+, (\d+), (\d+)\);$/gm;

/** Constants must fill the file without gap or overlap. */
function constantsProblem(length: number, files: CaseFiles): string | undefined {
  const source = [...files].find(([name]) => /^vnn_(?!pre_process|post_process)\w+\.c$/.test(name))?.[1];
  const places = [...String(source ?? '').matchAll(CONSTANT)].map(([, offset, size]) => ({
    offset: Number(offset),
    size: Number(size),
  }));
  let end = 0;
  for (const { offset, size } of places.sort((a, b) => a.offset - b.offset || a.size - b.size)) {
    if (offset !== end) return `the C code reads a constant at ${offset}, the one before ends at ${end}`;
    end += size;
  }
  return end === length ? undefined : `the C code reads ${end} bytes of it, it has ${length}`;
}

function broken(path: string, what: string): StudioError {
  return new StudioError(
    'file-unwritable',
    `the written file is not as it should be: ${what}`,
    { file: path },
    'Look whether the disk is full or another program writes there, and export again.',
  );
}
