import { StudioError } from '../../network/errors.ts';
import { summarize } from '../../network/network.ts';
import type { OnnxGraph } from './graph.ts';
import { unknownName } from './names.ts';
import type { OnnxNode } from './node.ts';

/** The part of a graph that is imported. */
export interface Selection {
  /** Tensor names fed from outside, in the order asked for. */
  inputs: string[];
  /** Tensor names read from outside. */
  outputs: string[];
  /** What the outputs need, each node after those it reads. */
  nodes: OnnxNode[];
}

/**
 * Cuts the graph at the named tensors (or at the first output of the named nodes) and orders what is left.
 * @throws StudioError usage for unknown names, network-invalid for cycles and missing tensors.
 */
export function selectNodes(
  graph: OnnxGraph,
  inputs?: readonly string[],
  outputs?: readonly string[],
): Selection {
  const producers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== '') producers.set(name, node);
  const find = tensorFinder(graph, producers);
  const wantedOutputs = outputs?.length
    ? outputs.map((name) => find('outputs', name))
    : graph.outputs.map(({ name }) => name);
  const cuts = new Set(inputs?.map((name) => find('inputs', name)) ?? []);
  if (wantedOutputs.length === 0) throw new StudioError('network-invalid', 'the model has no outputs');
  const fed = new Set([...cuts, ...graph.inputs.map(({ name }) => name)]);
  const { nodes, sources } = reach(wantedOutputs, producers, cuts);
  const missing = [...sources].filter((name) => !fed.has(name) && !graph.initializers.has(name));
  if (missing.length > 0) {
    throw new StudioError('network-invalid', `tensors that nothing produces: ${summarize(missing)}`);
  }
  const unused = [...cuts].filter((name) => !sources.has(name));
  if (unused.length > 0) {
    throw new StudioError(
      'usage',
      `--inputs: the outputs do not depend on ${summarize(unused)}`,
      {},
      undefined,
      {
        choices: unused.map((name) => ({ option: 'inputs', name, message: 'no output depends on it' })),
      },
    );
  }
  const others = graph.inputs.map(({ name }) => name).filter((name) => sources.has(name) && !cuts.has(name));
  return { inputs: [...cuts, ...others], outputs: wantedOutputs, nodes: ordered(nodes, producers, cuts) };
}

function tensorFinder(graph: OnnxGraph, producers: Map<string, OnnxNode>) {
  const byNode = new Map(graph.nodes.map((node) => [node.name, node.outputs[0] ?? '']));
  const known = new Set([
    ...producers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
  ]);
  return (option: 'inputs' | 'outputs', name: string): string => {
    if (known.has(name)) return name;
    const output = byNode.get(name);
    if (output !== undefined) return output;
    throw unknownName(option, name, new Set([...known, ...byNode.keys()]));
  };
}

/** Nodes the outputs depend on, and the tensors where the walk ended. */
function reach(outputs: readonly string[], producers: Map<string, OnnxNode>, cuts: ReadonlySet<string>) {
  const nodes = new Set<OnnxNode>();
  const sources = new Set<string>();
  const seen = new Set<string>();
  const pending = [...outputs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || seen.has(name)) continue;
    seen.add(name);
    const node = cuts.has(name) ? undefined : producers.get(name);
    if (!node) {
      sources.add(name);
    } else if (!nodes.has(node)) {
      nodes.add(node);
      pending.push(...node.reads);
    }
  }
  return { nodes, sources };
}

function ordered(
  needed: ReadonlySet<OnnxNode>,
  producers: Map<string, OnnxNode>,
  cuts: ReadonlySet<string>,
): OnnxNode[] {
  const waiting = new Map<OnnxNode, number>();
  const readers = new Map<OnnxNode, OnnxNode[]>();
  for (const node of needed) {
    const before = new Set(node.reads.flatMap((name) => (cuts.has(name) ? [] : (producers.get(name) ?? []))));
    waiting.set(node, before.size);
    for (const producer of before) {
      const list = readers.get(producer);
      if (list) list.push(node);
      else readers.set(producer, [node]);
    }
  }
  const order = [...needed].filter((node) => waiting.get(node) === 0);
  for (let next = 0; next < order.length; next++) {
    for (const reader of readers.get(order[next]) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) order.push(reader);
    }
  }
  if (order.length !== needed.size)
    throw new StudioError('network-invalid', 'the nodes of the graph form a cycle');
  return order;
}
