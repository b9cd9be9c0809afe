import { paintColour, type Colours } from './colouring.ts';
import type { Drawing, Rect } from './drawing.ts';
import { NODE_HEIGHT, NODE_WIDTH } from './layout/types.ts';
import type { Path } from './path.ts';
import type { Theme } from './theme.ts';

/** From this zoom on a node is a card with text, below it is a block of its colour. */
export const CARDS_FROM = 0.3;
/** From this zoom on text can be read. */
export const TEXT_FROM = 0.42;
/** Rounding of a card, and width of its coloured bar. */
export const RADIUS = 8;
export const BAR = 5;
/** How far the cards behind a closed group look out. */
export const STACK = 4;
/** Where the lines of a card stand, from its top, and the title from its left; that of a group makes room for its mark. */
export const LINES = [21, 38, 56] as const;
export const TEXT_LEFT = 15;
export const GROUP_LEFT = 28;

/** What decides how items look. */
export interface NodeLook {
  seen: Rect;
  zoom: number;
  /** The selected item, -1 = none. */
  selected: number;
  /** Items a search found; undefined = no search. */
  found: ReadonlySet<number> | undefined;
  /** The path that is shown; undefined = none. */
  path: Path | undefined;
  theme: Theme;
  colours: Colours;
}

/** Whether an item steps back behind what was asked for: it was not found, or is off the path. */
export function isFaint(item: number, { found, path }: Pick<NodeLook, 'found' | 'path'>): boolean {
  return (found !== undefined && !found.has(item)) || (path !== undefined && !path.nodes.has(item));
}

/** Draws the visible items, in batches of one colour. */
export function paintNodes(context: CanvasRenderingContext2D, drawing: Drawing, look: NodeLook): void {
  const { classes, classOf } = look.colours;
  const byClass: number[][] = classes.map(() => []);
  drawing.eachIn(look.seen, (item) => byClass[classOf[item]].push(item));
  byClass.forEach((items, index) => {
    const colour = paintColour(classes[index], look.theme);
    if (look.zoom < CARDS_FROM) paintBlocks(context, drawing, items, colour, look);
    else for (const item of items) paintCard(context, drawing, item, colour, look);
  });
  context.globalAlpha = 1;
  paintMarks(context, drawing, byClass, look);
}

function paintBlocks(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  items: readonly number[],
  colour: string,
  look: NodeLook,
): void {
  const { found, zoom, theme } = look;
  // What was found stays a few pixels large, or it would be lost among thousands.
  const grow = found ? Math.max(0, 3 / zoom - NODE_HEIGHT) / 2 : 0;
  for (const bright of [false, true]) {
    context.globalAlpha = bright ? 1 : 0.3;
    context.fillStyle = found && bright ? theme.found : colour;
    const by = bright ? grow : 0;
    for (const item of items) {
      if (isFaint(item, look) === bright) continue;
      const { left, top, bottom } = drawing.bounds(item);
      context.fillRect(left - by, top - by, NODE_WIDTH + 2 * by, bottom - top + 2 * by);
    }
  }
  context.globalAlpha = 1;
}

function paintCard(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  item: number,
  colour: string,
  look: NodeLook,
): void {
  const { left, top, bottom } = drawing.bounds(item);
  const { theme } = look;
  context.globalAlpha = isFaint(item, look) ? 0.35 : 1;
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  // A closed group looks like a pile of cards.
  for (let behind = drawing.visible.groupOf[item] < 0 ? 0 : 2; behind >= 0; behind--) {
    const by = (behind * STACK) / 2;
    context.beginPath();
    context.roundRect(left + by, top + by, NODE_WIDTH, bottom - top, RADIUS);
    context.fillStyle = theme.surface;
    context.fill();
    context.stroke();
  }
  context.beginPath();
  context.roundRect(left, top, BAR, bottom - top, [RADIUS, 0, 0, RADIUS]);
  context.fillStyle = colour;
  context.fill();
  if (look.zoom >= TEXT_FROM) paintText(context, drawing, item, look);
}

function paintText(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  item: number,
  { theme, colours }: NodeLook,
): void {
  const { left, top } = drawing.bounds(item);
  const { title, detail, name, badge: shape, shapes } = drawing.labels[item];
  const isGroup = drawing.visible.groupOf[item] >= 0;
  const badge = colours.badges?.[item] ?? shape;
  const titleLeft = left + (isGroup ? GROUP_LEFT : TEXT_LEFT);
  context.textBaseline = 'alphabetic';
  context.font = `600 12.5px ${theme.font}`;
  context.fillStyle = theme.text;
  context.fillText(title, titleLeft, top + LINES[0]);
  const afterTitle = titleLeft + 6 + context.measureText(title).width;
  if (isGroup) context.fillText('▸', left + TEXT_LEFT, top + LINES[0]);
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.dim;
  const badgeWidth = badge === '' ? 0 : context.measureText(badge).width + 12;
  if (afterTitle + context.measureText(detail).width < left + NODE_WIDTH - 12 - badgeWidth)
    context.fillText(detail, afterTitle, top + LINES[0]);
  context.fillText(name, left + TEXT_LEFT, top + LINES[1], NODE_WIDTH - 26);
  if (shapes !== undefined) context.fillText(shapes, left + TEXT_LEFT, top + LINES[2], NODE_WIDTH - 26);
  if (badge === '') return;
  const badgeLeft = left + NODE_WIDTH - 9 - badgeWidth;
  context.fillStyle = theme.chip;
  context.beginPath();
  context.roundRect(badgeLeft, top + 8.5, badgeWidth, 17, 5);
  context.fill();
  context.fillStyle = theme.text;
  context.fillText(badge, badgeLeft + 6, top + LINES[0]);
}

/** Rings about what was found and what is selected; at any zoom at least a few pixels large. */
function paintMarks(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  byClass: readonly (readonly number[])[],
  look: NodeLook,
): void {
  const ring = (item: number, colour: string, width: number): void => {
    const { left, top, bottom } = drawing.bounds(item);
    context.strokeStyle = colour;
    context.lineWidth = width / Math.min(1, look.zoom * 1.5);
    context.beginPath();
    context.roundRect(left - 1, top - 1, NODE_WIDTH + 2, bottom - top + 2, RADIUS + 1);
    context.stroke();
  };
  const { found, theme } = look;
  if (found && look.zoom >= CARDS_FROM) {
    for (const items of byClass) for (const item of items) if (found.has(item)) ring(item, theme.found, 1.6);
  }
  if (look.selected >= 0) ring(look.selected, theme.accent, 2.4);
}
