import { useEffect, useRef, type PointerEvent } from 'react';
import type { Camera } from './camera.ts';
import type { Colouring } from './colouring.ts';
import { NODE_HEIGHT, NODE_WIDTH } from './layout/types.ts';
import type { Scene } from './scene.ts';
import type { Theme } from './theme.ts';
import { visible } from './viewport.ts';

const WIDTH = 76;

/** The whole network as a strip; both directions scale on their own, because networks are so much taller than wide. */
export function Overview({
  scene,
  camera,
  theme,
  colouring,
  height: room,
  found,
}: {
  scene: Scene;
  camera: Camera;
  theme: Theme;
  colouring: Colouring;
  /** Pixels the strip may be tall. */
  height: number;
  found: ReadonlySet<number> | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const scaleX = WIDTH / Math.max(1, scene.layout.width);
  // A short network is not stretched to fill the window.
  const scaleY = Math.min(scaleX, room / Math.max(1, scene.layout.height));
  const height = scaleY * scene.layout.height;
  useEffect(() => {
    if (canvas.current) paint(canvas.current, { scene, theme, colouring, height, found, scaleX, scaleY });
  }, [scene, theme, colouring, height, found, scaleX, scaleY]);
  useEffect(() => {
    const place = (): void => {
      const element = frame.current;
      if (!element) return;
      const seen = visible(camera.view, camera.size);
      const clampX = (x: number): number => Math.min(WIDTH, Math.max(0, x * scaleX));
      const clampY = (y: number): number => Math.min(height, Math.max(0, y * scaleY));
      const [left, top] = [clampX(seen.left), clampY(seen.top)];
      element.style.transform = `translate(${left}px, ${Math.min(top, height - 6)}px)`;
      element.style.width = `${Math.max(6, clampX(seen.right) - left)}px`;
      element.style.height = `${Math.max(6, clampY(seen.bottom) - top)}px`;
    };
    place();
    return camera.subscribe(place);
  }, [camera, scaleX, scaleY, height]);
  const jump = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    const { zoom } = camera.view;
    const x = (event.clientX - box.left) / scaleX;
    const y = (event.clientY - box.top) / scaleY;
    camera.set({ zoom, x: camera.size.width / 2 - x * zoom, y: camera.size.height / 2 - y * zoom });
  };
  return (
    <div className="overview" aria-hidden="true" onPointerDown={jump} onPointerMove={jump}>
      <canvas ref={canvas} />
      <div className="overview-frame" ref={frame} />
    </div>
  );
}

interface Strip {
  scene: Scene;
  theme: Theme;
  colouring: Colouring;
  height: number;
  found: ReadonlySet<number> | undefined;
  scaleX: number;
  scaleY: number;
}

function paint(
  canvas: HTMLCanvasElement,
  { scene, theme, colouring, height, found, scaleX, scaleY }: Strip,
): void {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = Math.max(1, height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const { positions } = scene.layout;
  const nodeWidth = Math.max(1.5, NODE_WIDTH * scaleX);
  const nodeHeight = Math.max(1, Math.min(5, NODE_HEIGHT * scaleY));
  const place = (v: number, tall: number): void =>
    context.fillRect(positions[2 * v] * scaleX, positions[2 * v + 1] * scaleY, nodeWidth, tall);
  context.globalAlpha = found ? 0.25 : 1;
  const { classes, classOf } = colouring;
  classes.forEach(({ token }, index) => {
    context.fillStyle = theme.colour(token);
    for (let v = 0; v < classOf.length; v++) if (classOf[v] === index) place(v, nodeHeight);
  });
  if (!found) return;
  context.globalAlpha = 1;
  context.fillStyle = theme.found;
  for (const v of found) place(v, Math.max(2, nodeHeight));
}
