import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sameFormat, type NumberFormat } from '../network/number-format.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { rangeRule } from '../ops/registry.ts';
import { baseScheme, type CustomizedLayers } from './customized.ts';
import type { Range } from './entries.ts';
import type { Scheme } from './schemes.ts';
import { fusedActivations, outputTail, quantizableRefs, variableRange } from './table.ts';

/** What a table tells about a tensor's range. */
interface Knowledge {
  range?: Range | undefined;
  /** The range behind the activation that was fused with it: too narrow, but better than nothing. */
  cut?: Range | undefined;
}

/** How every tensor of a network with customized layers is to be stored, and what its table tells about ranges. */
export class HybridPlan {
  private readonly network: Network;
  private readonly old: QuantizeTable;
  private readonly customized: CustomizedLayers;
  private readonly base: Scheme;
  private readonly real: ReadonlySet<string>;
  private readonly fused: ReadonlyMap<string, string>;
  /** Scheme of every real tensor; undefined = float32. */
  private readonly schemes: ReadonlyMap<string, Scheme | undefined>;
  private readonly known = new Map<string, Knowledge>();

  /** @param given scheme of the other layers where the table does not tell */
  constructor(network: Network, table: QuantizeTable, customized: CustomizedLayers, given: Scheme) {
    this.network = network;
    this.old = table;
    this.customized = customized;
    this.base = baseScheme(network, table, customized, given);
    this.real = quantizableRefs(network);
    this.fused = fusedActivations(network);
    this.schemes = this.schemesOfTensors();
    for (const layer of network.topologicalOrder()) this.learn(layer);
  }

  /** Undefined where the tensor stays float32. */
  scheme(ref: string): Scheme | undefined {
    return this.schemes.get(ref);
  }

  /** Undefined where the tensor holds integers, which are never quantized. */
  format(ref: string): NumberFormat | undefined {
    return this.real.has(ref) ? (this.schemes.get(ref)?.activation ?? 'float32') : undefined;
  }

  /** The tensor whose parameters a layer takes over because it copies its elements. */
  copied(layer: Layer): string | undefined {
    if (this.customized.has(layer.key) || layer.inputs.length === 0) return undefined;
    return rangeRule(layer) === 'same' ? formatRef(layer.inputs[0]) : undefined;
  }

  /** Tensors of an integer type whose range the table does not hold. */
  missing(): string[] {
    return [...this.schemes.keys()].filter((ref) => this.lacksRange(ref, this.format(ref)));
  }

  /** Whether the table does not tell what storing a tensor in a format needs. */
  lacksRange(ref: string, format: NumberFormat | undefined): boolean {
    return format !== undefined && needsRange(format) && !this.known.get(ref)?.range;
  }

  /** Takes a range from elsewhere for a tensor whose range the table does not hold. */
  learnRange(ref: string, range: Range): void {
    if (!this.known.get(ref)?.range) this.known.set(ref, { range });
  }

  /** Whether the table at least tells the tensor's range behind its fused activation. */
  isCut(ref: string): boolean {
    return this.known.get(ref)?.cut !== undefined;
  }

  /** The real range of a tensor, as the table says, else as measured, else the best there is. */
  range(ref: string, measured: ReadonlyMap<string, Range>): Range {
    const { range, cut } = this.known.get(ref) ?? {};
    return range ?? measured.get(this.fusedWith(ref) ?? ref) ?? cut ?? { min: 0, max: 0 };
  }

  /** Customized layers have their own, copies follow their source, a float end stays float. */
  private schemesOfTensors(): Map<string, Scheme | undefined> {
    const left = this.floatTail();
    const schemes = new Map<string, Scheme | undefined>();
    for (const layer of this.network.topologicalOrder()) {
      const wanted = this.customized.get(layer.key);
      const copied = this.copied(layer);
      const scheme = wanted === 'float32' || left.has(layer.key) ? undefined : this.base;
      for (const ref of portsOf(layer)) {
        if (!this.real.has(ref)) continue;
        if (copied !== undefined) schemes.set(ref, schemes.get(copied));
        else schemes.set(ref, wanted === undefined || wanted === 'float32' ? scheme : wanted);
      }
    }
    return schemes;
  }

  /** A table may leave a trailing softmax or concat float; those whose entries it has it does not. */
  private floatTail(): Set<string> {
    const tails = ['softmax', 'concat'].map((op) => outputTail(this.network, new Set([op])));
    return new Set(tails.filter((tail) => !this.isQuantized(tail)).flatMap((tail) => [...tail]));
  }

  private isQuantized(tail: ReadonlySet<string>): boolean {
    return [...tail].some((key) => {
      const entry = this.old.entries.get(`@${key}:out0`);
      return entry && !this.customized.has(key) && sameFormat(entry, this.base.activation);
    });
  }

  private learn(layer: Layer): void {
    for (const ref of portsOf(layer)) {
      if (!this.real.has(ref)) continue;
      const source = rangeRule(layer) === 'same' && layer.inputs.length > 0 ? layer.inputs[0] : undefined;
      if (layer.op === 'variable') this.known.set(ref, { range: variableRange(this.network, layer) });
      else if (source) this.known.set(ref, this.known.get(formatRef(source)) ?? {});
      else this.known.set(ref, this.producerRange(ref));
    }
  }

  /**
   * A producer has the range of the activation fused with it while both have the same type (formats.md c.5); where
   * they had one type but no longer have, the table does not tell the producer's own range.
   */
  private producerRange(ref: string): Knowledge {
    const own = this.oldRange(ref);
    const together = this.fusedWith(ref);
    if (together !== undefined) return { range: this.oldRange(together) };
    const activation = this.fused.get(ref);
    const before = activation === undefined ? undefined : this.old.entries.get(activation);
    const entry = this.old.entries.get(ref);
    return before && entry && sameFormat(before, entry) ? { cut: own } : { range: own };
  }

  /** The activation whose range a producer takes. */
  private fusedWith(ref: string): string | undefined {
    const activation = this.fused.get(ref);
    if (activation === undefined) return undefined;
    const [own, other] = [this.format(ref), this.format(activation)];
    return own && other && sameFormat(own, other) ? activation : undefined;
  }

  private oldRange(ref: string): Range | undefined {
    return entryRange(this.old.entries.get(ref));
  }
}

/** The real range an entry states. */
export function entryRange(entry: QuantizeEntry | undefined): Range | undefined {
  return entry && entry.min !== null && entry.max !== null ? { min: entry.min, max: entry.max } : undefined;
}

function needsRange(format: NumberFormat): boolean {
  return format !== 'float32' && !format.quantizer.endsWith('float16');
}

/** References to all outputs of a layer. */
export function portsOf(layer: Layer): string[] {
  return Array.from({ length: layer.outputs }, (_, port) => formatRef({ layer: layer.key, port }));
}
