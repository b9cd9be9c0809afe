import type { ProtoGraph, ProtoNode } from './schema.ts';

/** A tensor name in another scope. */
export type Rename = (name: string) => string;

/** A decoded message with some fields changed; its defaults live in the prototype, which a spread would lose. */
export function changed<T extends object>(message: T, changes: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as T, message, changes);
}

/** The node with all its tensors renamed, those of its subgraphs too. */
export function renameNode(node: ProtoNode, rename: Rename): ProtoNode {
  const to = (name: string): string => (name === '' ? '' : rename(name));
  return changed(node, {
    input: node.input.map(to),
    output: node.output.map(to),
    attribute: node.attribute.map((attribute) =>
      attribute.g ? changed(attribute, { g: renameGraph(attribute.g, to) }) : attribute,
    ),
  });
}

function renameGraph(graph: ProtoGraph, rename: Rename): ProtoGraph {
  const named = <T extends { name: string }>(item: T): T =>
    changed(item, { name: rename(item.name) } as Partial<T>);
  return changed(graph, {
    node: graph.node.map((node) => renameNode(node, rename)),
    initializer: graph.initializer.map(named),
    input: graph.input.map(named),
    output: graph.output.map(named),
    sparseInitializer: graph.sparseInitializer.map((sparse) =>
      sparse.values ? changed(sparse, { values: named(sparse.values) }) : sparse,
    ),
  });
}

/** Every name a graph defines itself: inputs, weights, results of its nodes. */
export function ownNames(graph: ProtoGraph): Set<string> {
  return new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap(({ output }) => output),
  ]);
}

/** Names a subgraph reads from the graphs around it. */
export function outerNames(graph: ProtoGraph): string[] {
  const own = ownNames(graph);
  const read = [
    ...graph.node.flatMap((node) => [
      ...node.input,
      ...node.attribute.flatMap(({ g }) => (g ? outerNames(g) : [])),
    ]),
    ...graph.output.map(({ name }) => name),
  ];
  return [...new Set(read)].filter((name) => name !== '' && !own.has(name));
}
