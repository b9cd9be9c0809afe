import type { Network } from '../network/network.ts';
import { GraphEditor } from './editor.ts';

/** One rewrite of a network: numbers stay, layers change. */
export interface Pass {
  /** Short name for logs and tests. */
  name: string;
  /** One sentence: why the result is better. */
  reason: string;
  /** Applies the rewrite wherever it fits. @returns how often it did */
  apply(editor: GraphEditor): number;
}

/** Rounds after which a set of passes that keeps finding work is stopped. */
const MAX_ROUNDS = 8;

/** The network after one pass; the given one is left as it is. */
export function runPass(network: Network, pass: Pass): Network {
  return runPasses(network, [pass]);
}

/** The network after the passes, repeated until none finds anything. */
export function runPasses(network: Network, passes: readonly Pass[]): Network {
  const editor = new GraphEditor(network);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changes = 0;
    for (const pass of passes) changes += pass.apply(editor);
    if (changes === 0) break;
  }
  return editor.finish();
}
