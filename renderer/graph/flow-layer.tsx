import { ReactFlow, ReactFlowProvider, useReactFlow, type Node, type NodeProps } from '@xyflow/react';
import { memo, useEffect, useLayoutEffect, useState, type RefObject } from 'react';
import type { Camera } from './camera.ts';
import { colourStyle, type Colours } from './colouring.ts';
import type { Drawing, Rect } from './drawing.ts';
import { NODE_WIDTH } from './layout/types.ts';
import { CARDS_FROM, isFaint } from './paint-nodes.ts';
import type { Path } from './path.ts';
import type { CardLabel } from './scene.ts';
import { MAX_ZOOM, MIN_ZOOM, visible } from './viewport.ts';

/** More DOM nodes than this drop frames; the canvas draws them then. */
const MAX_DOM_NODES = 300;

/** The part of the world whose nodes are in the DOM now; undefined = the canvas draws them. */
export type Shown = RefObject<Rect | undefined>;

interface CardData extends Record<string, unknown> {
  label: CardLabel;
  badge: string;
  style: Record<string, string>;
  state: string;
}
type CardNode = Node<CardData, 'card'>;

const nodeTypes = { card: memo(Card) };

/** A node as DOM: crisp at any zoom, and the place where later stages put their controls. */
function Card({ data: { label, badge, style, state } }: NodeProps<CardNode>) {
  return (
    <div className={`card ${state}`} style={style}>
      <span className="card-op">{label.title}</span>
      <span className="card-detail">{label.detail}</span>
      {badge !== '' && <span className="card-badge">{badge}</span>}
      <span className="card-name">{label.name}</span>
      {label.shapes !== undefined && <span className="card-shapes">{label.shapes}</span>}
    </div>
  );
}

interface FlowLayerProps {
  drawing: Drawing;
  camera: Camera;
  colours: Colours;
  shown: Shown;
  selected: number;
  found: ReadonlySet<number> | undefined;
  path: Path | undefined;
}

/** Nodes by xyflow, as long as few are in sight. It takes no pointer events: hit testing is the scene's. */
export function FlowLayer(props: FlowLayerProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ drawing, camera, colours, shown, ...marks }: FlowLayerProps) {
  const flow = useReactFlow();
  const [area, setArea] = useState<{ drawing: Drawing; rect: Rect; items: number[] } | undefined>();
  const current = area?.drawing === drawing ? area : undefined;
  useEffect(() => {
    let rect: Rect | undefined;
    const update = (): void => {
      void flow.setViewport(camera.view);
      const seen = visible(camera.view, camera.size);
      if (camera.view.zoom >= CARDS_FROM && rect && contains(rect, seen)) return;
      const next = camera.view.zoom >= CARDS_FROM ? domArea(drawing, seen) : undefined;
      if (next === undefined && rect === undefined) return;
      rect = next?.rect;
      setArea(next && { drawing, ...next });
    };
    update();
    return camera.subscribe(update);
  }, [drawing, camera, flow]);
  // Only what React has put into the document may be left out by the canvas.
  useLayoutEffect(() => {
    shown.current = current?.rect;
    camera.invalidate();
  }, [current, shown, camera]);
  return (
    <div className={current ? 'flow' : 'flow flow-off'} aria-hidden="true">
      <ReactFlow
        nodes={(current?.items ?? []).map((item) => cardNode(drawing, colours, item, marks))}
        nodeTypes={nodeTypes}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        defaultViewport={camera.view}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        panOnDrag={false}
        zoomOnScroll={false}
        zoomOnPinch={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        disableKeyboardA11y
        proOptions={{ hideAttribution: true }}
      />
    </div>
  );
}

function cardNode(
  drawing: Drawing,
  colours: Colours,
  item: number,
  { selected, found, path }: Pick<FlowLayerProps, 'selected' | 'found' | 'path'>,
): CardNode {
  const { left, top, bottom } = drawing.bounds(item);
  const mark = isFaint(item, { found, path }) ? 'faint' : found ? 'found' : '';
  const kind = drawing.visible.groupOf[item] < 0 ? '' : 'card-group';
  return {
    id: String(item),
    type: 'card',
    position: { x: left, y: top },
    width: NODE_WIDTH,
    height: bottom - top,
    data: {
      label: drawing.labels[item],
      badge: colours.badges?.[item] ?? drawing.labels[item].badge,
      style: colourStyle(colours, item),
      state: `${kind} ${item === selected ? 'selected' : ''} ${mark}`,
    },
  };
}

/** The visible items with a margin to pan into; undefined when they are too many. */
function domArea(drawing: Drawing, seen: Rect): { rect: Rect; items: number[] } | undefined {
  const [width, height] = [(seen.right - seen.left) / 2, (seen.bottom - seen.top) / 2];
  const rect = {
    left: seen.left - width,
    right: seen.right + width,
    top: seen.top - height,
    bottom: seen.bottom + height,
  };
  const items: number[] = [];
  drawing.eachIn(rect, (item) => items.push(item));
  return items.length <= MAX_DOM_NODES ? { rect, items } : undefined;
}

/** Whether one rectangle lies in another. */
export function contains(outer: Rect, inner: Rect): boolean {
  return (
    outer.left <= inner.left &&
    outer.right >= inner.right &&
    outer.top <= inner.top &&
    outer.bottom >= inner.bottom
  );
}
