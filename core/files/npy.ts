import { tensorBytes } from '../network/deferred.ts';
import { StudioError } from '../network/errors.ts';
import type { Tensor } from '../network/tensor.ts';
import { elementCount } from '../network/tensor.ts';
import { readFileOf, writeAtomically } from './atomic.ts';
import { npyByteOrder, npyCode, parseNpyType, tensorFromBytes } from './npy-elements.ts';
import { formatNpyHeader, parseNpyHeader } from './npy-header.ts';

/** A single sample or a dataset; 2 GB is beyond what we want in memory at once. */
export const MAX_NPY_BYTES = 2 ** 31;

/**
 * Reads a .npy file's array of numbers in C order: format 1 to 3, any byte order, Fortran order too.
 * Values are a view on `bytes` where order and alignment allow it. Nothing is allocated from numbers in the
 * header before they are checked against the length of the file.
 * @throws StudioError 'file-malformed' or 'shape-mismatch' with the file
 */
export function parseNpy(bytes: Uint8Array, file?: string): Tensor {
  try {
    const header = parseNpyHeader(bytes);
    const type = parseNpyType(header.descr);
    const length = elementCount(header.shape) * type.bytes;
    if (header.offset + length > bytes.length) {
      throw new StudioError(
        'file-malformed',
        `the file is cut off: [${header.shape.join(',')}] of ${type.type} needs ${length} bytes, ` +
          `${bytes.length - header.offset} are there`,
      );
    }
    const payload = bytes.subarray(header.offset, header.offset + length);
    return tensorFromBytes(type, header.shape, header.fortranOrder, payload);
  } catch (error) {
    throw error instanceof StudioError && file !== undefined ? error.at({ file }) : error;
  }
}

/** Reads a .npy file. @throws StudioError as {@link parseNpy}, 'file-missing', 'file-unreadable' */
export async function readNpyFile(path: string): Promise<Tensor> {
  return parseNpy(await readFileOf(path, { limit: MAX_NPY_BYTES }), path);
}

/** Header and payload of a .npy file of format 1.0; float16 stays float16. */
export function formatNpy(tensor: Tensor): Uint8Array[] {
  const descr = npyByteOrder(tensor.type) + npyCode(tensor.type);
  return [formatNpyHeader(descr, tensor.shape), tensorBytes(tensor)];
}

/** Writes a .npy file. @throws StudioError 'file-unwritable' */
export async function writeNpyFile(path: string, tensor: Tensor): Promise<void> {
  await writeAtomically(path, async (write) => {
    for (const part of formatNpy(tensor)) await write(part);
  });
}
