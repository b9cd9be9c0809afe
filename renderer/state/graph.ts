import { create } from 'zustand';
import { Drawing } from '../graph/drawing.ts';
import { ancestors, buildHierarchy, openAtFirst, type Hierarchy } from '../graph/groups/hierarchy.ts';
import { allVisible, visibleGraph } from '../graph/groups/visible.ts';
import { layoutInWorker } from '../graph/layout-client.ts';
import type { Scene } from '../graph/scene.ts';
import { report } from './core.ts';
import { useStudio } from './store.ts';

/** Networks of this many layers are grouped unless the user has said otherwise. */
const MANY = 300;
/** Where the browser remembers what the user said. */
const REMEMBERED = 'nibble.graph.grouped';

/** How the graph is drawn. */
export interface GraphState {
  /** Undefined = the names of this network hold no scopes. */
  hierarchy: Hierarchy | undefined;
  grouped: boolean;
  open: ReadonlySet<number>;
  /** The selected group, -1 = none; then no layer is selected. */
  group: number;
  drawing: Drawing | undefined;
  /** The group that was opened or closed last: it stays where it is. */
  anchor: number;
}

const EMPTY: GraphState = {
  hierarchy: undefined,
  grouped: false,
  open: new Set(),
  group: -1,
  drawing: undefined,
  anchor: -1,
};

/** State of the graph; changed only here. */
export const useGraph = create<GraphState>(() => EMPTY);

const { setState: set, getState: get } = useGraph;

/** Groups and lays out a network that has just been opened. Its drawing is shown when the network is. */
export async function prepareGraph(scene: Scene): Promise<Partial<GraphState>> {
  const hierarchy = buildHierarchy(scene.nodes, scene.listOrder);
  const grouped = hierarchy !== undefined && (remembered() ?? scene.nodes.length >= MANY);
  const open = hierarchy ? openAtFirst(hierarchy, scene.nodes.length) : new Set<number>();
  for (;;) {
    const drawing = await draw(scene, grouped ? hierarchy : undefined, open);
    if (drawing) return { ...EMPTY, hierarchy, grouped, open, drawing };
  }
}

/** Shows what {@link prepareGraph} made; nothing = no network is open. */
export function showGraph(state: Partial<GraphState> = EMPTY): void {
  set(state);
}

async function draw(
  scene: Scene,
  hierarchy: Hierarchy | undefined,
  open: ReadonlySet<number>,
): Promise<Drawing | undefined> {
  const visible = hierarchy ? visibleGraph(scene, hierarchy, open) : allVisible(scene);
  const layout = await layoutInWorker(visible.layout);
  return layout && new Drawing(scene, visible, layout, hierarchy);
}

/** Draws the network with other groups open. A newer change overtakes an older one. */
async function redraw(change: Partial<Pick<GraphState, 'grouped' | 'open'>>, anchor = -1): Promise<void> {
  const scene = get().drawing?.scene;
  if (!scene) return;
  set({ ...change, anchor });
  const { grouped, hierarchy, open } = get();
  try {
    const drawing = await draw(scene, grouped ? hierarchy : undefined, open);
    if (drawing && get().drawing?.scene === scene) {
      set({ drawing });
      performance.mark('nibble:graph-regrouped');
    }
  } catch (error) {
    report(error);
  }
}

/** Groups the layers by their scopes, or shows all of them. */
export function setGrouped(grouped: boolean): void {
  remember(grouped);
  if (!grouped) set({ group: -1 });
  const { hierarchy, open } = get();
  const { selected } = useStudio.getState();
  // What is selected stays in sight.
  const around = hierarchy && selected >= 0 ? ancestors(hierarchy, hierarchy.groupOf[selected]) : [];
  void redraw({ grouped, open: new Set([...open, ...around]) });
}

/** Opens a closed group and closes an open one. */
export function toggleGroup(group: number): Promise<void> {
  return get().open.has(group) ? closeGroup(group) : openGroup(group);
}

export function openGroup(group: number): Promise<void> {
  return redraw({ open: new Set([...get().open, group]) }, group);
}

/** Closes a group with those in it; what was selected in it is then the group. */
export function closeGroup(group: number): Promise<void> {
  const { open, hierarchy } = get();
  if (!hierarchy) return Promise.resolve();
  const { selected } = useStudio.getState();
  const inside = (other: number): boolean => ancestors(hierarchy, other).includes(group);
  const chosen = selected >= 0 ? hierarchy.groupOf[selected] : get().group;
  if (chosen >= 0 && inside(chosen)) selectGroup(group);
  return redraw({ open: new Set([...open].filter((other) => !inside(other))) }, group);
}

export function openAll(): void {
  void redraw({ open: new Set(get().hierarchy?.groups.keys()) });
}

export function closeAll(): void {
  const { hierarchy, group } = get();
  const { selected } = useStudio.getState();
  const chosen = hierarchy && selected >= 0 ? hierarchy.groupOf[selected] : group;
  const outermost = hierarchy && chosen >= 0 ? ancestors(hierarchy, chosen).at(-1) : undefined;
  if (outermost !== undefined) selectGroup(outermost);
  void redraw({ open: new Set() });
}

/** Opens the groups around a layer, so that it can be seen. */
export function openTo(node: number): void {
  const { hierarchy, grouped, open } = get();
  if (!hierarchy || !grouped) return;
  const around = ancestors(hierarchy, hierarchy.groupOf[node]);
  if (around.every((group) => open.has(group))) return;
  void redraw({ open: new Set([...open, ...around]) });
}

/** Selects a group in place of a layer; -1 = nothing. */
export function selectGroup(group: number): void {
  useStudio.setState({ selected: -1, layer: undefined });
  set({ group });
}

/** What the user last said; pages in private windows remember nothing. */
function remembered(): boolean | undefined {
  try {
    const value = localStorage.getItem(REMEMBERED);
    return value === null ? undefined : value === 'yes';
  } catch {
    return undefined;
  }
}

function remember(grouped: boolean): void {
  try {
    localStorage.setItem(REMEMBERED, grouped ? 'yes' : 'no');
  } catch {
    // Then it holds for this window only.
  }
}
