import { layoutGraph } from './layout/layout.ts';
import type { LayoutInput } from './layout/types.ts';

/** Entry of the layout worker: one graph in, one layout out. */
self.addEventListener('message', (event: MessageEvent<LayoutInput>) => {
  const layout = layoutGraph(event.data);
  const { positions, offsets, points, stub, rank } = layout;
  self.postMessage(layout, {
    transfer: [positions.buffer, offsets.buffer, points.buffer, stub.buffer, rank.buffer],
  });
});
