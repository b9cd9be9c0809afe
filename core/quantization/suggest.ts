import { parseRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { TensorAnalysis } from './analysis.ts';
import { fusedActivations } from './table.ts';

/** The format that `--compute-entropy` suggests (user guide 3.5.1). */
export const SUGGESTED_FORMAT = 'dynamic_fixed_point-i16';

/** A layer whose error alone is above these needs a closer look: 20 dB is one tenth of the signal's amplitude. */
const LOW_SQNR = 20;
const LOW_COSINE = 0.99;

/**
 * Layers and their entropy, highest first, those in front first among equals: the largest of a layer's own output and
 * its weights.
 */
export function rankLayers(
  network: Network,
  tensors: readonly Pick<TensorAnalysis, 'layer' | 'entropy'>[],
): { layer: string; entropy: number }[] {
  const entropies = new Map<string, number>();
  for (const { layer, entropy } of tensors) {
    entropies.set(layer, Math.max(entropies.get(layer) ?? 0, entropy));
  }
  return network
    .topologicalOrder()
    .flatMap(({ key }) => {
      const entropy = entropies.get(key);
      return entropy === undefined ? [] : [{ layer: key, entropy }];
    })
    .sort((a, b) => b.entropy - a.entropy);
}

/**
 * What `customized_quantize_layers` should hold, in layer order: layers that alone spoil their output, by activation
 * or weights, each with the clamping activation that shares its range.
 */
export function suggestLayers(network: Network, tensors: readonly TensorAnalysis[]): Map<string, string> {
  const poor = new Set<string>();
  for (const { layer, op, stored, single } of tensors) {
    const measure = single ?? stored;
    if (op === 'input' || op === 'output') continue;
    if (measure.sqnr < LOW_SQNR || measure.cosine < LOW_COSINE) {
      for (const key of unitOf(network, layer)) poor.add(key);
    }
  }
  return new Map(
    [...network.layers.keys()].filter((key) => poor.has(key)).map((key) => [key, SUGGESTED_FORMAT] as const),
  );
}

/**
 * The layers that have one range and should have one format with a layer: itself and the clamping activation that
 * alone reads it, or the producer in front of such an activation. The producer comes first.
 */
export function unitOf(network: Network, key: string): string[] {
  return fusedUnits(network).find((unit) => unit.includes(key)) ?? [key];
}

/** All pairs of a producer and the clamping activation that alone reads it. */
export function fusedUnits(network: Network): string[][] {
  return [...fusedActivations(network)].map((refs) => refs.map((ref) => parseRef(ref).layer));
}
