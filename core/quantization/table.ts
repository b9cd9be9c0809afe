import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey, type QuantizeEntry, type QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { isIndexType } from '../ops/data.ts';
import { opSpec, rangeRule } from '../ops/registry.ts';
import { biasEntry, tensorEntry, weightEntry, type Range } from './entries.ts';
import { rangeOf } from './formulas.ts';
import type { Scheme } from './schemes.ts';

/** Which ends of a network stay float. */
export interface TailOptions {
  /** Quantize a trailing softmax and what follows it too (`--rebuild-all`). */
  all: boolean;
  /** Keep a trailing concat float, so that boxes and scores of a detection head have a scale each. */
  splitHeads?: boolean;
}

/** What {@link buildTable} needs. */
export interface TableOptions extends TailOptions {
  scheme: Scheme;
  /** Measured ranges by `@layer:out0`; those of `@layer:weight` replace a coefficient's own. */
  ranges: ReadonlyMap<string, Range>;
}

/**
 * The quantize table of a calibrated network: activations in layer order, then coefficients in layer
 * order. Producers of a fused clamping activation take the activation's range, ops that copy elements
 * take their input's parameters, a trailing softmax stays float unless `all`.
 */
export function buildTable(network: Network, options: TableOptions): QuantizeTable {
  const left = outputTail(network, tailOps(options));
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

/** Ops that stay float where they end the network. */
function tailOps({ all, splitHeads }: TailOptions): Set<string> {
  const ops = new Set<string>();
  if (!all) ops.add('softmax');
  if (splitHeads) ops.add('concat');
  return ops;
}

const EMPTY: Range = { min: 0, max: 0 };

/** References that carry real numbers, so that a quantized network quantizes them; no integers, no booleans. */
export function quantizableRefs(network: Network): Set<string> {
  return new Set(activationSources(network, new Set()).keys());
}

function activationEntries(
  network: Network,
  { scheme, ranges }: TableOptions,
  left: ReadonlySet<string>,
): Map<string, QuantizeEntry> {
  const entries = new Map<string, QuantizeEntry>();
  for (const [ref, source] of activationSources(network, left)) {
    const inherited = source.from === 'input' ? entries.get(source.ref) : undefined;
    const range =
      source.from === 'constant' ? variableRange(network, source.layer) : (ranges.get(source.ref) ?? EMPTY);
    entries.set(ref, inherited ?? tensorEntry(scheme.activation, range));
  }
  return entries;
}

/**
 * References of the tensors whose measured ranges {@link buildTable} reads: the others share parameters with one of
 * them, stay float, or are constants.
 */
export function measuredRefs(network: Network, options: TailOptions): Set<string> {
  const refs = new Set<string>();
  for (const source of activationSources(network, outputTail(network, tailOps(options))).values()) {
    if (source.from === 'measurement') refs.add(source.ref);
  }
  return refs;
}

/** Where the parameters of an activation come from: its input's entry, the range of a tensor, a constant's values. */
type ActivationSource =
  { from: 'input'; ref: string } | { from: 'measurement'; ref: string } | { from: 'constant'; layer: Layer };

/** The source of every activation that gets an entry, in topological order. */
function activationSources(network: Network, left: ReadonlySet<string>): Map<string, ActivationSource> {
  const fused = fusedActivations(network);
  const sources = new Map<string, ActivationSource>();
  for (const layer of network.topologicalOrder()) {
    if (left.has(layer.key)) continue;
    const rule = rangeRule(layer);
    const input = layer.inputs.length > 0 ? formatRef(layer.inputs[0]) : '';
    const inherits = rule === 'same' && sources.has(input);
    const exempt = rule === 'none' || rule === 'float' || (rule === 'same' && !inherits);
    if (exempt || keepsIntegers(layer, sources)) continue;
    for (let port = 0; port < layer.outputs; port++) {
      if (!carriesReals(layer, port)) continue;
      const ref = formatRef({ layer: layer.key, port });
      if (inherits) sources.set(ref, { from: 'input', ref: input });
      else if (layer.op === 'variable') sources.set(ref, { from: 'constant', layer });
      else sources.set(ref, { from: 'measurement', ref: fused.get(ref) ?? ref });
    }
  }
  return sources;
}

/** Whether an output holds reals: integer and boolean tensors are never quantized. */
export function carriesReals(layer: Layer, port: number): boolean {
  const spec = opSpec(layer.op, layer.key);
  if (spec.outputType?.(layer, port)) return false;
  if (layer.op !== 'input' && layer.op !== 'variable') return true;
  return !layer.has('type') || !isIndexType(layer.text('type'));
}

/** Whether the layer computes integers because everything that decides it is one. */
function keepsIntegers(layer: Layer, entries: ReadonlyMap<string, unknown>): boolean {
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
export function fusedActivations(network: Network): Map<string, string> {
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

/**
 * Keys of layers with one of these ops that only copies and outputs follow, and of those followers. Real tables
 * leave out a trailing softmax; leaving out a trailing concat keeps a scale for each of its parts.
 */
export function outputTail(network: Network, ops: ReadonlySet<string>): Set<string> {
  const uses = network.consumers();
  const candidates = new Set<string>();
  for (const layer of network.topologicalOrder().reverse()) {
    const readers = Array.from(
      { length: layer.outputs },
      (_, port) => uses.get(formatRef({ layer: layer.key, port })) ?? [],
    ).flat();
    const ends =
      layer.op === 'output' || (readers.length > 0 && readers.every((use) => candidates.has(use.layer.key)));
    const copies = layer.op === 'output' || (layer.op !== 'input' && rangeRule(layer) === 'same');
    if (ends && (copies || ops.has(layer.op))) candidates.add(layer.key);
  }
  return onlyBehind(network, ops, candidates);
}

/** Copies at the end that none of the ops feeds stay quantized. */
function onlyBehind(
  network: Network,
  ops: ReadonlySet<string>,
  candidates: ReadonlySet<string>,
): Set<string> {
  const tail = new Set<string>();
  for (const layer of network.topologicalOrder()) {
    const behind = layer.inputs.length > 0 && layer.inputs.every((ref) => tail.has(ref.layer));
    if (candidates.has(layer.key) && (ops.has(layer.op) || behind)) tail.add(layer.key);
  }
  return tail;
}

/**
 * Sets the entries of a layer's coefficients from those of its input and output.
 * @param input entry of the values that meet the weights, where it is not that of the tensor the layer reads
 */
export function addCoefficients(
  network: Network,
  layer: Layer,
  scheme: Scheme,
  ranges: ReadonlyMap<string, Range>,
  entries: Map<string, QuantizeEntry>,
  input: QuantizeEntry | undefined = inputEntry(layer, entries),
): void {
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

/** The entry of the tensor a layer reads first. */
function inputEntry(layer: Layer, entries: ReadonlyMap<string, QuantizeEntry>): QuantizeEntry | undefined {
  return layer.inputs.length > 0 ? entries.get(formatRef(layer.inputs[0])) : undefined;
}

/** The values of a constant; it needs no calibration. */
export function variableRange(network: Network, layer: Layer): Range {
  const tensor = network.coefficient(layer.key, 'data');
  return tensor ? rangeOf(toFloat32(tensor)) : { min: 0, max: 0 };
}
