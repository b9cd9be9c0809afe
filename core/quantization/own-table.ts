import { formatRef, Layer, type TensorRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { formatName } from '../network/number-format.ts';
import { sameStorage } from '../network/own-quantization.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { toFloat32 } from '../network/tensor.ts';
import { opSpec, rangeRule } from '../ops/registry.ts';
import { tensorEntry } from './entries.ts';
import { rangeOf } from './formulas.ts';
import { OwnWeights } from './own-weights.ts';
import { carriesReals } from './table.ts';

/** A model's own quantization as a table, and what of it could not be taken over. */
export interface OwnTable {
  /** Undefined when the model brings no parameters of activations. */
  table: QuantizeTable | undefined;
  /** Sentences for people. */
  notes: readonly string[];
}

/**
 * Makes the quantize table of a network whose source was quantized already. Its own entries are used as they are;
 * layers between them follow the rules of a calibrated table: producers of a clamping activation take its parameters,
 * ops that copy elements those of their input. Where the model changes parameters across such a layer, a
 * dtype_converter is put behind it. Tensors the model has no parameters for stay out of the table, that is floats.
 * Changes the network; its coefficients have to be there.
 */
export function ownTable(network: Network): OwnTable {
  const own = network.quantization;
  if (!own) return { table: undefined, notes: [] };
  const entries = new Map<string, QuantizeEntry>();
  for (const [ref, entry] of own.entries) {
    const [, key, port] = /^@([^]*):out(\d+)$/.exec(ref) ?? [];
    const layer = network.layers.get(key ?? '');
    if (layer && Number(port) < layer.outputs && carriesReals(layer, Number(port))) entries.set(ref, entry);
  }
  if (entries.size === 0) return { table: undefined, notes: own.notes };
  passBack(network, entries);
  passOn(network, entries);
  quantizeConstants(network, entries);
  const weights = new OwnWeights(network, own.entries, entries);
  const islands = [...network.layers.values()].filter((layer) => weights.needsFloatInput(layer));
  for (const layer of islands) convertToFloat(network, entries, layer);
  const ordered = inFileOrder(network, entries);
  for (const layer of network.layers.values()) weights.add(layer, ordered);
  return { table: { entries: ordered, customized: new Map() }, notes: [...own.notes, ...weights.notes] };
}

/** Producers without parameters take those of the copy or the clamping activation that is their only reader. */
function passBack(network: Network, entries: Map<string, QuantizeEntry>): void {
  const readers = network.consumers();
  for (const layer of network.topologicalOrder().reverse()) {
    const [source] = layer.inputs;
    const entry = entries.get(formatRef({ layer: layer.key, port: 0 }));
    if (!source || !entry || entries.has(formatRef(source))) continue;
    const producer = network.layer(source.layer);
    // What a clamp cuts, storing with its parameters cuts as well.
    const fused = opSpec(layer.op).clamps === true && rangeRule(producer) !== 'same';
    const passes = fused || (rangeRule(layer) === 'same' && layer.inputs.length === 1);
    const alone = readers.get(formatRef(source))?.length === 1;
    if (passes && alone && carriesReals(producer, source.port)) entries.set(formatRef(source), entry);
  }
}

/** Copies take the parameters of what they copy; a converter behind them gives them others. */
function passOn(network: Network, entries: Map<string, QuantizeEntry>): void {
  for (const layer of network.topologicalOrder()) {
    const [source] = layer.inputs;
    if (!source || rangeRule(layer) !== 'same') continue;
    const given = entries.get(formatRef(source));
    for (let port = 0; port < layer.outputs; port++) {
      if (!carriesReals(layer, port)) continue;
      const ref = { layer: layer.key, port };
      const own = entries.get(formatRef(ref));
      if (given) entries.set(formatRef(ref), given);
      else entries.delete(formatRef(ref));
      if (own && !(given && sameStorage(own, given))) convertBehind(network, entries, ref, own);
    }
  }
}

/** Constants between quantized tensors are quantized by their own range where the model has no parameters for them. */
function quantizeConstants(network: Network, entries: Map<string, QuantizeEntry>): void {
  const readers = network.consumers();
  for (const layer of network.withOp('variable')) {
    const ref = formatRef({ layer: layer.key, port: 0 });
    const data = network.coefficient(layer.key, 'data');
    if (entries.has(ref) || !data || !carriesReals(layer, 0)) continue;
    const formats = (readers.get(ref) ?? []).map(({ layer: reader }) => entries.get(`@${reader.key}:out0`));
    const [first] = formats;
    if (first && formats.every((format) => format)) {
      entries.set(ref, tensorEntry(first, rangeOf(toFloat32(data))));
    }
  }
}

/** Puts a dtype_converter behind a tensor, for all its readers. */
function convertBehind(
  network: Network,
  entries: Map<string, QuantizeEntry>,
  from: TensorRef,
  entry: QuantizeEntry,
): void {
  const readers = network.consumers().get(formatRef(from)) ?? [];
  const name = `${from.layer}_next_${formatOf(entries, from)}_to_${formatName(entry)}`;
  const to = addConverter(network, name, from);
  for (const { layer, index } of readers) layer.inputs[index] = to;
  entries.set(formatRef(to), entry);
}

/** Lets a layer read its first input as floats, through a dtype_converter. */
function convertToFloat(
  network: Network,
  entries: ReadonlyMap<string, QuantizeEntry>,
  { key, inputs }: Layer,
): void {
  const [from] = inputs;
  inputs[0] = addConverter(network, `${key}_pre_${formatOf(entries, from)}_to_float32`, from);
}

const formatOf = (entries: ReadonlyMap<string, QuantizeEntry>, ref: TensorRef): string =>
  formatName(entries.get(formatRef(ref)) ?? 'float32');

function addConverter(network: Network, name: string, from: TensorRef): TensorRef {
  const layer = new Layer({
    key: `${name}_${network.nextUid()}`,
    name,
    op: 'dtype_converter',
    inputs: [from],
  });
  network.add(layer);
  return { layer: layer.key, port: 0 };
}

/** Activations in the order of the layers, as every table lists them. */
function inFileOrder(
  network: Network,
  entries: ReadonlyMap<string, QuantizeEntry>,
): Map<string, QuantizeEntry> {
  const ordered = new Map<string, QuantizeEntry>();
  for (const layer of network.layers.values()) {
    for (let port = 0; port < layer.outputs; port++) {
      const ref = formatRef({ layer: layer.key, port });
      const entry = entries.get(ref);
      if (entry) ordered.set(ref, entry);
    }
  }
  return ordered;
}
