import type { KeyboardEvent } from 'react';
import { search, select } from '../state/actions.ts';
import { closeGroup, openGroup, selectGroup, setGrouped, useGraph } from '../state/graph.ts';
import type { Camera } from './camera.ts';
import type { Drawing } from './drawing.ts';
import type { Shows } from './graph-tools.tsx';

const STEPS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' } as const;

interface KeyTargets {
  drawing: Drawing;
  camera: Camera;
  /** The selected layer or group, -1 = none. */
  node: number;
  group: number;
  shows: Shows;
  setShows: (shows: Shows) => void;
}

/** Keys of the graph. Each says so itself when it was one. */
export function onGraphKey(event: KeyboardEvent, targets: KeyTargets): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (onGroupKey(event, targets) || onWalkKey(event, targets) || onViewKey(event, targets))
    event.preventDefault();
}

/** Enter or Right opens the selected group, Left closes the one around what is selected. */
function onGroupKey({ key, shiftKey }: KeyboardEvent, { drawing, node, group }: KeyTargets): boolean {
  if (!drawing.hierarchy) return false;
  const closed = group >= 0 && drawing.itemOfGroup(group) >= 0;
  if (closed && (key === 'Enter' || key === 'ArrowRight')) {
    void openGroup(group);
    return true;
  }
  if (shiftKey || (key !== 'ArrowLeft' && key !== 'Backspace')) return false;
  const around = !closed && group >= 0 ? group : groupAround(drawing, node, group);
  if (around < 0) return false;
  void closeGroup(around);
  return true;
}

function groupAround(drawing: Drawing, node: number, group: number): number {
  if (node >= 0) return drawing.groupAround(drawing.itemOf(node));
  return group >= 0 ? drawing.groupAround(drawing.itemOfGroup(group)) : -1;
}

function onWalkKey({ key }: KeyboardEvent, { drawing, node, group }: KeyTargets): boolean {
  const first = drawing.order[0] ?? -1;
  const at = node >= 0 ? drawing.itemOf(node) : group >= 0 ? enter(drawing, group) : -1;
  if (key in STEPS) {
    const step = STEPS[key as keyof typeof STEPS];
    const entering = node < 0 && group >= 0 && drawing.itemOfGroup(group) < 0;
    goTo(drawing, at < 0 ? first : entering ? at : drawing.neighbour(at, step));
  } else if (key === 'Home') goTo(drawing, first);
  else if (key === 'End') goTo(drawing, drawing.order.at(-1) ?? -1);
  else if (key === 'Enter') {
    if (at < 0) goTo(drawing, first);
    else document.querySelector<HTMLElement>('.inspector')?.focus();
  } else if (key === 'Escape') {
    void select(-1);
    selectGroup(-1);
    search('');
  } else return false;
  return true;
}

/** The item of a closed group, the first item of an open one. */
function enter(drawing: Drawing, group: number): number {
  const item = drawing.itemOfGroup(group);
  return item >= 0 ? item : (drawing.order.find((inner) => drawing.groupAround(inner) === group) ?? -1);
}

function goTo({ visible: { nodeOf, groupOf } }: Drawing, item: number): void {
  if (item < 0) return;
  if (groupOf[item] >= 0) selectGroup(groupOf[item]);
  else void select(nodeOf[item]);
}

function onViewKey({ key }: KeyboardEvent, { drawing, camera, shows, setShows }: KeyTargets): boolean {
  const letter = key.toLowerCase();
  if (key === '+' || key === '=') camera.zoom(1.25);
  else if (key === '-') camera.zoom(0.8);
  else if (letter === 'f') camera.fitWorld(drawing.layout);
  else if (letter === 'p') setShows({ ...shows, path: !shows.path });
  else if (letter === 's') setShows({ ...shows, shapes: !shows.shapes });
  else if (letter === 'g' && useGraph.getState().hierarchy) setGrouped(!useGraph.getState().grouped);
  else return false;
  return true;
}
