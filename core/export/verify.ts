import { join } from 'node:path';
import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { isPacked, readPacked } from '../packing/read.ts';
import { packNetwork } from '../packing/write.ts';
import type { CaseFiles } from './case-files.ts';

/**
 * Opens every file of a written case again: each holds what was written, constants lie where the C code reads
 * them, a packed network of ours reads back to itself, JSON parses.
 * @throws StudioError 'file-unwritable' naming the first file that is not as it should be
 */
export async function verifyCase(folder: string, files: CaseFiles): Promise<void> {
  for (const [name, expected] of files) {
    const path = join(folder, name);
    const written = await readFileOf(path);
    const wanted = typeof expected === 'string' ? Buffer.from(expected) : expected;
    if (Buffer.compare(written, wanted) !== 0) {
      const found = `${written.length} bytes were read back, ${wanted.length} were written`;
      throw broken(path, written.length === wanted.length ? 'other bytes were read back' : found);
    }
    const problem = contentProblem(name, written, files);
    if (problem !== undefined) throw broken(path, problem);
  }
}

function contentProblem(name: string, data: Buffer, files: CaseFiles): string | undefined {
  if (name.endsWith('.json')) return jsonProblem(data);
  if (name.endsWith('.export.data')) return constantsProblem(data.length, files);
  return name.endsWith('.nb') && isPacked(data) ? packedProblem(data) : undefined;
}

function jsonProblem(data: Buffer): string | undefined {
  try {
    JSON.parse(data.toString());
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

function packedProblem(data: Buffer): string | undefined {
  const { pid, graph } = readPacked(data);
  return Buffer.compare(packNetwork(graph, pid), data) === 0 ? undefined : 'it does not read back to itself';
}

function broken(path: string, what: string): StudioError {
  return new StudioError(
    'file-unwritable',
    `the written file is not as it should be: ${what}`,
    { file: path },
    'Look whether the disk is full or another program writes there, and export again.',
  );
}
