import type { Rect } from './drawing.ts';

/** Screen = world × zoom + (x, y). */
export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

/** Size of the part of the window the graph has. */
export interface Size {
  width: number;
  height: number;
}

/** Limits of the zoom; the lower one shows 10,000 layers at once. */
export const MIN_ZOOM = 0.0005;
export const MAX_ZOOM = 2.5;
const MARGIN = 32;
/** Parts of the graph that the zoom buttons, the colours, the overview and the legend lie over. */
const COVERED_TOP = 64;
const COVERED_RIGHT = 84;
const COVERED_BOTTOM = 56;

/** Zooms about a point of the screen, which stays where it is. */
export function zoomAt(view: Viewport, factor: number, x: number, y: number): Viewport {
  const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, view.zoom * factor));
  const scale = zoom / view.zoom;
  return { zoom, x: x - (x - view.x) * scale, y: y - (y - view.y) * scale };
}

/** Shows a whole rectangle, not larger than life. */
export function fit({ left, top, right, bottom }: Rect, { width, height }: Size): Viewport {
  const free = { width: width - COVERED_RIGHT, height: height - COVERED_BOTTOM - COVERED_TOP };
  const wanted = Math.min(
    (free.width - 2 * MARGIN) / (right - left || 1),
    (free.height - 2 * MARGIN) / (bottom - top || 1),
  );
  const zoom = Math.max(MIN_ZOOM, Math.min(1, wanted));
  return {
    zoom,
    x: free.width / 2 - ((left + right) / 2) * zoom,
    y: COVERED_TOP + free.height / 2 - ((top + bottom) / 2) * zoom,
  };
}

const fitWorld = ({ width, height }: Size, size: Size): Viewport =>
  fit({ left: 0, top: 0, right: width, bottom: height }, size);

/** Whether the whole network can be read without moving the view. */
export function isTiny(world: Size, size: Size): boolean {
  return fitWorld(world, size).zoom > 0.6;
}

/** The first look: the start of the network, large enough to read. */
export function firstView(start: Rect, world: Size, size: Size): Viewport {
  const whole = fitWorld(world, size);
  if (isTiny(world, size)) return whole;
  const zoom = Math.max(0.9, whole.zoom);
  return {
    zoom,
    x: (size.width - COVERED_RIGHT) / 2 - ((start.left + start.right) / 2) * zoom,
    y: COVERED_TOP + MARGIN - start.top * zoom,
  };
}

/** Brings a rectangle into sight with as little movement as possible; too small to read counts as out of sight. */
export function reveal(view: Viewport, rect: Rect, size: Size): Viewport {
  const zoom = view.zoom < 0.4 ? 0.8 : view.zoom;
  const centred = {
    zoom,
    x: size.width / 2 - ((rect.left + rect.right) / 2) * zoom,
    y: size.height / 2 - ((rect.top + rect.bottom) / 2) * zoom,
  };
  if (zoom !== view.zoom) return centred;
  const pad = MARGIN / zoom;
  // What lies under the controls or the legend is not in sight. Half a pixel: the first view puts its layer on the edge.
  const seen = visible(view, size);
  const inside =
    rect.left - pad >= seen.left &&
    rect.right + pad <= seen.right &&
    rect.top - pad >= seen.top + (COVERED_TOP - 0.5) / zoom &&
    rect.bottom + pad <= seen.bottom - COVERED_BOTTOM / zoom;
  return inside ? view : centred;
}

/** The part of the world on the screen. */
export function visible({ x, y, zoom }: Viewport, { width, height }: Size): Rect {
  return { left: -x / zoom, top: -y / zoom, right: (width - x) / zoom, bottom: (height - y) / zoom };
}
