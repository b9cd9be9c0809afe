import type { GraphNode } from '../../../core/worker/contract.ts';
import { scopeReader } from './scopes.ts';

/** Layers whose names begin alike, or a run of children where there would be too many. */
export interface Group {
  /** What stands on it: the last parts of the scope. */
  name: string;
  /** The whole scope, from the outermost on. */
  path: string;
  /** Index of the group around it, -1 = none. */
  parent: number;
  /** Groups and layers directly in it; both in the order of the network. */
  groups: number[];
  nodes: number[];
  /** All layers in it, at any depth. */
  count: number;
  /** Place of its first layer. */
  first: number;
}

/** All groups of a network; outer ones before inner ones. */
export interface Hierarchy {
  groups: readonly Group[];
  /** Groups and layers that are in no group. */
  top: Pick<Group, 'groups' | 'nodes'>;
  /** By node: the innermost group it is in, -1 = none. */
  groupOf: Int32Array;
  /** By node: its place from input to output. */
  place: Int32Array;
}

/** Children that can still be overlooked; more are put into artificial groups. */
export const MAX_CHILDREN = 1000;
/** Children of an artificial group. */
const PART = 250;
/** A group with this share of all layers hides the network rather than ordering it. */
const DOMINANT = 0.5;

type Named = Pick<GraphNode, 'key' | 'name' | 'role'>;

/**
 * Groups by name scope. Scopes with one member, or with nothing but one scope in them, are no groups of their own.
 * @param order all nodes from input to output
 * @returns undefined when the names hold no scopes
 */
export function buildHierarchy(nodes: readonly Named[], order: ArrayLike<number>): Hierarchy | undefined {
  const read = scopeReader(nodes);
  if (!read) return undefined;
  const tree = new ScopeTree();
  for (let i = 0; i < order.length; i++) tree.add(order[i], read(nodes[order[i]]));
  const top = tree.simplified();
  if (top.scopes.length === 0) return undefined;
  return flatten(top, nodes, order);
}

/** Groups that are open at first: those that would hide most of the network. */
export function openAtFirst({ groups, top }: Hierarchy, layers: number): Set<number> {
  const open = new Set<number>();
  const waiting = [...top.groups];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (groups[group].count <= DOMINANT * layers) continue;
    open.add(group);
    waiting.push(...groups[group].groups);
  }
  return open;
}

/** A group with those around it, the innermost first. */
export function ancestors({ groups }: Pick<Hierarchy, 'groups'>, group: number): number[] {
  const found: number[] = [];
  for (let at = group; at >= 0; at = groups[at].parent) found.push(at);
  return found;
}

/** All layers of a group, at any depth. */
export function membersOf({ groups }: Pick<Hierarchy, 'groups'>, group: number): number[] {
  const waiting = [group];
  const found: number[] = [];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    found.push(...groups[at].nodes);
    waiting.push(...groups[at].groups);
  }
  return found;
}

interface Scope {
  name: string;
  path: string;
  scopes: Scope[];
  nodes: number[];
}

class ScopeTree {
  private readonly top: Scope = { name: '', path: '', scopes: [], nodes: [] };
  private readonly byPath = new Map<string, Scope>();
  /** Outer scopes before inner ones. */
  private readonly all: Scope[] = [];

  add(node: number, parts: readonly string[]): void {
    let at = this.top;
    for (const name of parts) {
      const path = at === this.top ? name : `${at.path}/${name}`;
      let next = this.byPath.get(path);
      if (!next) {
        next = { name, path, scopes: [], nodes: [] };
        this.byPath.set(path, next);
        this.all.push(next);
        at.scopes.push(next);
      }
      at = next;
    }
    at.nodes.push(node);
  }

  /** The top without scopes that say nothing. */
  simplified(): Scope {
    for (const scope of [...this.all.toReversed(), this.top]) {
      for (const inner of scope.scopes) if (isAlone(inner)) scope.nodes.push(...inner.nodes);
      scope.scopes = scope.scopes.filter((inner) => !isAlone(inner)).map(unchained);
    }
    return this.top;
  }
}

const isAlone = ({ scopes, nodes }: Scope): boolean => scopes.length === 0 && nodes.length < 2;

/** A scope that holds only another one becomes that one, with both names. */
function unchained(scope: Scope): Scope {
  const [only] = scope.scopes;
  if (scope.nodes.length > 0 || scope.scopes.length !== 1 || !only) return scope;
  return { ...only, name: `${scope.name}/${only.name}` };
}

/** Numbers the groups, outer ones first, and splits what is too wide. */
function flatten(top: Scope, nodes: readonly Named[], order: ArrayLike<number>): Hierarchy {
  const place = new Int32Array(nodes.length);
  for (let i = 0; i < order.length; i++) place[order[i]] = i;
  const first = firstPlaces(top, place);
  const groups: Group[] = [];
  const groupOf = new Int32Array(nodes.length).fill(-1);
  const byPlace = (a: number, b: number): number => place[a] - place[b];
  const rootOf: Pick<Group, 'groups' | 'nodes'> = { groups: [], nodes: top.nodes.toSorted(byPlace) };
  const waiting: { scope: Scope; index: number }[] = [{ scope: top, index: -1 }];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    const { index } = item;
    const scope = narrowed(item.scope, nodes, { place, first });
    const into = index < 0 ? rootOf : groups[index];
    into.nodes = scope.nodes.toSorted(byPlace);
    for (const node of scope.nodes) groupOf[node] = index;
    for (const inner of scope.scopes.toSorted((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0))) {
      into.groups.push(groups.length);
      waiting.push({ scope: inner, index: groups.length });
      const { name, path } = inner;
      groups.push({
        name,
        path,
        parent: index,
        groups: [],
        nodes: [],
        count: 0,
        first: first.get(inner) ?? 0,
      });
    }
  }
  for (let index = groups.length - 1; index >= 0; index--) {
    const group = groups[index];
    group.count = group.nodes.length + group.groups.reduce((sum, inner) => sum + groups[inner].count, 0);
  }
  return { groups, top: rootOf, groupOf, place };
}

/** Place of the first layer in each scope. */
function firstPlaces(top: Scope, place: Int32Array): Map<Scope, number> {
  const order: Scope[] = [top];
  // An array that grows is iterated to its new end: it is its own queue.
  for (const scope of order) for (const inner of scope.scopes) order.push(inner);
  const first = new Map<Scope, number>();
  for (const scope of order.reverse()) {
    let least = Infinity;
    for (const node of scope.nodes) least = Math.min(least, place[node]);
    for (const inner of scope.scopes) least = Math.min(least, first.get(inner) ?? Infinity);
    first.set(scope, least);
  }
  return first;
}

interface Places {
  place: Int32Array;
  first: Map<Scope, number>;
}

/** A scope with no more children than can be overlooked: neighbours of the network share an artificial one. */
function narrowed(scope: Scope, nodes: readonly Named[], { place, first }: Places): Scope {
  if (scope.scopes.length + scope.nodes.length <= MAX_CHILDREN) return scope;
  const children = [
    ...scope.scopes.map((inner) => ({ inner, node: -1, at: first.get(inner) ?? 0, name: inner.name })),
    ...scope.nodes.map((node) => ({ inner: undefined, node, at: place[node], name: shortName(nodes[node]) })),
  ].sort((a, b) => a.at - b.at);
  // A level of parts that would be too wide itself gets larger ones, which are split in turn.
  const size = Math.max(PART, Math.ceil(children.length / MAX_CHILDREN));
  const scopes: Scope[] = [];
  for (let start = 0; start < children.length; start += size) {
    const part = children.slice(start, start + size);
    const name = `${part[0].name} … ${part[part.length - 1].name}`;
    const made: Scope = {
      name,
      path: scope.path === '' ? name : `${scope.path}/${name}`,
      scopes: part.flatMap(({ inner }) => inner ?? []),
      nodes: part.filter(({ inner }) => !inner).map(({ node }) => node),
    };
    first.set(made, part[0].at);
    scopes.push(made);
  }
  return { ...scope, scopes, nodes: [] };
}

const shortName = ({ name }: Named): string => name.slice(name.search(/[^/.]*$/));
