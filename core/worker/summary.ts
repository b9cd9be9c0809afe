import { FRAMEWORK_FILES } from '../importers/formats.ts';
import type { TensorRef } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import type { ModelSummary, PortSummary } from './contract.ts';
import { parameterCount } from './graph-view.ts';
import type { ImportedModel } from './import-model.ts';
import { shapeView } from './shape-view.ts';

/** What the header and the model page say about a model. */
export function summarizeModel(model: ImportedModel, files: readonly string[]): ModelSummary {
  const { network, format } = model;
  const layers = [...network.layers.values()];
  return {
    name: network.meta.name,
    files: [...files],
    format,
    framework: frameworkTitle(network.meta.orgPlatform),
    layers: layers.length,
    connections: layers.reduce((sum, layer) => sum + layer.inputs.length, 0),
    parameters: totalParameters(network),
    inputs: network.inputs.map((layer) => port(model, layer.key, layer.name, Network.ref(layer))),
    outputs: network.outputs.map((layer) =>
      // An output layer passes on what it reads, which is the tensor whose shape is known.
      port(model, layer.key, layer.name, layer.inputs[0] ?? Network.ref(layer)),
    ),
    ops: countOps(network),
  };
}

/** As people call it; a framework that we do not know as the file calls it. */
function frameworkTitle(platform: string | undefined): string | null {
  const known = Object.entries(FRAMEWORK_FILES).find(([name]) => name === platform);
  return known?.[1].title ?? platform ?? null;
}

function port({ shapes }: ImportedModel, key: string, name: string, ref: TensorRef): PortSummary {
  return { key, name, shape: shapeView(shapes, ref) };
}

function totalParameters(network: Network): number | null {
  if (network.coefficients.size === 0) return null;
  return [...network.coefficients.keys()].reduce((sum, key) => sum + (parameterCount(network, key) ?? 0), 0);
}

function countOps(network: Network): ModelSummary['ops'] {
  const counts = new Map<string, number>();
  for (const { op } of network.layers.values()) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => ({ op, count })).sort((a, b) => b.count - a.count);
}
