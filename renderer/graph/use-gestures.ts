import { useEffect, type RefObject } from 'react';
import type { Camera } from './camera.ts';

/** Movement up to this many pixels is still a click. */
const CLICK_SLOP = 4;

/** Two clicks within this many milliseconds, at one place, are a double click. */
const DOUBLE = 400;

/** Drag pans, wheel scrolls, Ctrl + wheel and pinch zoom; clicks are reported, with whether they are the second of two. */
export function useGestures(
  target: RefObject<HTMLElement | null>,
  camera: Camera,
  onClick: (x: number, y: number, double: boolean) => void,
): void {
  useEffect(() => {
    const element = target.current;
    if (!element) return;
    const pointers = new Map<number, { x: number; y: number }>();
    let travelled = 0;
    let last = { x: 0, y: 0, time: -Infinity };
    const local = (event: MouseEvent): { x: number; y: number } => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const down = (event: PointerEvent): void => {
      if (event.button > 1) return;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, local(event));
      travelled = 0;
    };
    const move = (event: PointerEvent): void => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = local(event);
      pointers.set(event.pointerId, now);
      travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (travelled <= CLICK_SLOP) return;
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const scale =
          Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
        if (Number.isFinite(scale) && scale > 0) camera.zoom(scale, other.x, other.y);
      } else camera.pan(now.x - before.x, now.y - before.y);
    };
    const up = (event: PointerEvent): void => {
      const known = pointers.delete(event.pointerId);
      if (known && event.type === 'pointerup' && travelled <= CLICK_SLOP) {
        const { x, y } = local(event);
        const near = Math.abs(x - last.x) + Math.abs(y - last.y) <= CLICK_SLOP;
        const double = near && event.timeStamp - last.time < DOUBLE;
        // A third click is a first one again.
        last = { x, y, time: double ? -Infinity : event.timeStamp };
        onClick(x, y, double);
      }
    };
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? camera.size.height : 1;
      const { x, y } = local(event);
      if (event.ctrlKey || event.metaKey) camera.zoom(Math.exp((-event.deltaY * unit) / 300), x, y);
      else if (event.shiftKey && event.deltaX === 0) camera.pan(-event.deltaY * unit, 0);
      else camera.pan(-event.deltaX * unit, -event.deltaY * unit);
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('wheel', wheel);
    };
  }, [target, camera, onClick]);
}
