import type { Drawing, Rect } from './drawing.ts';
import { NODE_WIDTH, RANK_GAP } from './layout/types.ts';
import { TEXT_FROM } from './paint-nodes.ts';
import type { Theme } from './theme.ts';

/** Height of a label, where it begins below its item, where its text stands, and how large that is. */
export const LABEL_HEIGHT = 15;
export const LABEL_TOP = (RANK_GAP - LABEL_HEIGHT) / 2;
export const LABEL_BASELINE = 11;
export const LABEL_FONT = 10.5;

/** Writes the shapes on the visible wires, as long as they can be read. */
export function paintLabels(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { seen, zoom, theme }: { seen: Rect; zoom: number; theme: Theme },
): void {
  if (zoom < TEXT_FROM) return;
  context.font = `${LABEL_FONT}px ${theme.font}`;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'center';
  const above = { ...seen, top: seen.top - RANK_GAP };
  drawing.eachIn(above, (item) => {
    const text = drawing.wireLabels[item];
    if (text === '') return;
    const { left, bottom } = drawing.bounds(item);
    const x = left + NODE_WIDTH / 2;
    const width = context.measureText(text).width + 10;
    context.fillStyle = theme.background;
    context.beginPath();
    context.roundRect(x - width / 2, bottom + LABEL_TOP, width, LABEL_HEIGHT, 4);
    context.fill();
    context.fillStyle = theme.dim;
    context.fillText(text, x, bottom + LABEL_TOP + LABEL_BASELINE);
  });
  context.textAlign = 'start';
}
