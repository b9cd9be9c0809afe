import { layoutNested, type NestedInput } from './layout/nested.ts';

/** Entry of the layout worker: graphs in, layouts out. */
self.addEventListener('message', (event: MessageEvent<NestedInput>) => {
  const layout = layoutNested(event.data);
  const { positions, offsets, points, lifted, frames } = layout;
  self.postMessage(layout, {
    transfer: [positions.buffer, offsets.buffer, points.buffer, lifted.buffer, frames.buffer],
  });
});
