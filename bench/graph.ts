/**
 * Time of what the graph view does to a network of N layers: `bench-graph [layers ...]`, default 1000 10000 50000.
 * Medians in milliseconds; the ratio is to the time of the smallest network per layer: 1 means that time grows as the
 * network does.
 */
import { layoutGraph } from '../renderer/graph/layout/layout.ts';
import { rows, type LayoutInput } from '../renderer/graph/layout/types.ts';
import { pathThrough } from '../renderer/graph/path.ts';
import { findNodes, indexParameters } from '../renderer/graph/search.ts';
import { median } from './timing.ts';

const ROUNDS = 7;

/** Residual blocks with a long skip every 50 layers. */
function network(nodes: number): LayoutInput {
  const edges: [number, number][] = [];
  for (let v = 1; v < nodes; v++) {
    edges.push([v - 1, v]);
    if (v % 4 === 0) edges.push([v - 4, v]);
    if (v % 50 === 0 && v > 60) edges.push([v - 60, v]);
  }
  const from = Int32Array.from(edges, ([source]) => source);
  const to = Int32Array.from(edges, ([, target]) => target);
  return { nodes, from, to, constant: new Uint8Array(nodes) };
}

function time(work: () => unknown): number {
  return median(
    Array.from({ length: ROUNDS }, () => {
      const started = performance.now();
      work();
      return performance.now() - started;
    }),
  );
}

/** Milliseconds of layout, of the path through the middle, and of a search by name, shape and parameter. */
function measure(count: number): Record<string, number> {
  const input = network(count);
  const numbers = Array.from(input.from, (_, index) => index);
  const graph = {
    from: input.from,
    to: input.to,
    edgesOut: rows(count, input.from, numbers),
    edgesIn: rows(count, input.to, numbers),
  };
  const nodes = Array.from({ length: count }, (_, i) => ({
    key: `conv_${i}`,
    name: 'conv',
    op: 'convolution',
    detail: '',
    shapes: [[1, i, i, 3]],
    parameters: null,
    macs: null,
    role: 'layer' as const,
  }));
  const index = indexParameters(nodes.map((_, i) => [{ name: 'k', value: String(i % 7) }]));
  const order = nodes.map((_, i) => i);
  return {
    layout: time(() => layoutGraph(input)),
    path: time(() => pathThrough(graph, [count >> 1])),
    search: time(() => findNodes({ nodes, edges: [] }, order, 'conv shape:1x*x3 k=3', index)),
  };
}

const sizes = process.argv.slice(2).map(Number);
const counts = sizes.length > 0 ? sizes : [1000, 10_000, 50_000];
const results = counts.map((count) => ({ count, times: measure(count) }));
for (const { count, times } of results) {
  const [smallest] = results;
  const cells = Object.entries(times).map(([what, milliseconds]) => {
    const ratio = milliseconds / count / (smallest.times[what] / smallest.count);
    return `${what} ${milliseconds.toFixed(1)} ms (${ratio.toFixed(1)}x per layer)`;
  });
  console.log(`${String(count).padStart(6)} layers: ${cells.join(', ')}`);
}
