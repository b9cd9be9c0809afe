import { paintColour, type Colours } from './colouring.ts';
import type { Drawing, Frame, Rect } from './drawing.ts';
import { NODE_WIDTH } from './layout/types.ts';
import { LABEL_BASELINE, LABEL_FONT, LABEL_HEIGHT, LABEL_TOP } from './paint-labels.ts';
import { FRAME_ALPHA, FRAME_TEXT } from './paint-frames.ts';
import { BAR, GROUP_LEFT, isFaint, LINES, RADIUS, STACK, TEXT_LEFT } from './paint-nodes.ts';
import { traceWire } from './paint-wires.ts';
import type { Path } from './path.ts';
import type { Theme } from './theme.ts';

/** Space around the network in exported pictures, in world units. */
export const EXPORT_MARGIN = 24;
/** Longest SVG that is made, in characters; programs that show one need many times its size. */
const MAX_CHARACTERS = 50e6;

/** What decides how an exported network looks. */
export interface Picture {
  drawing: Drawing;
  colours: Colours;
  theme: Theme;
  path: Path | undefined;
  /** Whether shapes are written on the wires. */
  shapes: boolean;
}

/** Width of a text in a CSS font, in pixels. */
export type Measure = (text: string, font: string) => number;

/** All but what XML 1.0 allows: a control character or half a surrogate pair makes a whole file unreadable. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as XML content or attribute value; names come from model files and may hold anything. */
export function escapeXml(text: string): string {
  return text.replaceAll(FORBIDDEN, '\ufffd').replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** The whole network as an SVG file; undefined when it would be too large. */
export function networkSvg(picture: Picture, measure: Measure): string | undefined {
  const { drawing, theme } = picture;
  const [width, height] = [drawing.layout.width, drawing.layout.height].map((size) =>
    Math.ceil(size + 2 * EXPORT_MARGIN),
  );
  const box = `${-EXPORT_MARGIN} ${-EXPORT_MARGIN} ${width} ${height}`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${box}" font-family="${escapeXml(theme.font)}">`,
    `<rect x="${-EXPORT_MARGIN}" y="${-EXPORT_MARGIN}" width="${width}" height="${height}" fill="${escapeXml(theme.background)}"/>`,
  ];
  let length = 0;
  for (const part of pieces(picture, measure)) {
    length += part.length + 1;
    if (length > MAX_CHARACTERS) return undefined;
    parts.push(part);
  }
  parts.push('</svg>', '');
  return parts.join('\n');
}

function* pieces(picture: Picture, measure: Measure): Generator<string> {
  for (const frame of picture.drawing.frames) yield frameBox(frame, picture.theme);
  yield* wires(picture);
  if (picture.shapes) yield* labels(picture, measure);
  for (let v = 0; v < picture.drawing.items; v++) yield card(v, picture, measure);
}

function* wires({ drawing, theme, path }: Picture): Generator<string> {
  for (const bright of path ? [false, true] : [false]) {
    const look = bright ? theme.accent : theme.wire;
    yield `<g fill="none" stroke-width="1.3" stroke="${escapeXml(look)}"${path && !bright ? FAINT : ''}>`;
    for (let e = 0; e < drawing.visible.from.length; e++) {
      if ((path?.edges.has(e) ?? false) === bright) yield `<path d="${wireData(drawing, e)}"/>`;
    }
    yield '</g>';
  }
}

const FAINT = ' opacity="0.35"';

function wireData({ layout }: Drawing, edge: number): string {
  let data = '';
  const add = (command: string, ...numbers: number[]): void => {
    data += command + numbers.map(round).join(' ');
  };
  traceWire(
    {
      moveTo: (x, y) => add('M', x, y),
      lineTo: (x, y) => add('L', x, y),
      bezierCurveTo: (...numbers) => add('C', ...numbers),
    },
    layout,
    edge,
    true,
  );
  return data;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function* labels({ drawing, theme }: Picture, measure: Measure): Generator<string> {
  const font = `${LABEL_FONT}px ${theme.font}`;
  for (const [index, text] of drawing.wireLabels.entries()) {
    if (text === '') continue;
    const { left, bottom } = drawing.bounds(index);
    const width = measure(text, font) + 10;
    const x = left + NODE_WIDTH / 2;
    yield rect(x - width / 2, bottom + LABEL_TOP, width, LABEL_HEIGHT, 4, theme.background);
    const look = `font-size="${LABEL_FONT}" text-anchor="middle"`;
    yield write(x, bottom + LABEL_TOP + LABEL_BASELINE, text, theme.dim, look);
  }
}

/** The frame of an open group. */
function frameBox({ left, top, right, bottom, name }: Frame, theme: Theme): string {
  const look = ` fill-opacity="${FRAME_ALPHA}" stroke="${escapeXml(theme.line)}"`;
  const text = `font-size="${FRAME_TEXT.font}" font-weight="600"`;
  const y = top + FRAME_TEXT.baseline;
  return [
    rect(left, top, right - left, bottom - top, RADIUS + 2, theme.frame, look),
    write(left + FRAME_TEXT.mark, y, '▾', theme.dim, text),
    write(left + FRAME_TEXT.name, y, name.slice(0, MAX_TITLE), theme.dim, text),
  ].join('');
}

/** A card as the painter draws it, with the whole name as its tooltip. */
function card(item: number, picture: Picture, measure: Measure): string {
  const { drawing, colours, theme, path } = picture;
  const bounds = drawing.bounds(item);
  const { left, top } = bounds;
  const { title, detail, name, badge: shape, shapes } = drawing.labels[item];
  const isGroup = drawing.visible.groupOf[item] >= 0;
  const badge = colours.badges?.[item] ?? shape;
  const small = `11px ${theme.font}`;
  const titleLeft = left + (isGroup ? GROUP_LEFT : TEXT_LEFT);
  const afterTitle = titleLeft + 6 + measure(title, `600 12.5px ${theme.font}`);
  const badgeWidth = badge === '' ? 0 : measure(badge, small) + 12;
  const badgeLeft = left + NODE_WIDTH - 9 - badgeWidth;
  const detailFits = detail !== '' && afterTitle + measure(detail, small) < badgeLeft - 3;
  const strong = 'font-size="12.5" font-weight="600"';
  return [
    `<g${isFaint(item, { found: undefined, path }) ? FAINT : ''}>`,
    `<title>${escapeXml(fullName(drawing, item).slice(0, MAX_TITLE))}</title>`,
    shell(bounds, isGroup, theme),
    bar(bounds, paintColour(colours.classes[colours.classOf[item]], theme)),
    isGroup ? write(left + TEXT_LEFT, top + LINES[0], '▸', theme.text, strong) : '',
    write(titleLeft, top + LINES[0], title, theme.text, strong),
    detailFits ? write(afterTitle, top + LINES[0], detail, theme.dim) : '',
    write(left + TEXT_LEFT, top + LINES[1], name, theme.dim),
    shapes === undefined ? '' : write(left + TEXT_LEFT, top + LINES[2], shapes, theme.dim),
    badge === '' ? '' : rect(badgeLeft, top + 8.5, badgeWidth, 17, 5, theme.chip),
    badge === '' ? '' : write(badgeLeft + 6, top + LINES[0], badge, theme.text),
    '</g>',
  ].join('');
}

/** Name of a layer, or scope of a group. */
function fullName({ scene, visible, hierarchy }: Drawing, item: number): string {
  const group = visible.groupOf[item];
  return group < 0 ? scene.nodes[visible.nodeOf[item]].name : (hierarchy?.groups[group].path ?? '');
}

/** The card itself; two more behind it for a closed group. */
function shell({ left, top, bottom }: Rect, isGroup: boolean, theme: Theme): string {
  const line = ` stroke="${escapeXml(theme.line)}"`;
  const steps = isGroup ? [STACK, STACK / 2, 0] : [0];
  return steps
    .map((by) => rect(left + by, top + by, NODE_WIDTH, bottom - top, RADIUS, theme.surface, line))
    .join('');
}

function bar({ left, top, bottom }: Rect, colour: string): string {
  const data = `M${round(left + BAR)} ${round(top)}h${RADIUS - BAR}q${-RADIUS} 0 ${-RADIUS} ${RADIUS}v${bottom - top - 2 * RADIUS}q0 ${RADIUS} ${RADIUS} ${RADIUS}h${BAR - RADIUS}z`;
  return `<path d="${data}" fill="${escapeXml(colour)}"/>`;
}

/** Longest tooltip. */
const MAX_TITLE = 500;

function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
  fill: string,
  more = '',
): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}" fill="${escapeXml(fill)}"${more}/>`;
}

function write(x: number, y: number, text: string, fill: string, look = 'font-size="11"'): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="${escapeXml(fill)}" ${look}>${escapeXml(text)}</text>`;
}
