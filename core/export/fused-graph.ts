import type { DeviceGraph } from '../device/graph.ts';

/** Name under which readers of networks recognise such a file. */
const TITLE = 'Ovxlib_Debug_Graph';

/**
 * NAME_fused.json (`--save-fused-graph`): the structure of the exported nodes, for people who debug. Nodes are
 * called as dumps call them, shapes are in W,H,C,N order; it is no network that could be loaded again.
 */
export function fusedGraph(graph: DeviceGraph): string {
  const sources = new Map<number, string>(graph.inputs.map((id, index) => [id, `datainput_${index}:out0`]));
  for (const { uid, outputs } of graph.nodes) {
    outputs.forEach((id, port) => sources.set(id, `@uid_${uid}:out${port}`));
  }
  const shapes = (ids: readonly number[]): (readonly number[])[] =>
    ids.map((id) => (id < 0 ? [] : graph.tensors[id].size));
  const layers = graph.nodes.map(({ uid, op, layer, inputs, outputs }) => [
    `uid_${uid}`,
    {
      op,
      name: layer,
      inputs: inputs.map((id) => sources.get(id) ?? (id < 0 ? 'not used' : graph.tensors[id].name)),
      // The spelling of the library's own dump.
      inut_shape: shapes(inputs),
      outputs: outputs.map((_, port) => `out${port}`),
      output_shape: shapes(outputs),
    },
  ]);
  const unknown = 'UNKNOWN';
  const meta = { Name: TITLE, AcuityVersion: unknown, Platform: unknown, Org_Platform: unknown };
  return `${JSON.stringify({ MetaData: meta, Layers: Object.fromEntries(layers) }, undefined, 4)}\n`;
}
