import { describe, expect, it } from 'vitest';
import { rows } from './layout/types.ts';
import { pathThrough, type Connections, type Path } from './path.ts';

function connect(nodes: number, edges: readonly (readonly [number, number])[]): Connections {
  const from = Int32Array.from(edges, ([producer]) => producer);
  const to = Int32Array.from(edges, ([, reader]) => reader);
  const numbers = edges.map((_, index) => index);
  return { from, to, edgesOut: rows(nodes, from, numbers), edgesIn: rows(nodes, to, numbers) };
}

const sorted = ({ nodes }: Path): number[] => [...nodes].sort((a, b) => a - b);

describe('pathThrough', () => {
  // Two inputs, two outputs: 0 → 2 → 4, 1 → 3 → 5, and 2 → 3.
  const graph = connect(6, [
    [0, 2],
    [1, 3],
    [2, 3],
    [2, 4],
    [3, 5],
  ]);

  it('holds what comes before and after, not what lies beside', () => {
    expect(sorted(pathThrough(graph, [2]))).toEqual([0, 2, 3, 4, 5]);
    expect(sorted(pathThrough(graph, [3]))).toEqual([0, 1, 2, 3, 5]);
    expect(sorted(pathThrough(graph, [4]))).toEqual([0, 2, 4]);
    expect(sorted(pathThrough(graph, [1]))).toEqual([1, 3, 5]);
  });

  it('leaves out wires past the node', () => {
    const skip = connect(3, [
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect([...pathThrough(skip, [1]).edges].toSorted((a, b) => a - b)).toEqual([0, 2]);
    expect([...pathThrough(skip, [0]).edges].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('ends on a loop', () => {
    const loop = connect(3, [
      [0, 1],
      [1, 0],
      [1, 2],
    ]);
    expect(sorted(pathThrough(loop, [0]))).toEqual([0, 1, 2]);
  });

  it('goes through 10,000 nodes', () => {
    const nodes = 10_000;
    const edges: [number, number][] = [];
    for (let v = 1; v < nodes; v++) {
      edges.push([v - 1, v]);
      if (v % 3 === 0) edges.push([Math.floor(v / 2), v]);
    }
    const large = connect(nodes, edges);
    expect(pathThrough(large, [nodes / 2]).nodes.size).toBe(nodes);
  });
});
