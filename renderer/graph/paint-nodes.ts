import { NODE_HEIGHT, NODE_WIDTH } from './layout/types.ts';
import type { Colouring } from './colouring.ts';
import type { Path } from './path.ts';
import type { Rect, Scene } from './scene.ts';
import type { Theme } from './theme.ts';

/** From this zoom on a node is a card with text, below it is a block of its colour. */
export const CARDS_FROM = 0.3;
/** From this zoom on text can be read. */
export const TEXT_FROM = 0.42;
/** Rounding of a card, and width of its coloured bar. */
export const RADIUS = 8;
export const BAR = 5;

/** What decides how nodes look. */
export interface NodeLook {
  seen: Rect;
  zoom: number;
  selected: number;
  /** Nodes a search found; undefined = no search. */
  found: ReadonlySet<number> | undefined;
  /** The path that is shown; undefined = none. */
  path: Path | undefined;
  theme: Theme;
  colouring: Colouring;
}

/** Whether a node steps back behind what was asked for: it was not found, or is off the path. */
export function isFaint(v: number, { found, path }: Pick<NodeLook, 'found' | 'path'>): boolean {
  return (found !== undefined && !found.has(v)) || (path !== undefined && !path.nodes.has(v));
}

/** Draws the visible nodes, in batches of one colour. */
export function paintNodes(context: CanvasRenderingContext2D, scene: Scene, look: NodeLook): void {
  const { classes, classOf } = look.colouring;
  const byClass: number[][] = classes.map(() => []);
  scene.eachIn(look.seen, (index) => byClass[classOf[index]].push(index));
  byClass.forEach((nodes, index) => {
    const colour = look.theme.colour(classes[index].token);
    if (look.zoom < CARDS_FROM) paintBlocks(context, scene, nodes, colour, look);
    else paintCards(context, scene, nodes, colour, look);
  });
  paintMarks(context, scene, byClass, look);
}

function paintBlocks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  nodes: number[],
  colour: string,
  look: NodeLook,
): void {
  const { found, zoom, theme } = look;
  const { positions } = scene.layout;
  // What was found stays a few pixels large, or it would be lost among thousands.
  const grow = found ? Math.max(0, 3 / zoom - NODE_HEIGHT) / 2 : 0;
  for (const bright of [false, true]) {
    context.globalAlpha = bright ? 1 : 0.3;
    context.fillStyle = found && bright ? theme.found : colour;
    const by = bright ? grow : 0;
    for (const v of nodes) {
      if (isFaint(v, look) === bright) continue;
      context.fillRect(
        positions[2 * v] - by,
        positions[2 * v + 1] - by,
        NODE_WIDTH + 2 * by,
        NODE_HEIGHT + 2 * by,
      );
    }
  }
  context.globalAlpha = 1;
}

function paintCards(
  context: CanvasRenderingContext2D,
  scene: Scene,
  nodes: readonly number[],
  colour: string,
  look: NodeLook,
): void {
  const { positions } = scene.layout;
  const { theme } = look;
  for (const v of nodes) {
    const [x, y] = [positions[2 * v], positions[2 * v + 1]];
    context.globalAlpha = isFaint(v, look) ? 0.35 : 1;
    context.beginPath();
    context.roundRect(x, y, NODE_WIDTH, NODE_HEIGHT, RADIUS);
    context.fillStyle = theme.surface;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = theme.line;
    context.stroke();
    context.beginPath();
    context.roundRect(x, y, BAR, NODE_HEIGHT, [RADIUS, 0, 0, RADIUS]);
    context.fillStyle = colour;
    context.fill();
    if (look.zoom >= TEXT_FROM) paintText(context, scene, v, look);
  }
  context.globalAlpha = 1;
}

function paintText(
  context: CanvasRenderingContext2D,
  scene: Scene,
  v: number,
  { theme, colouring }: NodeLook,
): void {
  const [x, y] = [scene.layout.positions[2 * v], scene.layout.positions[2 * v + 1]];
  const { op, detail, name, badge: shape } = scene.labels[v];
  const badge = colouring.badges?.[v] ?? shape;
  context.textBaseline = 'alphabetic';
  context.font = `600 12.5px ${theme.font}`;
  context.fillStyle = theme.text;
  context.fillText(op, x + 15, y + 21);
  const afterOp = x + 21 + context.measureText(op).width;
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.dim;
  const badgeWidth = badge === '' ? 0 : context.measureText(badge).width + 12;
  if (afterOp + context.measureText(detail).width < x + NODE_WIDTH - 12 - badgeWidth)
    context.fillText(detail, afterOp, y + 21);
  context.fillText(name, x + 15, y + 38, NODE_WIDTH - 26);
  if (badge === '') return;
  const left = x + NODE_WIDTH - 9 - badgeWidth;
  context.fillStyle = theme.chip;
  context.beginPath();
  context.roundRect(left, y + 8.5, badgeWidth, 17, 5);
  context.fill();
  context.fillStyle = theme.text;
  context.fillText(badge, left + 6, y + 21);
}

/** Rings about what was found and what is selected; at any zoom at least a few pixels large. */
function paintMarks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  byClass: number[][],
  look: NodeLook,
): void {
  const ring = (v: number, colour: string, width: number): void => {
    const { left, top } = scene.bounds(v);
    context.strokeStyle = colour;
    context.lineWidth = width / Math.min(1, look.zoom * 1.5);
    context.beginPath();
    context.roundRect(left - 1, top - 1, NODE_WIDTH + 2, NODE_HEIGHT + 2, RADIUS + 1);
    context.stroke();
  };
  if (look.found && look.zoom >= CARDS_FROM) {
    for (const nodes of byClass) for (const v of nodes) if (look.found.has(v)) ring(v, look.theme.found, 1.6);
  }
  if (look.selected >= 0) ring(look.selected, look.theme.accent, 2.4);
}
