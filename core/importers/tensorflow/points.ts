import type { ImportOptions } from '../options.ts';
import { tensorOf } from './source.ts';

/** Where the graph is cut; undefined: at its own ends. */
export interface Points {
  inputs: string[] | undefined;
  outputs: string[] | undefined;
}

/**
 * The cuts that the options ask for. Subgraphs add their points: the network then consists of these parts only. A point
 * that is an output of one part and an input of another joins the two.
 */
export function pointsOf({ inputs, outputs, subgraphs = [] }: ImportOptions): Points {
  const enters = subgraphs.flatMap((part) => part.inputs.map(tensorOf));
  const leaves = subgraphs.flatMap((part) => part.outputs.map(tensorOf));
  const merged = (names: readonly string[] | undefined, own: readonly string[], other: readonly string[]) => {
    const all = [
      ...new Set([...(names ?? []).map(tensorOf), ...own.filter((name) => !other.includes(name))]),
    ];
    return all.length > 0 ? all : undefined;
  };
  return { inputs: merged(inputs, enters, leaves), outputs: merged(outputs, leaves, enters) };
}
