import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sameFormat } from '../network/number-format.ts';
import { coefficientKey, type QuantizeEntry, type QuantizeTable } from '../network/quantize-table.ts';
import { converterRef, insertConverters, type Converter } from './converters.ts';
import { resolveCustomized, type CustomizedLayers } from './customized.ts';
import { isFloat, tensorEntry, type Range } from './entries.ts';
import { entryRange, HybridPlan, portsOf } from './hybrid-plan.ts';
import type { Scheme } from './schemes.ts';
import { addCoefficients } from './table.ts';

/** What a hybrid quantization makes. */
export interface HybridResult {
  /** The original with dtype_converter layers. */
  network: Network;
  table: QuantizeTable;
}

type Ranges = ReadonlyMap<string, Range>;

/**
 * Applies `customized_quantize_layers` of a table to its network (formats.md d). Everything is derived anew from the
 * original network and the ranges in the table, so that repeating it changes nothing and a changed list takes effect:
 * layers no longer listed get the scheme of the others back.
 */
export class HybridQuantization {
  /** Tensors whose range the table does not hold but the new types need. */
  readonly missing: readonly string[];
  /** Those of {@link missing} for which the table holds the range behind the fused activation. */
  readonly cut: readonly string[];
  private readonly original: Network;
  private readonly old: QuantizeTable;
  private readonly customized: CustomizedLayers;
  private readonly plan: HybridPlan;

  /**
   * @param given scheme to restore layers to where the table does not tell
   * @throws StudioError 'quantize-invalid' for unknown layers and types
   */
  constructor(network: Network, table: QuantizeTable, given: Scheme) {
    this.original = network;
    this.old = table;
    this.customized = resolveCustomized(network, table.customized);
    this.plan = new HybridPlan(network, table, this.customized, given);
    const { converters } = this.converted();
    for (const converter of converters) this.recall(converter);
    const sources = converters
      .filter(({ source, format }) => this.plan.lacksRange(formatRef(source), format))
      .map(({ source }) => formatRef(source));
    this.missing = [...new Set([...this.plan.missing(), ...sources])];
    this.cut = this.missing.filter((ref) => this.plan.isCut(ref));
  }

  /** @param measured ranges of {@link missing}; what is not there gets the best known one */
  apply(measured: Ranges): HybridResult {
    const { network, converters } = this.converted();
    const activations = this.activations(measured);
    const converted = new Map<string, QuantizeEntry>();
    for (const converter of converters) {
      const { format, source } = converter;
      if (format === 'float32') continue;
      converted.set(
        converterRef(converter),
        tensorEntry(format, this.plan.range(formatRef(source), measured)),
      );
    }
    const entries = new Map<string, QuantizeEntry>();
    for (const layer of this.original.layers.values()) {
      for (const ref of portsOf(layer)) setIfKnown(entries, ref, activations.get(ref));
    }
    const all = new Map([...activations, ...converted]);
    for (const key of this.original.layers.keys()) {
      for (const [ref, entry] of this.coefficients(network, network.layer(key), all)) entries.set(ref, entry);
    }
    for (const [ref, entry] of converted) entries.set(ref, entry);
    return { network, table: { entries, customized: this.old.customized } };
  }

  /** The range of a float tensor is in no entry of its own, but in that of a converter behind it. */
  private recall(converter: Converter): void {
    const range = entryRange(this.old.entries.get(converterRef(converter)));
    if (range) this.plan.learnRange(formatRef(converter.source), range);
  }

  private converted(): { network: Network; converters: Converter[] } {
    return insertConverters(this.original, this.customized, (ref) => this.plan.format(formatRef(ref)));
  }

  private activations(measured: Ranges): Map<string, QuantizeEntry> {
    const entries = new Map<string, QuantizeEntry>();
    for (const layer of this.original.topologicalOrder()) {
      const source = this.plan.copied(layer);
      for (const ref of portsOf(layer)) {
        const scheme = this.plan.scheme(ref);
        if (!scheme) continue;
        const copied = source === undefined ? undefined : this.copiedEntry(ref, source, entries);
        setIfKnown(entries, ref, copied ?? this.ownEntry(ref, scheme, this.plan.range(ref, measured)));
      }
    }
    return entries;
  }

  /** A copy has the entry of its source; what the table has stays where the source is unchanged. */
  private copiedEntry(
    ref: string,
    source: string,
    entries: ReadonlyMap<string, QuantizeEntry>,
  ): QuantizeEntry | undefined {
    const entry = entries.get(source);
    const before = this.old.entries.get(ref);
    const unchanged = entry && before && entry === this.old.entries.get(source) && sameFormat(entry, before);
    return unchanged ? before : entry;
  }

  private ownEntry(ref: string, { activation }: Scheme, range: Range): QuantizeEntry {
    const before = this.old.entries.get(ref);
    if (before && sameFormat(before, activation)) {
      if (isFloat(before) || (before.min === range.min && before.max === range.max)) return before;
    }
    return tensorEntry(activation, range);
  }

  /** Entries of a layer's weights and biases; those that nothing changed stay. */
  private coefficients(
    network: Network,
    layer: Layer,
    activations: ReadonlyMap<string, QuantizeEntry>,
  ): Map<string, QuantizeEntry> {
    const output = formatRef({ layer: layer.key, port: 0 });
    const scheme = this.plan.scheme(output);
    const made = new Map<string, QuantizeEntry>();
    const result = activations.get(output);
    if (!scheme || !result) return made;
    const [first] = layer.inputs;
    const read = first && activations.get(formatRef(first));
    const met = read && this.asMet(read, scheme);
    made.set(output, result);
    addCoefficients(network, layer, scheme, this.weightRanges(layer), made, met);
    made.delete(output);
    const original = this.original.layer(layer.key).inputs[0];
    const sameInput = !original || met === this.old.entries.get(formatRef(original));
    for (const [ref, entry] of made) {
      const before = this.old.entries.get(ref);
      if (sameInput && before && sameFormat(before, entry) && hasParameters(before)) made.set(ref, before);
    }
    if (!this.customized.has(layer.key)) this.keepOthers(layer, made);
    return made;
  }

  /** Tables of other makers list coefficients that ours leave to lowering. */
  private keepOthers(layer: Layer, made: Map<string, QuantizeEntry>): void {
    for (const name of this.original.coefficients.get(layer.key)?.keys() ?? []) {
      const ref = coefficientKey(layer.key, name);
      if (name !== 'bias' && !made.has(ref)) setIfKnown(made, ref, this.old.entries.get(ref));
    }
  }

  /** Lowering converts an integer of another type to the layer's before it meets the weights. */
  private asMet(read: QuantizeEntry, { activation }: Scheme): QuantizeEntry {
    const range = entryRange(read);
    return sameFormat(read, activation) || !range ? read : tensorEntry(activation, range);
  }

  private weightRanges(layer: Layer): Ranges {
    const ranges = new Map<string, Range>();
    for (const name of this.original.coefficients.get(layer.key)?.keys() ?? []) {
      const ref = coefficientKey(layer.key, name);
      const range = entryRange(this.old.entries.get(ref));
      if (range) ranges.set(ref, range);
    }
    return ranges;
  }
}

function setIfKnown(
  entries: Map<string, QuantizeEntry>,
  ref: string,
  entry: QuantizeEntry | undefined,
): void {
  if (entry) entries.set(ref, entry);
}

function hasParameters(entry: QuantizeEntry): boolean {
  return isFloat(entry) || typeof (entry.fl ?? entry.scale) === 'number' || entry.scales !== undefined;
}
