import { closeSync, constants, existsSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { StudioError } from '../../network/errors.ts';
import { summarize } from '../../network/network.ts';
import type { ModelFile, ModelHome } from '../options.ts';
import type { ProtoGraph, ProtoTensor } from './schema.ts';

/**
 * Reads the bytes of a tensor that is stored outside the model file: in a file that was given with the model, or in
 * a plain file inside the model's folder. ONNX's own loader had to fix escapes through `..`, symbolic and hard links
 * five times.
 * @param size bytes the tensor's dimensions ask for.
 */
export function readExternal(proto: ProtoTensor, size: number, home: ModelHome = {}): Uint8Array {
  const fields = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = locationOf(proto);
  const refuse = (why: string): never => {
    throw new StudioError(
      'file-malformed',
      `tensor "${proto.name}" keeps its data in "${location ?? ''}": ${why}`,
    );
  };
  if (!location) return refuse('no file name is given');
  if (isAbsolute(location) || /^[a-z]:|^[\\/]/i.test(location)) return refuse('the path must be relative');
  if (location.split(/[\\/]/).includes('..')) return refuse('the path leaves the folder of the model');
  const offset = byteCount(fields.get('offset')) ?? 0;
  const length = byteCount(fields.get('length')) ?? size;
  if (Number.isNaN(offset) || Number.isNaN(length)) return refuse('offset or length is not a number');
  if (length !== size) return refuse(`it says ${length} bytes but the shape needs ${size}`);
  const given = companionAt(home, location);
  if (given) {
    checkRange(given.bytes.length, offset, size, refuse);
    return given.bytes.subarray(offset, offset + size);
  }
  if (home.folder === undefined) return refuse('there is no such file beside the model');
  return readRange(resolveInside(home.folder, location, refuse), offset, size, refuse);
}

/**
 * Names all files that the weights of a graph are in and that are not there.
 * @throws StudioError file-missing with the names
 */
export function requireExternal(graph: ProtoGraph, home: ModelHome): void {
  const sparse = graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices]);
  const missing = new Set<string>();
  for (const proto of [...graph.initializer, ...sparse]) {
    const location = proto?.dataLocation === 1 ? locationOf(proto) : undefined;
    if (location && !isThere(home, location)) missing.add(location);
  }
  if (missing.size === 0) return;
  throw new StudioError(
    'file-missing',
    `the weights are in files of their own, and there is no such file beside the model: ${summarize([...missing])}`,
    {},
    missing.size === 1
      ? 'Give this file together with the model.'
      : 'Give these files together with the model.',
    { files: [...missing] },
  );
}

const locationOf = ({ externalData }: ProtoTensor): string | undefined =>
  externalData.findLast(({ key }) => key === 'location')?.value;

/** Whether something of that name is there; what it is, is looked at when it is read. */
function isThere(home: ModelHome, location: string): boolean {
  if (companionAt(home, location)) return true;
  // A path that must not be followed has its own error.
  if (isAbsolute(location) || location.split(/[\\/]/).includes('..')) return true;
  return home.folder !== undefined && existsSync(resolve(home.folder, location));
}

/** Given files have no folders, so the last part of the path has to do. */
function companionAt({ companions }: ModelHome, location: string): ModelFile | undefined {
  const name = location.replace(/^.*[\\/]/, '');
  return companions?.find((file) => file.name === name);
}

function checkRange(have: number, offset: number, size: number, refuse: (why: string) => never): void {
  if (offset + size > have) refuse(`truncated: it has ${have} bytes, ${offset + size} are needed`);
}

function byteCount(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : NaN;
}

function resolveInside(folder: string, location: string, refuse: (why: string) => never): string {
  const wanted = resolve(folder, location);
  let real: string;
  let base: string;
  try {
    base = realpathSync(folder);
    real = realpathSync(wanted);
  } catch {
    return refuse('there is no such file beside the model');
  }
  if (real !== join(base, location.split(/[\\/]/).join(sep))) return refuse('the path goes through a link');
  if (!real.startsWith(base + sep)) return refuse('the path leaves the folder of the model');
  return real;
}

function readRange(path: string, offset: number, size: number, refuse: (why: string) => never): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const status = fstatSync(file);
    if (!status.isFile() || status.nlink > 1) return refuse('it is not a plain file (links are refused)');
    checkRange(status.size, offset, size, refuse);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const got = readSync(file, bytes, at, size - at, offset + at);
      if (got === 0) return refuse('truncated while reading');
      at += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
