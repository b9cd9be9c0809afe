import type { Drawing, Frame, Rect } from './drawing.ts';
import { FRAME_HEAD } from './layout/nested.ts';
import { CARDS_FROM, RADIUS } from './paint-nodes.ts';
import type { Theme } from './theme.ts';

/** Where the name of a frame stands. */
export const FRAME_TEXT = { mark: 12, name: 27, baseline: 18, font: 12 } as const;
/** How thin the shade is. */
export const FRAME_ALPHA = 0.07;
/** Zoom from which the name is written. */
const NAMES_FROM = CARDS_FROM;

/** Draws the frames of open groups that touch the visible part, inner ones over outer ones. */
export function paintFrames(
  context: CanvasRenderingContext2D,
  { frames }: Drawing,
  { seen, zoom, group, theme }: { seen: Rect; zoom: number; group: number; theme: Theme },
): void {
  context.textBaseline = 'alphabetic';
  for (const frame of frames) {
    const { left, top, right, bottom } = frame;
    if (left > seen.right || right < seen.left || top > seen.bottom || bottom < seen.top) continue;
    context.beginPath();
    context.roundRect(left, top, right - left, bottom - top, RADIUS + 2);
    context.globalAlpha = FRAME_ALPHA;
    context.fillStyle = theme.frame;
    context.fill();
    context.globalAlpha = 1;
    const selected = frame.group === group;
    context.strokeStyle = selected ? theme.accent : theme.line;
    context.lineWidth = selected ? 2.4 / Math.min(1, zoom * 1.5) : Math.max(1, 0.6 / zoom);
    context.stroke();
    if (zoom >= NAMES_FROM) writeName(context, frame, theme);
  }
}

function writeName(context: CanvasRenderingContext2D, { left, top, right, name }: Frame, theme: Theme): void {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left - FRAME_TEXT.mark, FRAME_HEAD);
  context.clip();
  context.font = `600 ${FRAME_TEXT.font}px ${theme.font}`;
  context.fillStyle = theme.dim;
  context.fillText('▾', left + FRAME_TEXT.mark, top + FRAME_TEXT.baseline);
  context.fillText(name, left + FRAME_TEXT.name, top + FRAME_TEXT.baseline);
  context.restore();
}
