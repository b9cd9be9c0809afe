import type { GraphView } from '../../core/worker/contract.ts';
import type { Layout, LayoutInput } from './layout/types.ts';

let worker: Worker | undefined;

/** Lays a graph out in a worker. A newer request stops an older one. */
export function layoutInWorker(graph: GraphView): Promise<Layout> {
  worker?.terminate();
  const own = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  worker = own;
  return new Promise((resolve, reject) => {
    own.addEventListener('message', (event: MessageEvent<Layout>) => {
      own.terminate();
      resolve(event.data);
    });
    own.addEventListener('error', () => reject(new Error('the graph cannot be drawn')));
    const input = layoutInput(graph);
    own.postMessage(input, [input.from.buffer, input.to.buffer, input.constant.buffer]);
  });
}

/** The graph as the layout needs it. */
export function layoutInput({ nodes, edges }: GraphView): LayoutInput {
  return {
    nodes: nodes.length,
    from: Int32Array.from(edges, (edge) => edge.from),
    to: Int32Array.from(edges, (edge) => edge.to),
    constant: Uint8Array.from(nodes, (node) => Number(node.role === 'constant')),
  };
}
