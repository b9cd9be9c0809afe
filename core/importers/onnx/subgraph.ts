import { Unsupported, type Builder } from './builder.ts';
import { OnnxNode } from './node.ts';
import { changed, ownNames, renameNode } from './rename.ts';
import { decodeSparseTensor, decodeTensor } from './tensor-data.ts';

/** Steps of a loop that are written out at most. */
export const MAX_ITERATIONS = 1024;

/**
 * Imports the nodes of a subgraph in place.
 * @param scope makes the names of this run unique
 * @param feeds names of the tensors for the subgraph's inputs
 * @returns names of the subgraph's outputs
 */
export function runSubgraph(
  node: OnnxNode,
  builder: Builder,
  attribute: string,
  scope: string,
  feeds: readonly string[],
): string[] {
  const graph = node.graph(attribute);
  if (graph.input.length !== feeds.length) {
    throw node.invalid(`${attribute} takes ${graph.input.length} inputs, not ${feeds.length}`);
  }
  const own = ownNames(graph);
  const local = (name: string): string => `${scope}/${name}`;
  // What it reads from outside gets a name of its own: other runs read the same tensor.
  for (const name of node.captured) if (!own.has(name)) builder.rename(name, local(name));
  const outer = new Set(node.captured);
  const rename = (name: string): string => (own.has(name) || outer.has(name) ? local(name) : name);
  graph.input.forEach(({ name }, i) => builder.rename(feeds[i], local(name)));
  const keep = (name: string, tensor: ReturnType<typeof decodeTensor>): void => {
    builder.constants.set(local(name), { tensor, layerName: `Initializer_${local(name)}` });
  };
  const { home } = node;
  for (const proto of graph.initializer) keep(proto.name, decodeTensor(proto, home));
  for (const proto of graph.sparseInitializer) {
    keep(proto.values?.name ?? '', decodeSparseTensor(proto, home));
  }
  for (const proto of graph.node) {
    const inner = new OnnxNode(
      changed(renameNode(proto, rename), { name: local(proto.name) }),
      node.opset,
      home,
    );
    builder.run(inner);
  }
  return graph.output.map(({ name }) => {
    const result = rename(name);
    if (!builder.values.has(result) && !builder.constants.has(result)) {
      throw new Unsupported(`the output "${name}" of ${attribute}`);
    }
    return result;
  });
}
