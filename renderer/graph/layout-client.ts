import type { GraphView } from '../../core/worker/contract.ts';
import type { NestedInput, NestedLayout } from './layout/nested.ts';
import type { LayoutInput } from './layout/types.ts';

let worker: Worker | undefined;
/** Gives up the layout that is being made. */
let giveUp: (() => void) | undefined;

/** Lays a graph out in a worker, which stays. A newer request stops an older one, whose answer is undefined. */
export function layoutInWorker(input: NestedInput): Promise<NestedLayout | undefined> {
  giveUp?.();
  worker ??= new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  const own = worker;
  return new Promise((resolve, reject) => {
    giveUp = () => {
      own.terminate();
      worker = undefined;
      resolve(undefined);
    };
    const arrived = (event: MessageEvent<NestedLayout>): void => {
      giveUp = undefined;
      resolve(event.data);
    };
    const failed = (): void => {
      giveUp = undefined;
      worker = undefined;
      reject(new Error('the graph cannot be drawn'));
    };
    own.addEventListener('message', arrived, { once: true });
    own.addEventListener('error', failed, { once: true });
    own.postMessage(input);
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
