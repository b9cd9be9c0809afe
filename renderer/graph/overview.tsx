import { useEffect, useRef, type PointerEvent } from 'react';
import type { Camera } from './camera.ts';
import { paintColour, type Colours } from './colouring.ts';
import type { Drawing } from './drawing.ts';
import { NODE_HEIGHT, NODE_WIDTH } from './layout/types.ts';
import { FRAME_ALPHA } from './paint-frames.ts';
import { isFaint } from './paint-nodes.ts';
import type { Path } from './path.ts';
import type { Theme } from './theme.ts';
import { visible } from './viewport.ts';

const WIDTH = 76;
/** Smallest side of the frame: it must stay easy to grab. */
const FRAME = 6;

/** The whole network as a strip; both directions scale on their own, because networks are so much taller than wide. */
export function Overview({
  drawing,
  camera,
  theme,
  colours,
  height: room,
  found,
  path,
}: {
  drawing: Drawing;
  camera: Camera;
  theme: Theme;
  colours: Colours;
  /** Pixels the strip may be tall. */
  height: number;
  found: ReadonlySet<number> | undefined;
  path: Path | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  /** Where the strip's corner would be if the pointer were the middle of the frame. */
  const held = useRef({ x: 0, y: 0 });
  const scaleX = WIDTH / Math.max(1, drawing.layout.width);
  // A short network is not stretched to fill the window.
  const scaleY = Math.min(scaleX, room / Math.max(1, drawing.layout.height));
  const height = scaleY * drawing.layout.height;
  useEffect(() => {
    if (canvas.current)
      paint(canvas.current, { drawing, theme, colours, height, found, path, scaleX, scaleY });
  }, [drawing, theme, colours, height, found, path, scaleX, scaleY]);
  useEffect(() => {
    const place = (): void => {
      const element = frame.current;
      if (!element) return;
      const seen = visible(camera.view, camera.size);
      const clampX = (x: number): number => Math.min(WIDTH, Math.max(0, x * scaleX));
      const clampY = (y: number): number => Math.min(height, Math.max(0, y * scaleY));
      const [left, top] = [clampX(seen.left), clampY(seen.top)];
      element.style.transform = `translate(${left}px, ${Math.min(top, height - FRAME)}px)`;
      element.style.width = `${Math.max(FRAME, clampX(seen.right) - left)}px`;
      element.style.height = `${Math.max(FRAME, clampY(seen.bottom) - top)}px`;
    };
    place();
    return camera.subscribe(place);
  }, [camera, scaleX, scaleY, height]);
  /** Moves the middle of the view to the pointer, less the distance at which the frame is held. */
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1) return;
    event.stopPropagation();
    const { zoom } = camera.view;
    const x = (event.clientX - held.current.x) / scaleX;
    const y = (event.clientY - held.current.y) / scaleY;
    camera.set({ zoom, x: camera.size.width / 2 - x * zoom, y: camera.size.height / 2 - y * zoom });
  };
  const grab = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1 || !canvas.current || !frame.current) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, top } = canvas.current.getBoundingClientRect();
    held.current = { x: left, y: top };
    const inFrame = frame.current.getBoundingClientRect();
    const { clientX, clientY } = event;
    if (
      clientX >= inFrame.left &&
      clientX <= inFrame.right &&
      clientY >= inFrame.top &&
      clientY <= inFrame.bottom
    ) {
      const middle = camera.world(camera.size.width / 2, camera.size.height / 2);
      held.current = { x: clientX - middle.x * scaleX, y: clientY - middle.y * scaleY };
    }
    move(event);
  };
  return (
    <div className="overview" aria-hidden="true" onPointerDown={grab} onPointerMove={move}>
      <canvas ref={canvas} />
      <div className="overview-frame" ref={frame} />
    </div>
  );
}

interface Strip {
  drawing: Drawing;
  theme: Theme;
  colours: Colours;
  height: number;
  found: ReadonlySet<number> | undefined;
  path: Path | undefined;
  scaleX: number;
  scaleY: number;
}

function paint(
  canvas: HTMLCanvasElement,
  { drawing, theme, colours, height, found, path, scaleX, scaleY }: Strip,
): void {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = Math.max(1, height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const { positions } = drawing.layout;
  const nodeWidth = Math.max(1.5, NODE_WIDTH * scaleX);
  const nodeHeight = Math.max(1, Math.min(5, NODE_HEIGHT * scaleY));
  const place = (v: number, tall: number): void =>
    context.fillRect(positions[2 * v] * scaleX, positions[2 * v + 1] * scaleY, nodeWidth, tall);
  context.fillStyle = theme.frame;
  context.globalAlpha = 2 * FRAME_ALPHA;
  for (const { left, top, right, bottom } of drawing.frames)
    context.fillRect(left * scaleX, top * scaleY, (right - left) * scaleX, (bottom - top) * scaleY);
  const { classes, classOf } = colours;
  classes.forEach((one, index) => {
    context.fillStyle = paintColour(one, theme);
    for (let v = 0; v < classOf.length; v++) {
      if (classOf[v] !== index) continue;
      context.globalAlpha = isFaint(v, { found, path }) ? 0.25 : 1;
      place(v, nodeHeight);
    }
  });
  if (!found) return;
  context.globalAlpha = 1;
  context.fillStyle = theme.found;
  for (const v of found) place(v, Math.max(2, nodeHeight));
}
