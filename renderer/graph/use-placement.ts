import { useLayoutEffect, useRef } from 'react';
import { useGraph } from '../state/graph.ts';
import { useStudio } from '../state/store.ts';
import type { Camera } from './camera.ts';
import type { Drawing, Rect } from './drawing.ts';
import { firstView, visible } from './viewport.ts';

/**
 * Places the camera: at the start of a network that is new, and so that what a person looks at stays where it is when
 * groups are opened or closed.
 */
export function usePlacement(drawing: Drawing, camera: Camera, height: number): void {
  const placed = useRef<Drawing | undefined>(undefined);
  useLayoutEffect(() => {
    const before = placed.current;
    if (height === 0 || before === drawing) return;
    placed.current = drawing;
    if (before?.scene === drawing.scene) {
      keepInPlace(before, drawing, camera);
      return;
    }
    requestAnimationFrame(() => performance.mark('nibble:graph-drawn'));
    const { scene, layout } = drawing;
    if (drawing.items === 0) return;
    const start = Math.max(
      0,
      scene.nodes.findIndex((node) => node.role === 'input'),
    );
    camera.set(firstView(drawing.bounds(drawing.itemOf(start)), layout, camera.size));
  }, [drawing, camera, height]);
}

/** Moves the view by as much as the thing in question has moved in the world. */
function keepInPlace(before: Drawing, now: Drawing, camera: Camera): void {
  const [from, to] = sameThing(before, now, camera);
  if (!from || !to) return;
  const { zoom } = camera.view;
  camera.pan((from.left - to.left) * zoom, (from.top - to.top) * zoom);
}

/** Where something was and is: the group that was opened or closed, what is selected, or what is in the middle. */
function sameThing(before: Drawing, now: Drawing, camera: Camera): [Rect | undefined, Rect | undefined] {
  const { anchor } = useGraph.getState();
  if (anchor >= 0) return [before.groupBounds(anchor), now.groupBounds(anchor)];
  const { selected } = useStudio.getState();
  const node = selected >= 0 ? selected : middleNode(before, camera);
  if (node < 0) return [undefined, undefined];
  return [before.bounds(before.itemOf(node)), now.bounds(now.itemOf(node))];
}

/** A layer of the item nearest to the middle of the view, -1 = none is in sight. */
function middleNode(drawing: Drawing, camera: Camera): number {
  const seen = visible(camera.view, camera.size);
  const [x, y] = [(seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2];
  let best = -1;
  let least = Infinity;
  drawing.eachIn(seen, (item) => {
    const { left, right, top, bottom } = drawing.bounds(item);
    const distance = Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
    if (distance < least) [best, least] = [item, distance];
  });
  return best < 0 ? -1 : drawing.visible.itemOf.indexOf(best);
}
