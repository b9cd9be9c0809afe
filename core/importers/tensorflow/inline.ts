import { StudioError } from '../../network/errors.ts';
import type { ProtoAttr } from './schema.ts';
import {
  attrsOf,
  calledBy,
  MAX_NODES,
  splitTensor,
  tensorName,
  type Library,
  type SourceFunction,
  type SourceNode,
} from './source.ts';

/** Functions in functions: deeper than any model, shallower than the stack. */
const MAX_DEPTH = 64;

const CALLS = new Set(['PartitionedCall', 'StatefulPartitionedCall']);

/** The function that a node only calls, if it is such a node. */
function callee(node: SourceNode, library: Library): SourceFunction | undefined {
  return library.get(CALLS.has(node.op) ? calledBy(node, 'f') : node.op);
}

/**
 * Replaces calls of functions by what they do, as freezing does: nodes get the name of the call in front. A call
 * itself stays as an IdentityN of the results, so that its outputs keep their names.
 * @throws StudioError file-malformed when functions call each other without end
 */
export function inlineCalls(nodes: readonly SourceNode[], library: Library): SourceNode[] {
  if (library.size === 0) return [...nodes];
  const inliner = new Inliner(library);
  for (const node of nodes) inliner.add(node, 0);
  return inliner.nodes;
}

class Inliner {
  readonly nodes: SourceNode[] = [];
  private readonly library: Library;

  constructor(library: Library) {
    this.library = library;
  }

  add(node: SourceNode, depth: number): void {
    const fn = callee(node, this.library);
    if (fn) return this.call(node, fn, depth + 1);
    this.push(node);
  }

  private push(node: SourceNode): void {
    if (this.nodes.length >= MAX_NODES)
      throw new StudioError('file-malformed', `its functions make more than ${MAX_NODES} nodes`);
    this.nodes.push(node);
  }

  private call(node: SourceNode, fn: SourceFunction, depth: number): void {
    if (depth > MAX_DEPTH)
      throw new StudioError('file-malformed', `function "${fn.name}" calls itself`, { layer: node.name });
    const given = new Map(fn.inputs.map((name, i) => [name, node.inputs[i] ?? '']));
    const rename = (tensor: string): string => {
      const { node: of, port } = splitTensor(tensor);
      return given.get(tensor) ?? tensorName(`${node.name}/${of}`, port);
    };
    for (const inner of fn.nodes) this.add(bound(renamed(inner, node.name, rename), node), depth);
    const inputs = fn.outputs.map(rename);
    this.push({ name: node.name, op: 'IdentityN', inputs, controls: node.controls, attrs: new Map() });
  }
}

function renamed(node: SourceNode, scope: string, rename: (tensor: string) => string): SourceNode {
  return {
    ...node,
    name: `${scope}/${node.name}`,
    inputs: node.inputs.map(rename),
    controls: node.controls.map((name) => `${scope}/${name}`),
  };
}

/** Attributes that stand for the call's own get their value. */
function bound(node: SourceNode, call: SourceNode): SourceNode {
  if (![...node.attrs.values()].some(({ placeholder }) => placeholder !== '')) return node;
  const own = new Map([...call.attrs, ...attrsOf(call.attrs.get('f')?.func?.attr ?? [])]);
  const value = (attr: ProtoAttr): ProtoAttr =>
    attr.placeholder === '' ? attr : (own.get(attr.placeholder) ?? attr);
  return { ...node, attrs: new Map([...node.attrs].map(([name, attr]) => [name, value(attr)])) };
}
