import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { select } from '../state/actions.ts';
import { report } from '../state/core.ts';
import { selectGroup, toggleGroup, useGraph } from '../state/graph.ts';
import { useStudio } from '../state/store.ts';
import { Camera } from './camera.ts';
import { itemColours, type Colouring } from './colouring.ts';
import type { Drawing, Rect } from './drawing.ts';
import { saveNetwork } from './export-graph.ts';
import { contains, FlowLayer } from './flow-layer.tsx';
import { GraphControls } from './graph-controls.tsx';
import { onGraphKey } from './graph-keys.ts';
import { GraphTools, type Shows } from './graph-tools.tsx';
import { GroupTools } from './group-tools.tsx';
import { membersOf } from './groups/hierarchy.ts';
import { Legend } from './legend.tsx';
import { Overview } from './overview.tsx';
import { paintFrames } from './paint-frames.ts';
import { paintLabels } from './paint-labels.ts';
import { paintNodes } from './paint-nodes.ts';
import { paintWires } from './paint-wires.ts';
import { drawnPath, itemsOf, pathThrough, type Path } from './path.ts';
import type { Scene } from './scene.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { useGestures } from './use-gestures.ts';
import { usePlacement } from './use-placement.ts';
import { isTiny, visible, type Size } from './viewport.ts';

interface GraphViewProps {
  scene: Scene;
  colouring: Colouring;
  /** Controls that lie on the graph. */
  children?: ReactNode;
}

/** The graph of the open network. */
export function GraphView({ scene, ...props }: GraphViewProps) {
  const drawing = useGraph((state) => state.drawing);
  return drawing?.scene === scene ? <DrawnGraph drawing={drawing} {...props} /> : null;
}

/** Frames and wires on a canvas, cards by xyflow or, when many are in sight, on the same canvas. */
function DrawnGraph({ drawing, colouring, children }: Omit<GraphViewProps, 'scene'> & { drawing: Drawing }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<Rect | undefined>(undefined);
  const [camera] = useState(() => new Camera());
  const [theme, setTheme] = useState(readTheme);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const node = useStudio((state) => state.selected);
  const group = useGraph((state) => state.group);
  const name = useStudio((state) => state.model?.summary.name ?? '');
  const hits = useStudio((state) => state.hits);
  const [shows, setShows] = useState<Shows>({ path: false, shapes: false });
  const colours = useMemo(() => itemColours(colouring, drawing), [colouring, drawing]);
  const selected = node >= 0 ? drawing.itemOf(node) : group >= 0 ? drawing.itemOfGroup(group) : -1;
  const found = useMemo(() => hits && itemsOf(hits, drawing.visible.itemOf), [hits, drawing]);
  const path = useMemo(
    () => (shows.path ? pathOf(drawing, node, group) : undefined),
    [drawing, shows.path, node, group],
  );

  useEffect(() => onThemeChange(() => setTheme(readTheme())), []);
  useSize(box, camera, setSize);
  usePlacement(drawing, camera, size.height);
  useEffect(() => {
    const draw = (): void => {
      const context = canvas.current?.getContext('2d');
      if (!context || !canvas.current) return;
      const { view } = camera;
      const seen = visible(view, camera.size);
      prepare(context, canvas.current, camera);
      const look = { seen, zoom: view.zoom, selected, group, found, path, theme, colours };
      paintFrames(context, drawing, look);
      paintWires(context, drawing, look);
      if (shows.shapes) paintLabels(context, drawing, look);
      const inDom = shown.current !== undefined && contains(shown.current, seen);
      if (!inDom) paintNodes(context, drawing, look);
    };
    camera.invalidate();
    return camera.subscribe(draw);
  }, [drawing, camera, selected, group, found, path, shows.shapes, theme, colours]);
  useReveal(drawing, camera, node, group);
  const click = useCallback(
    (x: number, y: number, double: boolean) => {
      const point = camera.world(x, y);
      const hit = drawing.hit(point.x, point.y);
      if (hit?.kind !== 'group') {
        void select(hit?.node ?? -1);
        return;
      }
      selectGroup(hit.group);
      // A double click on the mark is one: its first half has opened or closed the group already.
      if (hit.toggle !== double) void toggleGroup(hit.group);
    },
    [camera, drawing],
  );
  useGestures(canvas, camera, click);
  const onKey = (event: KeyboardEvent): void => {
    if (event.target === event.currentTarget)
      onGraphKey(event, { drawing, camera, node, group, shows, setShows });
  };

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- an application is interactive
    <div
      ref={box}
      className="graph"
      role="application"
      tabIndex={0}
      aria-label="Network graph"
      aria-describedby="graph-help"
      onKeyDown={onKey}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <FlowLayer
        drawing={drawing}
        camera={camera}
        colours={colours}
        shown={shown}
        selected={selected}
        found={found}
        path={path}
      />
      <GraphControls drawing={drawing} camera={camera} />
      <GraphTools
        shows={shows}
        onShows={setShows}
        onSave={(format) => {
          const picture = { drawing, colours, theme, path, shapes: shows.shapes };
          saveNetwork(picture, name, format).catch(report);
        }}
      >
        <GroupTools />
      </GraphTools>
      {children}
      <Legend colouring={colouring} />
      {!isTiny(drawing.layout, size) && (
        <Overview
          drawing={drawing}
          camera={camera}
          theme={theme}
          colours={colours}
          height={Math.max(0, size.height - 26)}
          found={found}
          path={path}
        />
      )}
      <p id="graph-help" className="sr-only">
        Arrow keys walk from layer to layer, plus and minus zoom, F shows the whole network, P the path
        through the selected layer, S the shapes on the wires, G groups the layers by their scopes, slash
        searches, Escape clears the selection. On a group Enter or the right arrow opens it; in an open one
        the left arrow closes it. The list of layers beside the graph has the same selection.
      </p>
    </div>
  );
}

/** All ways through what is selected. */
function pathOf(
  { scene, hierarchy, visible: drawn }: Drawing,
  node: number,
  group: number,
): Path | undefined {
  const start = node >= 0 ? [node] : hierarchy && group >= 0 ? membersOf(hierarchy, group) : [];
  return start.length === 0 ? undefined : drawnPath(pathThrough(scene, start), drawn);
}

/** Brings what is selected into sight. An open group stays where it is: it can be larger than the window. */
function useReveal(drawing: Drawing, camera: Camera, node: number, group: number): void {
  useEffect(() => {
    if (node >= 0) camera.reveal(drawing.bounds(drawing.itemOf(node)));
    else if (group >= 0 && drawing.itemOfGroup(group) >= 0)
      camera.reveal(drawing.bounds(drawing.itemOfGroup(group)));
  }, [node, group, drawing, camera]);
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
