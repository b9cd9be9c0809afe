import type { OnnxNode } from './node.ts';

/**
 * Where a network has to end so that some nodes are left out: the outputs that do not depend on them, and the tensors
 * that they and what follows them read.
 * @param nodes in an order in which each comes after those it reads
 * @param outputs of the whole
 * @param usable whether a network may end in a tensor
 * @returns names of tensors; empty when nothing is left
 */
export function outputsInFront(
  nodes: readonly OnnxNode[],
  outputs: readonly string[],
  left: ReadonlySet<OnnxNode>,
  usable: (name: string) => boolean,
): string[] {
  const behind = new Set<string>();
  const ends = new Set<string>();
  for (const node of nodes) {
    if (!left.has(node) && !node.reads.some((name) => behind.has(name))) continue;
    for (const name of node.outputs) behind.add(name);
    for (const name of node.reads) if (usable(name)) ends.add(name);
  }
  return [...new Set([...outputs, ...ends])].filter((name) => !behind.has(name));
}
