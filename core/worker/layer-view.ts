import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import type { CoefficientView, ConnectionView, LayerView } from './contract.ts';
import { formatValue } from './format-value.ts';
import type { ImportedModel } from './import-model.ts';
import { shapeView } from './shape-view.ts';

const BINS = 32;

/** Everything the inspector shows of one layer. Throws when there is no such layer. */
export function layerView(model: ImportedModel, key: string): LayerView {
  const { network } = model;
  const layer = network.layer(key);
  const uses = network.consumers();
  return {
    key,
    name: layer.name,
    op: layer.op,
    parameters: parameterViews(layer),
    inputs: layer.inputs.map((ref) => connection(model, network.layer(ref.layer), ref.port)),
    outputs: Array.from({ length: layer.outputs }, (_, port) => ({
      port,
      shape: shapeView(model.shapes, { layer: key, port }),
      readers: (uses.get(formatRef({ layer: key, port })) ?? []).map((use) =>
        connection(model, use.layer, 0),
      ),
    })),
    coefficients: coefficientViews(network, key),
  };
}

/** Names and values of a layer's parameters. */
export function parameterViews(layer: Layer): LayerView['parameters'] {
  return [...layer.parameters].map(([name, value]) => ({ name, value: formatValue(value) }));
}

/** Range and histogram of a tensor. */
export function coefficientView(name: string, tensor: Tensor): CoefficientView {
  const values = toFloat32(tensor);
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const known = Number.isFinite(min) && Number.isFinite(max);
  return {
    name,
    type: tensor.type,
    shape: [...tensor.shape],
    count: values.length,
    min: known ? min : null,
    max: known ? max : null,
    histogram: known && max > min ? histogram(values, min, max) : [],
  };
}

function connection({ shapes }: ImportedModel, layer: Layer, port: number): ConnectionView {
  return {
    key: layer.key,
    name: layer.name,
    op: layer.op,
    port,
    shape: shapeView(shapes, { layer: layer.key, port }),
  };
}

function coefficientViews(network: Network, key: string): CoefficientView[] {
  return [...(network.coefficients.get(key) ?? [])].map(([name, tensor]) => coefficientView(name, tensor));
}

function histogram(values: Float32Array, min: number, max: number): number[] {
  const counts = Array.from({ length: BINS }, () => 0);
  const scale = BINS / (max - min);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    counts[Math.min(BINS - 1, Math.floor((value - min) * scale))] += 1;
  }
  return counts;
}
