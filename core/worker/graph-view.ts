import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { findOp } from '../ops/registry.ts';
import type { SymbolicShapeTable } from '../ops/symbolic-shapes.ts';
import type { GraphEdge, GraphNode, GraphView } from './contract.ts';
import { formatValue } from './format-value.ts';
import type { ImportedModel } from './import-model.ts';
import { shapeView } from './shape-view.ts';

/** The graph as the studio draws it, in file order. */
export function graphView({ network, shapes }: ImportedModel): GraphView {
  const index = new Map([...network.layers.keys()].map((key, position) => [key, position]));
  const nodes = [...network.layers.values()].map((layer) => graphNode(network, layer, shapes));
  const edges: GraphEdge[] = [];
  for (const [to, layer] of [...network.layers.values()].entries()) {
    layer.inputs.forEach((ref, input) => {
      const from = index.get(ref.layer);
      if (from !== undefined) edges.push({ from, to, port: ref.port, input });
    });
  }
  return { nodes, edges };
}

/** Number of coefficient values of a layer; null when no coefficients were loaded at all. */
export function parameterCount(network: Network, key: string): number | null {
  if (network.coefficients.size === 0) return null;
  let count = 0;
  for (const tensor of network.coefficients.get(key)?.values() ?? []) count += elementCount(tensor.shape);
  return count;
}

function graphNode(network: Network, layer: Layer, shapes: SymbolicShapeTable): GraphNode {
  const ports = Array.from({ length: layer.outputs }, (_, port) =>
    shapeView(shapes, { layer: layer.key, port }),
  );
  return {
    key: layer.key,
    name: layer.name,
    op: layer.op,
    detail: describe(layer),
    shapes: ports,
    parameters: parameterCount(network, layer.key),
    macs: multiplyAccumulates(layer, shapes),
    role: role(layer),
  };
}

/** Of one sample; null where a shape is not known. */
function multiplyAccumulates(layer: Layer, shapes: SymbolicShapeTable): number | null {
  const ofOne = (ref: string): Shape | undefined =>
    shapes.get(ref)?.map((size) => (typeof size === 'number' ? size : size.batch));
  const inputs = layer.inputs.map((ref) => ofOne(formatRef(ref)));
  const outputs = Array.from({ length: layer.outputs }, (_, port) =>
    ofOne(formatRef({ layer: layer.key, port })),
  );
  const all = <T>(list: readonly (T | undefined)[]): list is T[] => !list.includes(undefined);
  const spec = findOp(layer.op);
  if (!spec || !all(inputs) || !all(outputs)) return null;
  try {
    return spec.macs?.(layer, inputs, outputs) ?? 0;
  } catch (error) {
    // A layer whose parameters make no sense is drawn all the same.
    if (error instanceof StudioError) return null;
    throw error;
  }
}

function role(layer: Layer): GraphNode['role'] {
  if (layer.op === 'input' || layer.op === 'output') return layer.op;
  return layer.inputs.length === 0 ? 'constant' : 'layer';
}

/** Kernel and stride, clamp limits, axes...: what tells two layers of one op apart at a glance. */
function describe(layer: Layer): string {
  const number = (name: string): number | undefined => {
    const value = layer.parameters.get(name);
    const read = typeof value === 'string' ? Number(value) : value;
    return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
  };
  const [height, width, stride] = [number('ksize_h'), number('ksize_w'), number('stride_h')];
  const groups = number('group_number');
  const parts: string[] = [];
  if (height !== undefined && width !== undefined && height > 0) parts.push(`${height}×${width}`);
  if (stride !== undefined && stride > 1) parts.push(`/${stride}`);
  if (groups !== undefined && groups > 1) parts.push(`g${groups}`);
  if (parts.length > 0) return parts.join(' ');
  const perm = layer.parameters.get('perm');
  if (layer.op === 'permute' && perm !== undefined) return formatValue(perm);
  const axis = number('dim') ?? number('axis');
  return axis === undefined ? '' : `axis ${axis}`;
}
