import { StudioError } from '../../network/errors.ts';
import type { ProtoAttr, ProtoAttrEntry, ProtoFunction, ProtoGraph, ProtoNode } from './schema.ts';
import { portOf } from './ports.ts';

/** More nodes than any real model has. */
export const MAX_NODES = 1_000_000;

/** Attributes of a node by name. */
export type Attrs = ReadonlyMap<string, ProtoAttr>;

/**
 * A NodeDef in normal form. Tensors have one spelling: `node` is output 0, `node:1` output 1, in functions too.
 */
export interface SourceNode {
  name: string;
  op: string;
  /** Tensors it reads. */
  inputs: readonly string[];
  /** Nodes that have to run before, as the file says. */
  controls: readonly string[];
  attrs: Attrs;
}

/** A function of the library: nodes that read its inputs by name. */
export interface SourceFunction {
  name: string;
  inputs: readonly string[];
  /** Tensors of its nodes or inputs. */
  outputs: readonly string[];
  nodes: readonly SourceNode[];
}

/** Functions by name. */
export type Library = ReadonlyMap<string, SourceFunction>;

/** The spelling of output `port` of a node. */
export const tensorName = (node: string, port: number): string => (port === 0 ? node : `${node}:${port}`);

/** Splits a tensor name into its node and output; `node:0` and `node` are the same. */
export function splitTensor(name: string): { node: string; port: number } {
  const [, node, digits] = /^(.*):(\d{1,9})$/s.exec(name) ?? [];
  return node === undefined ? { node: name, port: 0 } : { node, port: Number(digits) };
}

/** The one spelling of a tensor name. */
export function tensorOf(name: string): string {
  const { node, port } = splitTensor(name);
  return tensorName(node, port);
}

/** Attributes as a map. */
export const attrsOf = (entries: readonly ProtoAttrEntry[]): Attrs =>
  new Map(entries.flatMap(({ key, value }) => (value ? [[key, value] as const] : [])));

/** The name of the function that an attribute calls; '' when it has none. */
export const calledBy = (node: SourceNode, attr: string): string => node.attrs.get(attr)?.func?.name ?? '';

function sourceNode(proto: ProtoNode, spelling: (input: string) => string): SourceNode {
  const { name, op, input, attr } = proto;
  return {
    name,
    op,
    inputs: input.filter((one) => !one.startsWith('^')).map(spelling),
    controls: input.filter((one) => one.startsWith('^')).map((one) => one.slice(1)),
    attrs: attrsOf(attr),
  };
}

/** The nodes of the main graph. @throws StudioError file-malformed */
export function sourceNodes(graph: ProtoGraph): SourceNode[] {
  if (graph.node.length > MAX_NODES)
    throw new StudioError('file-malformed', `the graph has more than ${MAX_NODES} nodes`);
  const names = new Set<string>();
  return graph.node.map((proto) => {
    if (names.has(proto.name))
      throw new StudioError('file-malformed', `two nodes are named "${proto.name}"`, { layer: proto.name });
    names.add(proto.name);
    return sourceNode(proto, tensorOf);
  });
}

/** The functions of the library. */
export function sourceLibrary(graph: ProtoGraph): Map<string, SourceFunction> {
  const functions = (graph.library?.function ?? []).map(sourceFunction);
  return new Map(functions.map((fn) => [fn.name, fn]));
}

/** Inside a function a tensor is `argument`, or `node:output:index`. */
function sourceFunction({ signature, nodeDef, ret }: ProtoFunction): SourceFunction {
  const ops = new Map(nodeDef.map(({ name, op }) => [name, op]));
  const spelling = (input: string): string => {
    const [, node, output, index] = /^(.*):([A-Za-z]\w*):(\d{1,9})$/s.exec(input) ?? [];
    if (node === undefined) return tensorOf(input);
    return tensorName(node, portOf(ops.get(node) ?? '', output, Number(index)));
  };
  const results = new Map(ret.map(({ key, value }) => [key, value]));
  return {
    name: signature?.name ?? '',
    inputs: (signature?.inputArg ?? []).map(({ name }) => name),
    outputs: (signature?.outputArg ?? []).map(({ name }) => spelling(results.get(name) ?? name)),
    nodes: nodeDef.map((proto) => sourceNode(proto, spelling)),
  };
}
