import { writeFileAtomic } from './atomic.ts';
import { pythonFloat } from './float-text.ts';

/** One line of entropy.txt. */
export interface EntropyLine {
  /** `@layer:out0` or `@layer:weight`. */
  ref: string;
  /** 0..1, lower is better. */
  entropy: number;
}

/** The text of entropy.txt: activations from low to high, then coefficients from low to high. */
export function formatEntropy(activations: readonly EntropyLine[], weights: readonly EntropyLine[]): string {
  const lines = [...ascending(activations), ...ascending(weights)];
  return lines.map(({ ref, entropy }) => `${ref}, ${pythonFloat(entropy)}\n`).join('');
}

const ascending = (lines: readonly EntropyLine[]): EntropyLine[] =>
  [...lines].sort((a, b) => a.entropy - b.entropy);

/** Writes entropy.txt. @throws StudioError 'file-unwritable' */
export async function writeEntropyFile(
  path: string,
  activations: readonly EntropyLine[],
  weights: readonly EntropyLine[],
): Promise<void> {
  await writeFileAtomic(path, formatEntropy(activations, weights));
}
