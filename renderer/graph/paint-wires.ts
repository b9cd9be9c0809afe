import type { Drawing, Rect } from './drawing.ts';
import type { NestedLayout } from './layout/nested.ts';
import type { Path } from './path.ts';
import type { Theme } from './theme.ts';

/** Below this zoom curves cannot be told from lines. */
const CURVES_FROM = 0.12;

/** What decides how wires look. */
interface WireLook {
  seen: Rect;
  zoom: number;
  selected: number;
  /** The path that is shown; undefined = none. */
  path: Path | undefined;
  theme: Theme;
}

/** Draws the wires that touch the visible part, first those off the path, last those of the selected item last. */
export function paintWires(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { seen, zoom, selected, path, theme }: WireLook,
): void {
  const curves = zoom >= CURVES_FROM;
  const bounds = drawing.edgeBounds;
  context.lineWidth = Math.max(1.3, 0.8 / zoom);
  context.strokeStyle = theme.wire;
  context.globalAlpha = path ? 0.35 : 1;
  context.beginPath();
  const onPath: number[] = [];
  for (let e = 0, i = 0; e < drawing.visible.from.length; e++, i += 4) {
    if (
      bounds[i] > seen.right ||
      bounds[i + 1] > seen.bottom ||
      bounds[i + 2] < seen.left ||
      bounds[i + 3] < seen.top
    )
      continue;
    if (path?.edges.has(e)) onPath.push(e);
    else traceWire(context, drawing.layout, e, curves);
  }
  context.stroke();
  context.globalAlpha = 1;
  if (onPath.length > 0) {
    context.strokeStyle = theme.accent;
    context.beginPath();
    for (const e of onPath) traceWire(context, drawing.layout, e, curves);
    context.stroke();
  }
  if (selected < 0) return;
  context.lineWidth *= 1.7;
  context.strokeStyle = theme.accent;
  context.beginPath();
  for (const { offsets, items } of [drawing.edgesIn, drawing.edgesOut]) {
    for (let k = offsets[selected]; k < offsets[selected + 1]; k++)
      traceWire(context, drawing.layout, items[k], curves);
  }
  context.stroke();
}

/** What a wire is drawn with: a canvas, or what writes a path down. */
type Pen = Pick<CanvasPath, 'moveTo' | 'lineTo' | 'bezierCurveTo'>;

/** Adds a wire to the current path. */
export function traceWire(context: Pen, layout: NestedLayout, edge: number, curves: boolean): void {
  const { points, offsets } = layout;
  const [start, end] = [offsets[edge], offsets[edge + 1]];
  let x = points[start];
  let y = points[start + 1];
  context.moveTo(x, y);
  for (let i = start + 2; i < end; i += 2) {
    const [nextX, nextY] = [points[i], points[i + 1]];
    if (layout.lifted[i / 2] === 1) context.moveTo(nextX, nextY);
    else if (!curves || nextX === x) context.lineTo(nextX, nextY);
    else {
      const middle = (y + nextY) / 2;
      context.bezierCurveTo(x, middle, nextX, middle, nextX, nextY);
    }
    x = nextX;
    y = nextY;
  }
}
