import type { WireError } from '../../core/worker/contract.ts';
import { EXPORT_MARGIN, networkSvg, type Picture } from './export-svg.ts';
import { paintFrames } from './paint-frames.ts';
import { paintLabels } from './paint-labels.ts';
import { paintNodes } from './paint-nodes.ts';
import { paintWires } from './paint-wires.ts';

/** Pixels per world unit where there is room, and what a canvas surely can hold. */
const PNG_SCALE = 2;
const PNG_SIDE = 16_384;
const PNG_AREA = 40e6;

/** Format of an exported network. */
export type PictureFormat = 'png' | 'svg';

/** Saves the whole network as a picture, coloured as it is shown. Throws a {@link WireError}. */
export async function saveNetwork(picture: Picture, name: string, format: PictureFormat): Promise<void> {
  const blob = format === 'svg' ? svgBlob(picture) : await pngBlob(picture);
  saveBlob(blob, `${fileName(name)}.${format}`);
}

/** Has the browser save a file. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.download = name;
  link.href = URL.createObjectURL(blob);
  link.click();
  // The browser has taken the blob by the next task; some read it a little later.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A name every file system takes, from any text. */
export function fileName(name: string): string {
  return (
    name
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')
      .replace(/^[._]+/, '')
      .slice(0, 80) || 'network'
  );
}

/** Pixels per world unit, so that the picture of a network of this size stays within the limits. */
export function pngScale(width: number, height: number): number {
  return Math.min(PNG_SCALE, PNG_SIDE / Math.max(width, height), Math.sqrt(PNG_AREA / (width * height)));
}

function svgBlob(picture: Picture): Blob {
  const context = document.createElement('canvas').getContext('2d');
  const svg = networkSvg(picture, (text, font) => {
    if (!context) return 6 * text.length;
    context.font = font;
    return context.measureText(text).width;
  });
  if (svg === undefined) {
    const hint = 'Save a PNG, which is made smaller to fit.';
    throw problem('this network is too large for an SVG picture', hint);
  }
  return new Blob([svg], { type: 'image/svg+xml' });
}

async function pngBlob({ drawing, colours, theme, path, shapes }: Picture): Promise<Blob> {
  const [width, height] = [drawing.layout.width, drawing.layout.height].map(
    (size) => size + 2 * EXPORT_MARGIN,
  );
  const zoom = pngScale(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.floor(width * zoom));
  canvas.height = Math.max(1, Math.floor(height * zoom));
  const context = canvas.getContext('2d');
  if (context) {
    context.fillStyle = theme.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(zoom, 0, 0, zoom, EXPORT_MARGIN * zoom, EXPORT_MARGIN * zoom);
    const seen = { left: 0, top: 0, right: width, bottom: height };
    const look = { seen, zoom, selected: -1, group: -1, found: undefined, path, theme, colours };
    paintFrames(context, drawing, look);
    paintWires(context, drawing, look);
    if (shapes) paintLabels(context, drawing, look);
    paintNodes(context, drawing, look);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob)
    throw problem('the picture cannot be made', 'There may be too little memory: close other pages.');
  return blob;
}

function problem(message: string, hint: string): WireError {
  return { code: 'usage', message, place: {}, hint };
}
