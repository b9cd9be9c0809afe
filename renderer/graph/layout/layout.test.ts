import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../../core/testing/shared.ts';
import { layoutGraph } from './layout.ts';
import { NODE_HEIGHT, NODE_WIDTH, type Layout, type LayoutInput } from './types.ts';

function graph(
  nodes: number,
  edges: readonly (readonly [number, number])[],
  constants: number[] = [],
): LayoutInput {
  const constant = new Uint8Array(nodes);
  for (const v of constants) constant[v] = 1;
  return {
    nodes,
    from: Int32Array.from(edges, ([from]) => from),
    to: Int32Array.from(edges, ([, to]) => to),
    constant,
  };
}

/** A chain of residual blocks, as deep as asked for. */
function residual(nodes: number): LayoutInput {
  const edges: [number, number][] = [];
  for (let v = 1; v < nodes; v++) {
    edges.push([v - 1, v]);
    if (v % 4 === 0) edges.push([v - 4, v]);
    if (v % 50 === 0 && v > 60) edges.push([v - 60, v]);
  }
  return graph(nodes, edges);
}

function overlaps({ positions }: Layout): number {
  const count = positions.length / 2;
  const byTop = new Map<number, number[]>();
  for (let v = 0; v < count; v++) {
    const y = positions[2 * v + 1];
    byTop.set(y, [...(byTop.get(y) ?? []), positions[2 * v]]);
  }
  let found = 0;
  for (const lefts of byTop.values()) {
    lefts.sort((a, b) => a - b);
    for (let i = 1; i < lefts.length; i++) if (lefts[i] - lefts[i - 1] < NODE_WIDTH - 0.01) found++;
  }
  return found;
}

describe('layoutGraph', () => {
  it('draws a chain as one straight column', () => {
    const { positions } = layoutGraph(
      graph(5, [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
      ]),
    );
    expect(new Set(positions.filter((_, i) => i % 2 === 0)).size).toBe(1);
    expect(positions[9]).toBeGreaterThan(positions[7] + NODE_HEIGHT);
  });

  it('keeps the main path straight beside branches', () => {
    const { positions } = layoutGraph(residual(101));
    expect(new Set(positions.filter((_, i) => i % 2 === 0)).size).toBe(1);
  });

  it('pulls constants next to their reader', () => {
    const { rank } = layoutGraph(
      graph(
        6,
        [
          [0, 1],
          [1, 2],
          [2, 3],
          [3, 4],
          [5, 4],
        ],
        [5],
      ),
    );
    expect(rank[5]).toBe(3);
  });

  it('draws nothing, one node, double edges, loops and cycles without failing', () => {
    expect(layoutGraph(graph(0, [])).width).toBe(0);
    expect(layoutGraph(graph(1, [])).height).toBe(NODE_HEIGHT);
    const odd = layoutGraph(
      graph(4, [
        [0, 1],
        [0, 1],
        [1, 1],
        [2, 3],
        [3, 2],
      ]),
    );
    expect(odd.points.every(Number.isFinite)).toBe(true);
    expect(overlaps(odd)).toBe(0);
  });

  it('is deterministic', () => {
    expect(layoutGraph(residual(500))).toEqual(layoutGraph(residual(500)));
  });

  it('lays out 10,000 nodes without recursion', () => {
    expect(overlaps(layoutGraph(residual(10_000)))).toBe(0);
  });

  it('survives a fan of 5,000 readers', () => {
    const layout = layoutGraph(
      graph(
        5001,
        Array.from({ length: 5000 }, (_, i) => [0, i + 1] as const),
      ),
    );
    expect(overlaps(layout)).toBe(0);
  });

  const networks = ['yolo_v8', 'yolo_v13', 'esrgan', 'inception_v3', 'bert_base_vsi_frozen', 'dprnn'];
  for (const name of networks) {
    const path = sharedPath(`reference/networks/${name}.json`);
    it.skipIf(path === undefined)(`lays out ${name} without overlaps (needs ../shared)`, () => {
      const input = fromNetwork(readFileSync(path ?? '', 'utf8'));
      const layout = layoutGraph(input);
      expect(overlaps(layout)).toBe(0);
      for (let e = 0; e < input.from.length; e++)
        expect(layout.rank[input.to[e]]).toBeGreaterThan(layout.rank[input.from[e]]);
    });
  }
});

function fromNetwork(text: string): LayoutInput {
  const { Layers } = JSON.parse(text) as { Layers: Record<string, { op: string; inputs?: string[] }> };
  const keys = Object.keys(Layers);
  const index = new Map(keys.map((key, i) => [key, i]));
  const edges = keys.flatMap((key, to) =>
    (Layers[key].inputs ?? []).map(
      (ref) => [index.get(ref.slice(1, ref.lastIndexOf(':'))) ?? 0, to] as const,
    ),
  );
  return graph(
    keys.length,
    edges,
    keys.flatMap((key, i) => (Layers[key].op === 'variable' ? [i] : [])),
  );
}
