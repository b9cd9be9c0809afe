import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { readFileOf, writeFileAtomic } from '../../files/atomic.ts';
import { readCoefficients, writeCoefficients, type Coefficients } from '../../files/coefficients.ts';
import type { Network } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { JobContext } from '../context.ts';

/** Where the coefficients of `NAME.data` are kept when they are overwritten: `NAME.original.data`. */
function originalPath(data: string): string {
  return join(dirname(data), `${basename(data, extname(data))}.original${extname(data)}`);
}

/**
 * Gives a network whose biases were corrected before its original ones again, so that corrections do not add up.
 * Nothing happens when `NAME.original.data` is missing or belongs to another network.
 * @returns whether the network now differs from the file
 */
export async function restoreOriginal(network: Network, data: string, context: JobContext): Promise<boolean> {
  const original = originalPath(data);
  const coefficients = await originalOf(network.coefficients, original);
  if (!coefficients) return false;
  network.coefficients.clear();
  for (const [key, tensors] of coefficients) network.coefficients.set(key, tensors);
  context.log('I', `Load data in ${original}: biases as they were before a correction`);
  return true;
}

/**
 * Writes corrected coefficients to `target`. The file in place is kept as `NAME.original.data` first, unless that is
 * there already and of the same network.
 */
export async function writeCorrected(
  network: Network,
  data: string,
  target: string,
  context: JobContext,
): Promise<void> {
  if (resolve(target) === resolve(data)) {
    const original = originalPath(data);
    if (!(await originalOf(network.coefficients, original))) {
      await writeFileAtomic(original, await readFileOf(data));
      context.log('I', `Keep the coefficients as they were in ${original}`);
    }
  }
  await writeCoefficients(target, network.coefficients);
  context.log('I', `Save data to ${target}`);
}

/** The coefficients of a file if they are those of a network but for its biases. */
async function originalOf(coefficients: Coefficients, file: string): Promise<Coefficients | undefined> {
  if (!existsSync(file)) return undefined;
  const found = await readCoefficients(file);
  return equalButBiases(coefficients, found) ? found : undefined;
}

function equalButBiases(a: Coefficients, b: Coefficients): boolean {
  if (a.size !== b.size) return false;
  for (const [key, tensors] of a) {
    const others = b.get(key);
    if (!others || others.size !== tensors.size) return false;
    for (const [name, tensor] of tensors) {
      const other = others.get(name);
      if (!other || !(name === 'bias' ? sameShape(tensor, other) : sameTensor(tensor, other))) return false;
    }
  }
  return true;
}

function sameShape(a: Tensor, b: Tensor): boolean {
  return a.shape.join() === b.shape.join();
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  return a.type === b.type && sameShape(a, b) && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
