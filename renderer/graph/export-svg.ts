import type { Colouring } from './colouring.ts';
import { NODE_HEIGHT, NODE_WIDTH } from './layout/types.ts';
import { LABEL_BASELINE, LABEL_FONT, LABEL_HEIGHT, LABEL_TOP } from './paint-labels.ts';
import { BAR, isFaint, RADIUS } from './paint-nodes.ts';
import { traceWire } from './paint-wires.ts';
import type { Path } from './path.ts';
import type { Scene } from './scene.ts';
import type { Theme } from './theme.ts';

/** Space around the network in exported pictures, in world units. */
export const EXPORT_MARGIN = 24;
/** Longest SVG that is made, in characters; programs that show one need many times its size. */
const MAX_CHARACTERS = 50e6;

/** What decides how an exported network looks. */
export interface Picture {
  scene: Scene;
  colouring: Colouring;
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
  const { scene, theme } = picture;
  const [width, height] = [scene.layout.width, scene.layout.height].map((size) =>
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
  yield* wires(picture);
  if (picture.shapes) yield* labels(picture, measure);
  for (let v = 0; v < picture.scene.nodes.length; v++) yield card(v, picture, measure);
}

function* wires({ scene, theme, path }: Picture): Generator<string> {
  for (const bright of path ? [false, true] : [false]) {
    const look = bright ? theme.accent : theme.wire;
    yield `<g fill="none" stroke-width="1.3" stroke="${escapeXml(look)}"${path && !bright ? FAINT : ''}>`;
    for (let e = 0; e < scene.from.length; e++) {
      if ((path?.edges.has(e) ?? false) === bright) yield `<path d="${wireData(scene, e)}"/>`;
    }
    yield '</g>';
  }
}

const FAINT = ' opacity="0.35"';

function wireData({ layout }: Scene, edge: number): string {
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

function* labels({ scene, theme }: Picture, measure: Measure): Generator<string> {
  const font = `${LABEL_FONT}px ${theme.font}`;
  for (const [index, text] of scene.wireLabels.entries()) {
    if (text === '') continue;
    const { left, top } = scene.bounds(index);
    const width = measure(text, font) + 10;
    const x = left + NODE_WIDTH / 2;
    yield rect(x - width / 2, top + LABEL_TOP, width, LABEL_HEIGHT, 4, theme.background);
    const look = `font-size="${LABEL_FONT}" text-anchor="middle"`;
    yield write(x, top + LABEL_TOP + LABEL_BASELINE, text, theme.dim, look);
  }
}

/** A card as the painter draws it, with the whole name as its tooltip. */
function card(v: number, { scene, colouring, theme, path }: Picture, measure: Measure): string {
  const { left, top } = scene.bounds(v);
  const { op, detail, name, badge: shape } = scene.labels[v];
  const badge = colouring.badges?.[v] ?? shape;
  const colour = theme.colour(colouring.classes[colouring.classOf[v]].token);
  const small = `11px ${theme.font}`;
  const afterOp = left + 21 + measure(op, `600 12.5px ${theme.font}`);
  const badgeWidth = badge === '' ? 0 : measure(badge, small) + 12;
  const badgeLeft = left + NODE_WIDTH - 9 - badgeWidth;
  const bar = `M${round(left + BAR)} ${round(top)}h${RADIUS - BAR}q${-RADIUS} 0 ${-RADIUS} ${RADIUS}v${NODE_HEIGHT - 2 * RADIUS}q0 ${RADIUS} ${RADIUS} ${RADIUS}h${BAR - RADIUS}z`;
  const detailFits = detail !== '' && afterOp + measure(detail, small) < badgeLeft - 3;
  return [
    `<g${isFaint(v, { found: undefined, path }) ? FAINT : ''}>`,
    `<title>${escapeXml(scene.nodes[v].name.slice(0, MAX_TITLE))}</title>`,
    rect(left, top, NODE_WIDTH, NODE_HEIGHT, RADIUS, theme.surface, ` stroke="${escapeXml(theme.line)}"`),
    `<path d="${bar}" fill="${escapeXml(colour)}"/>`,
    write(left + 15, top + 21, op, theme.text, 'font-size="12.5" font-weight="600"'),
    detailFits ? write(afterOp, top + 21, detail, theme.dim) : '',
    write(left + 15, top + 38, name, theme.dim),
    badge === '' ? '' : rect(badgeLeft, top + 8.5, badgeWidth, 17, 5, theme.chip),
    badge === '' ? '' : write(badgeLeft + 6, top + 21, badge, theme.text),
    '</g>',
  ].join('');
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
