import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { StudioError } from '../../network/errors.ts';
import type { ProtoTensor } from './schema.ts';

/**
 * Reads the bytes of a tensor that is stored outside the model file. The file must be a plain file inside
 * the model's folder: ONNX's own loader had to fix escapes through `..`, symbolic and hard links five times.
 * @param size bytes the tensor's dimensions ask for.
 */
export function readExternal(proto: ProtoTensor, size: number, folder: string | undefined): Uint8Array {
  const fields = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = fields.get('location');
  const refuse = (why: string): never => {
    throw new StudioError(
      'file-malformed',
      `tensor "${proto.name}" keeps its data in "${location ?? ''}": ${why}`,
    );
  };
  if (folder === undefined) return refuse('the folder of the model is not known');
  if (!location) return refuse('no file name is given');
  if (isAbsolute(location) || /^[a-z]:|^[\\/]/i.test(location)) return refuse('the path must be relative');
  if (location.split(/[\\/]/).includes('..')) return refuse('the path leaves the folder of the model');
  const offset = byteCount(fields.get('offset')) ?? 0;
  const length = byteCount(fields.get('length')) ?? size;
  if (Number.isNaN(offset) || Number.isNaN(length)) return refuse('offset or length is not a number');
  if (length !== size) return refuse(`it says ${length} bytes but the shape needs ${size}`);
  return readRange(resolveInside(folder, location, refuse), offset, size, refuse);
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
    if (offset + size > status.size)
      return refuse(`truncated: it has ${status.size} bytes, ${offset + size} are needed`);
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
