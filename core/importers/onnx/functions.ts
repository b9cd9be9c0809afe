import { StudioError } from '../../network/errors.ts';
import { changed, renameNode } from './rename.ts';
import {
  toInteger,
  type ProtoAttribute,
  type ProtoFunction,
  type ProtoGraph,
  type ProtoModel,
  type ProtoNode,
} from './schema.ts';

/** A node and the version of its operator set, when a function says it. */
interface VersionedNode {
  node: ProtoNode;
  version: number | undefined;
}

/** A hostile file could make functions that call functions grow without end. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 64;

const keyOf = (domain: string, name: string): string => `${domain === 'ai.onnx' ? '' : domain}:${name}`;

/** The nodes of the main graph with calls of the model's own functions replaced by what they do. */
export function inlineFunctions(model: ProtoModel, graph: ProtoGraph): VersionedNode[] {
  if (model.functions.length === 0) return graph.node.map((node) => ({ node, version: undefined }));
  const functions = new Map(model.functions.map((fn) => [keyOf(fn.domain, fn.name), fn]));
  const inliner = new Inliner(functions);
  for (const node of graph.node) inliner.add({ node, version: undefined }, 0);
  return inliner.nodes;
}

class Inliner {
  readonly nodes: VersionedNode[] = [];
  private readonly functions: ReadonlyMap<string, ProtoFunction>;
  private calls = 0;

  constructor(functions: ReadonlyMap<string, ProtoFunction>) {
    this.functions = functions;
  }

  add(versioned: VersionedNode, depth: number): void {
    const { node } = versioned;
    const fn = this.functions.get(keyOf(node.domain, node.opType));
    if (fn) return this.call(node, fn, depth + 1);
    if (this.nodes.length >= MAX_NODES) {
      throw new StudioError('file-malformed', `its functions make more than ${MAX_NODES} nodes`);
    }
    this.nodes.push({ ...versioned, node: this.withInlinedSubgraphs(node, depth) });
  }

  private call(node: ProtoNode, fn: ProtoFunction, depth: number): void {
    if (depth > MAX_DEPTH) {
      throw new StudioError('file-malformed', `function "${fn.name}" calls itself`, { layer: node.name });
    }
    const scope = `${node.name === '' ? fn.name : node.name}_${this.calls++}`;
    const names = new Map<string, string>();
    fn.input.forEach((formal, i) => names.set(formal, node.input[i] ?? ''));
    // An output nobody asked for still needs a name of its own.
    fn.output.forEach((formal, i) => names.set(formal, node.output[i] || `${scope}/${formal}`));
    const rename = (name: string): string => names.get(name) ?? `${scope}/${name}`;
    const versions = new Map(
      fn.opsetImport.map(({ domain, version }) => [keyOf(domain, ''), toInteger(version)]),
    );
    for (const inner of fn.node) {
      const bound = bindAttributes(inner, node, fn);
      const name = inner.name === '' ? '' : `${scope}/${inner.name}`;
      const named = changed(renameNode(bound, rename), { name });
      this.add({ node: named, version: versions.get(keyOf(inner.domain, '')) }, depth);
    }
  }

  private withInlinedSubgraphs(node: ProtoNode, depth: number): ProtoNode {
    if (!node.attribute.some(({ g }) => g)) return node;
    const attribute = node.attribute.map((item) => {
      if (!item.g) return item;
      const inner = new Inliner(this.functions);
      inner.calls = this.calls + 1;
      for (const child of item.g.node) inner.add({ node: child, version: undefined }, depth + 1);
      this.calls = inner.calls;
      return changed(item, { g: changed(item.g, { node: inner.nodes.map((child) => child.node) }) });
    });
    return changed(node, { attribute });
  }
}

/** Attributes that refer to the function's own get the value of the call, or the default. */
function bindAttributes(inner: ProtoNode, call: ProtoNode, fn: ProtoFunction): ProtoNode {
  const find = (name: string): ProtoAttribute | undefined =>
    call.attribute.find((item) => item.name === name) ?? fn.attributeProto.find((item) => item.name === name);
  const bind = (node: ProtoNode): ProtoNode =>
    changed(node, {
      attribute: node.attribute.flatMap((attribute) => {
        if (attribute.refAttrName !== '') {
          const value = find(attribute.refAttrName);
          return value ? [changed(value, { name: attribute.name })] : [];
        }
        if (!attribute.g) return [attribute];
        return [changed(attribute, { g: changed(attribute.g, { node: attribute.g.node.map(bind) }) })];
      }),
    });
  return bind(inner);
}
