import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey, type QuantizeEntry, type QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { isIndexType } from '../ops/data.ts';
import { opSpec, rangeRule } from '../ops/registry.ts';
import { biasEntry, tensorEntry, weightEntry, type Range } from './entries.ts';
import { rangeOf } from './formulas.ts';
import type { Scheme } from './schemes.ts';

/** What {@link buildTable} needs. */
export interface TableOptions {
  scheme: Scheme;
  /** Measured ranges by `@layer:out0`; those of `@layer:weight` replace a coefficient's own. */
  ranges: ReadonlyMap<string, Range>;
  /** Quantize a trailing softmax and what follows it too (`--rebuild-all`). */
  all: boolean;
}

/**
 * The quantize table of a calibrated network: activations in layer order, then coefficients in layer
 * order. Producers of a fused clamping activation take the activation's range, ops that copy elements
 * take their input's parameters, a trailing softmax stays float unless `all`.
 */
export function buildTable(network: Network, options: TableOptions): QuantizeTable {
  const left = options.all ? new Set<string>() : softmaxTail(network);
  const activations = activationEntries(network, options, left);
  const entries = new Map<string, QuantizeEntry>();
  for (const layer of network.layers.values()) {
    for (let port = 0; port < layer.outputs; port++) {
      const ref = formatRef({ layer: layer.key, port });
      const entry = activations.get(ref);
      if (entry) entries.set(ref, entry);
    }
  }
  for (const layer of network.layers.values()) {
    addCoefficients(network, layer, options.scheme, options.ranges, entries);
  }
  return { entries, customized: new Map() };
}

const EMPTY: Range = { min: 0, max: 0 };

function activationEntries(
  network: Network,
  options: TableOptions,
  left: ReadonlySet<string>,
): Map<string, QuantizeEntry> {
  const { scheme, ranges } = options;
  const fused = fusedActivations(network);
  const entries = new Map<string, QuantizeEntry>();
  for (const layer of network.topologicalOrder()) {
    if (left.has(layer.key)) continue;
    const rule = rangeRule(layer);
    const inherited =
      rule === 'same' && layer.inputs.length > 0 ? entries.get(formatRef(layer.inputs[0])) : undefined;
    if (rule === 'none' || (rule === 'same' && !inherited) || keepsIntegers(layer, entries)) continue;
    for (let port = 0; port < layer.outputs; port++) {
      if (!carriesReals(layer, port)) continue;
      const ref = formatRef({ layer: layer.key, port });
      const range =
        layer.op === 'variable'
          ? variableRange(network, layer)
          : (ranges.get(fused.get(ref) ?? ref) ?? EMPTY);
      entries.set(ref, inherited ?? tensorEntry(scheme.activation, range));
    }
  }
  return entries;
}

/** Whether an output holds reals: integer and boolean tensors are never quantized. */
export function carriesReals(layer: Layer, port: number): boolean {
  const spec = opSpec(layer.op, layer.key);
  if (spec.outputType?.(layer, port)) return false;
  if (layer.op !== 'input' && layer.op !== 'variable') return true;
  return !layer.has('type') || !isIndexType(layer.text('type'));
}

/** Whether the layer computes integers because everything that decides it is one. */
function keepsIntegers(layer: Layer, entries: ReadonlyMap<string, QuantizeEntry>): boolean {
  const { keepsIntegers: deciding } = opSpec(layer.op, layer.key);
  if (deciding === undefined) return false;
  const refs =
    deciding === 'all' ? layer.inputs : deciding.flatMap((index) => layer.inputs.slice(index, index + 1));
  return refs.length > 0 && refs.every((ref) => !entries.has(formatRef(ref)));
}

/**
 * Producer reference → reference of the clamping activation that is its only reader. The chip computes
 * both at once, so bits spent on what the activation cuts away would be lost.
 */
function fusedActivations(network: Network): Map<string, string> {
  const fused = new Map<string, string>();
  for (const [ref, uses] of network.consumers()) {
    if (uses.length !== 1) continue;
    const [{ layer: activation }] = uses;
    const producer = network.layer(activation.inputs[0].layer);
    const fuses =
      opSpec(activation.op, activation.key).clamps === true &&
      opSpec(producer.op, producer.key).fusesActivation === true;
    if (fuses) fused.set(ref, formatRef({ layer: activation.key, port: 0 }));
  }
  return fused;
}

/** Keys of softmax layers that only copies and outputs follow, and of those followers. */
export function softmaxTail(network: Network): Set<string> {
  const uses = network.consumers();
  const tail = new Set<string>();
  for (const layer of network.topologicalOrder().reverse()) {
    const readers = Array.from(
      { length: layer.outputs },
      (_, port) => uses.get(formatRef({ layer: layer.key, port })) ?? [],
    ).flat();
    const ends =
      layer.op === 'output' || (readers.length > 0 && readers.every((use) => tail.has(use.layer.key)));
    const copies = layer.op === 'output' || (layer.op !== 'input' && rangeRule(layer) === 'same');
    if (ends && (copies || layer.op === 'softmax')) tail.add(layer.key);
  }
  return onlyBehindSoftmax(network, tail);
}

/** Copies at the end that no softmax feeds stay quantized. */
function onlyBehindSoftmax(network: Network, candidates: ReadonlySet<string>): Set<string> {
  const tail = new Set<string>();
  for (const layer of network.topologicalOrder()) {
    const behind = layer.inputs.length > 0 && layer.inputs.every((ref) => tail.has(ref.layer));
    if (candidates.has(layer.key) && (layer.op === 'softmax' || behind)) tail.add(layer.key);
  }
  return tail;
}

/** Sets the entries of a layer's coefficients from those of its input and output. */
export function addCoefficients(
  network: Network,
  layer: Layer,
  scheme: Scheme,
  ranges: ReadonlyMap<string, Range>,
  entries: Map<string, QuantizeEntry>,
): void {
  const input = layer.inputs.length > 0 ? entries.get(formatRef(layer.inputs[0])) : undefined;
  const output = entries.get(formatRef({ layer: layer.key, port: 0 }));
  if (!output) return;
  for (const name of opSpec(layer.op, layer.key).quantizedCoefficients ?? []) {
    const tensor = network.coefficient(layer.key, name);
    if (!tensor) continue;
    const ref = coefficientKey(layer.key, name);
    if (layer.op === 'variable') {
      entries.set(ref, output);
    } else if (name === 'bias') {
      const entry = biasEntry(input, entries.get(coefficientKey(layer.key, 'weight')), ref);
      if (entry) entries.set(ref, entry);
    } else {
      const bias = network.coefficient(layer.key, 'bias');
      const range = ranges.get(ref);
      entries.set(ref, weightEntry(scheme.weight, { layer, weight: tensor, bias, input, range }));
    }
  }
}

/** The values of a constant; it needs no calibration. */
function variableRange(network: Network, layer: Layer): Range {
  const tensor = network.coefficient(layer.key, 'data');
  return tensor ? rangeOf(toFloat32(tensor)) : { min: 0, max: 0 };
}
