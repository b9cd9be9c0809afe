import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { search, select } from '../state/actions.ts';
import { report } from '../state/core.ts';
import { useStudio } from '../state/store.ts';
import { Camera } from './camera.ts';
import type { Colouring } from './colouring.ts';
import { saveNetwork } from './export-graph.ts';
import { contains, FlowLayer } from './flow-layer.tsx';
import { GraphControls } from './graph-controls.tsx';
import { GraphTools, type Shows } from './graph-tools.tsx';
import { Legend } from './legend.tsx';
import { Overview } from './overview.tsx';
import { paintLabels } from './paint-labels.ts';
import { paintNodes } from './paint-nodes.ts';
import { paintWires } from './paint-wires.ts';
import { pathThrough } from './path.ts';
import type { Rect, Scene } from './scene.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { useGestures } from './use-gestures.ts';
import { firstView, isTiny, visible, type Size } from './viewport.ts';

const STEPS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' } as const;

interface GraphViewProps {
  scene: Scene;
  colouring: Colouring;
  /** Controls that lie on the graph. */
  children?: ReactNode;
}

/** The graph: wires on a canvas, nodes by xyflow or, when many are in sight, on the same canvas. */
export function GraphView({ scene, colouring, children }: GraphViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<Rect | undefined>(undefined);
  const [camera] = useState(() => new Camera());
  const [theme, setTheme] = useState(readTheme);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const selected = useStudio((state) => state.selected);
  const name = useStudio((state) => state.model?.summary.name ?? '');
  const hits = useStudio((state) => state.hits);
  const [shows, setShows] = useState<Shows>({ path: false, shapes: false });
  const found = useMemo(() => hits && new Set(hits), [hits]);
  const path = useMemo(
    () => (shows.path && selected >= 0 ? pathThrough(scene, selected) : undefined),
    [scene, shows.path, selected],
  );

  useEffect(() => onThemeChange(() => setTheme(readTheme())), []);
  useSize(box, camera, setSize);
  useFirstView(scene, camera, size.height);
  useEffect(() => {
    const draw = (): void => {
      const context = canvas.current?.getContext('2d');
      if (!context || !canvas.current) return;
      const { view } = camera;
      const seen = visible(view, camera.size);
      prepare(context, canvas.current, camera);
      const look = { seen, zoom: view.zoom, selected, found, path, theme, colouring };
      paintWires(context, scene, look);
      if (shows.shapes) paintLabels(context, scene, look);
      const inDom = shown.current !== undefined && contains(shown.current, seen);
      if (!inDom) paintNodes(context, scene, look);
    };
    camera.invalidate();
    return camera.subscribe(draw);
  }, [scene, camera, selected, found, path, shows.shapes, theme, colouring]);
  useEffect(() => {
    if (selected >= 0) camera.reveal(scene.bounds(selected));
  }, [selected, scene, camera]);
  const click = useCallback(
    (x: number, y: number) => {
      const point = camera.world(x, y);
      void select(scene.hit(point.x, point.y));
    },
    [camera, scene],
  );
  useGestures(canvas, camera, click);

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- an application is interactive
    <div
      ref={box}
      className="graph"
      role="application"
      tabIndex={0}
      aria-label="Network graph"
      aria-describedby="graph-help"
      onKeyDown={(event) => onKey(event, { scene, camera, selected, shows, setShows })}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <FlowLayer
        scene={scene}
        camera={camera}
        colouring={colouring}
        shown={shown}
        selected={selected}
        found={found}
        path={path}
      />
      <GraphControls scene={scene} camera={camera} />
      <GraphTools
        shows={shows}
        onShows={setShows}
        onSave={(format) => {
          const picture = { scene, colouring, theme, path, shapes: shows.shapes };
          saveNetwork(picture, name, format).catch(report);
        }}
      />
      {children}
      <Legend colouring={colouring} />
      {!isTiny(scene.layout, size) && (
        <Overview
          scene={scene}
          camera={camera}
          theme={theme}
          colouring={colouring}
          height={Math.max(0, size.height - 26)}
          found={found}
          path={path}
        />
      )}
      <p id="graph-help" className="sr-only">
        Arrow keys walk from layer to layer, plus and minus zoom, F shows the whole network, P the path
        through the selected layer, S the shapes on the wires, slash searches, Escape clears the selection.
        The list of layers beside the graph has the same selection.
      </p>
    </div>
  );
}

function useSize(
  box: React.RefObject<HTMLDivElement | null>,
  camera: Camera,
  setSize: (size: Size) => void,
): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const size = { width: element.clientWidth, height: element.clientHeight };
      camera.resize(size);
      setSize(size);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, camera, setSize]);
}

/** Places the camera once per model, as soon as the size is known. */
function useFirstView(scene: Scene, camera: Camera, height: number): void {
  const placed = useRef<Scene | undefined>(undefined);
  useEffect(() => {
    if (height === 0 || placed.current === scene) return;
    placed.current = scene;
    requestAnimationFrame(() => performance.mark('nibble:graph-drawn'));
    const start = scene.nodes.findIndex((node) => node.role === 'input');
    const { width, height: worldHeight } = scene.layout;
    if (scene.nodes.length > 0) {
      camera.set(firstView(scene.bounds(Math.max(0, start)), { width, height: worldHeight }, camera.size));
    }
  }, [scene, camera, height]);
}

function prepare(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, { view, size }: Camera): void {
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(view.zoom * ratio, 0, 0, view.zoom * ratio, view.x * ratio, view.y * ratio);
}

interface KeyTargets {
  scene: Scene;
  camera: Camera;
  selected: number;
  shows: Shows;
  setShows: (shows: Shows) => void;
}

function onKey(event: KeyboardEvent, { scene, camera, selected, shows, setShows }: KeyTargets): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
  const { key } = event;
  const start = scene.listOrder[0] ?? -1;
  if (key in STEPS)
    void select(selected < 0 ? start : scene.neighbour(selected, STEPS[key as keyof typeof STEPS]));
  else if (key === 'Enter') {
    if (selected < 0) void select(start);
    else document.querySelector<HTMLElement>('.inspector')?.focus();
  } else if (key === 'Home') void select(start);
  else if (key === 'End') void select(scene.listOrder.at(-1) ?? -1);
  else if (key === 'Escape') {
    void select(-1);
    search('');
  } else if (key === '+' || key === '=') camera.zoom(1.25);
  else if (key === '-') camera.zoom(0.8);
  else if (key === 'f' || key === 'F') camera.fitWorld(scene.layout);
  else if (key === 'p' || key === 'P') setShows({ ...shows, path: !shows.path });
  else if (key === 's' || key === 'S') setShows({ ...shows, shapes: !shows.shapes });
  else return;
  event.preventDefault();
}
