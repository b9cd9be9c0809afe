import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { deviceSize, identity } from '../ops/axes.ts';
import { opSpec } from '../ops/registry.ts';
import { inferShapes, shapeOf, type ShapeTable } from '../ops/shapes.ts';
import type { Operand } from '../ops/spec.ts';
import { GraphBuilder } from './builder.ts';
import type { DeviceGraph, DeviceTensor } from './graph.ts';
import { LayerLowering } from './layer-lowering.ts';
import type { TypePlan } from './types.ts';

/** A lowered network: the device graph and where each of the network's tensors went. */
export interface LoweredNetwork {
  graph: DeviceGraph;
  /** By `@layer:out0`: the device tensor that holds it, its network shape and axis order. */
  values: ReadonlyMap<string, Operand>;
  shapes: ShapeTable;
}

/** What {@link lowerNetwork} needs besides the network. */
export interface LowerOptions {
  plan: TypePlan;
  /** Batch size where the network leaves it open. */
  batch: number;
}

/**
 * Turns a network with coefficients into the graph that ovxlib executes: channel-first device layout,
 * typed and quantized tensors, constants laid out. Permutes of the network cost nothing unless an
 * operation asks for another order.
 * @throws StudioError naming the layer
 */
export function lowerNetwork(network: Network, options: LowerOptions): LoweredNetwork {
  const shapes = inferShapes(network, options.batch);
  const values = new Map<string, Operand>();
  const builder = new GraphBuilder(network, options.plan);
  for (const layer of network.topologicalOrder()) lowerLayer(builder, layer, values, shapes);
  for (const layer of network.outputs) lowerOutput(builder, layer, values);
  return { graph: finish(builder, network, values), values, shapes };
}

function lowerLayer(
  builder: GraphBuilder,
  layer: Layer,
  values: Map<string, Operand>,
  shapes: ShapeTable,
): void {
  if (layer.op === 'output') return;
  const ref = formatRef({ layer: layer.key, port: 0 });
  if (layer.op === 'input') {
    values.set(ref, builder.input(layer, shapeOf(shapes, ref)));
    return;
  }
  if (layer.op === 'variable') {
    values.set(ref, builder.variable(layer, shapeOf(shapes, ref)));
    return;
  }
  try {
    opSpec(layer.op, layer.key).lower(new LayerLowering(builder, layer, values, shapes));
  } catch (error) {
    throw error instanceof StudioError ? error.at({ layer: layer.key }) : error;
  }
  builder.legal.layerDone();
}

/** A graph output is a tensor that a node writes, in the network's own axis order. */
function lowerOutput(builder: GraphBuilder, layer: Layer, values: Map<string, Operand>): void {
  const source = values.get(formatRef(layer.inputs[0]));
  if (!source)
    throw new StudioError('network-invalid', 'the output reads a tensor that does not exist', {
      layer: layer.key,
    });
  const plain = builder.ordered(source, identity(source.shape.length), layer.key);
  const operand = canBeOutput(builder, plain) ? plain : copy(builder, plain, layer);
  markOutput(builder.tensor(operand.tensor), operand, layer);
  values.set(formatRef({ layer: layer.key, port: 0 }), operand);
}

/** Only a tensor that a node writes and that is not an output already can become one. */
function canBeOutput(builder: GraphBuilder, { tensor }: Operand): boolean {
  return tensor >= 0 && builder.tensor(tensor).role === 'virtual';
}

/** A copy through a RESHAPE to the same shape. */
function copy(builder: GraphBuilder, operand: Operand, layer: Layer): Operand {
  const { shape, order } = operand;
  const source = builder.resolve(operand.tensor);
  const name = formatRef({ layer: layer.key, port: 0 });
  const tensor = builder.addResult(name, shape, order, builder.stored(source));
  builder.addHelperNode(layer.key, 'RESHAPE', { size: deviceSize(shape, order) }, [source], tensor);
  return { ...operand, tensor };
}

function markOutput(tensor: DeviceTensor, { order }: Operand, layer: Layer): void {
  tensor.role = 'output';
  // Permutes may have renamed the axes since the tensor was made.
  tensor.order = order;
  tensor.name = formatRef({ layer: layer.key, port: 0 });
}

function finish(builder: GraphBuilder, network: Network, values: ReadonlyMap<string, Operand>): DeviceGraph {
  const ids = (layers: readonly Layer[]) =>
    layers.map((layer) => values.get(formatRef({ layer: layer.key, port: 0 }))?.tensor ?? -1);
  const ports = [...network.layers.values()].filter((layer) => layer.op === 'input' || layer.op === 'output');
  return {
    name: network.meta.name,
    tensors: builder.tensors,
    nodes: builder.nodes,
    inputs: ids(network.inputs),
    outputs: ids(network.outputs),
    ports: ids(ports),
  };
}
