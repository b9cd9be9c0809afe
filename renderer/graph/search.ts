import type { GraphView } from '../../core/worker/contract.ts';

/**
 * Nodes that match every word of the query, in the given order. `op:conv` looks in ops only, any other
 * word in name, key and op.
 */
export function findNodes({ nodes }: GraphView, order: ArrayLike<number>, query: string): number[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return Array.from(order).filter((index) => {
    const { key, name, op } = nodes[index];
    return words.every((word) =>
      word.startsWith('op:')
        ? op.toLowerCase().includes(word.slice('op:'.length))
        : `${name} ${key} ${op}`.toLowerCase().includes(word),
    );
  });
}
