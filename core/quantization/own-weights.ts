import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { QuantizedFormat } from '../network/number-format.ts';
import { coefficientKey, type QuantizeEntry } from '../network/quantize-table.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { opSpec } from '../ops/registry.ts';
import { biasEntry, isFloat, weightEntry } from './entries.ts';
import { INTEGER_RANGES, roundHalfEven } from './formulas.ts';

/** Entries of coefficients for {@link ownTable}: the model's own where they give back the model's integers. */
export class OwnWeights {
  /** What is not as in the model, for people. */
  readonly notes: string[] = [];
  private readonly network: Network;
  private readonly own: ReadonlyMap<string, QuantizeEntry>;
  private readonly activations: ReadonlyMap<string, QuantizeEntry>;
  /** Entries whose layer was rewritten into another one during the import. */
  private readonly orphans: QuantizeEntry[];

  constructor(
    network: Network,
    own: ReadonlyMap<string, QuantizeEntry>,
    activations: ReadonlyMap<string, QuantizeEntry>,
  ) {
    this.network = network;
    this.own = own;
    this.activations = activations;
    this.orphans = [...own].flatMap(([ref, entry]) => {
      const [, key] = /^@([^]*):[a-z0-9]+$/.exec(ref) ?? [];
      return key !== undefined && network.layers.has(key) ? [] : [entry];
    });
  }

  /** A layer that the model computes in floats between quantized ones: its weight was never quantized. */
  needsFloatInput(layer: Layer): boolean {
    const weight = this.network.coefficient(layer.key, 'weight');
    if (!weight || this.activations.has(formatRef({ layer: layer.key, port: 0 }))) return false;
    return this.input(layer) !== undefined && this.ownWeight(layer, weight) === undefined;
  }

  /** Sets the entries of the layer's coefficients. */
  add(layer: Layer, entries: Map<string, QuantizeEntry>): void {
    const output = entries.get(formatRef({ layer: layer.key, port: 0 }));
    for (const name of opSpec(layer.op, layer.key).quantizedCoefficients ?? []) {
      const ref = coefficientKey(layer.key, name);
      const tensor = this.network.coefficient(layer.key, name);
      if (!tensor) continue;
      const entry =
        layer.op === 'variable'
          ? output
          : name === 'bias'
            ? biasEntry(this.input(layer), entries.get(coefficientKey(layer.key, 'weight')), ref)
            : this.weight(layer, tensor, output);
      if (entry) entries.set(ref, entry);
    }
  }

  private input(layer: Layer): QuantizeEntry | undefined {
    const [source] = layer.inputs;
    return source && this.activations.get(formatRef(source));
  }

  private weight(layer: Layer, tensor: Tensor, output: QuantizeEntry | undefined): QuantizeEntry | undefined {
    const input = this.input(layer);
    const own = this.ownWeight(layer, tensor);
    // Integers only meet integers.
    if (!input || isFloat(input))
      return output && { quantizer: 'float16', qtype: 'f16', max: null, min: null };
    if (own && input.qtype !== 'i16') return likeInput(own, input);
    if (own && typeof own.fl === 'number') return own;
    if (!output && !own) return undefined;
    if (own) this.notes.push(`the weight of ${layer.key} is quantized anew, in 16 bits like its input`);
    else if (this.own.has(coefficientKey(layer.key, 'weight'))) {
      this.notes.push(
        `the weight of ${layer.key} is not in steps of the model's own any more: it is quantized anew`,
      );
    }
    const format: QuantizedFormat = { quantizer: input.quantizer, qtype: input.qtype };
    return weightEntry(format, { layer, weight: tensor, input });
  }

  private ownWeight(layer: Layer, tensor: Tensor): QuantizeEntry | undefined {
    const given = this.own.get(coefficientKey(layer.key, 'weight'));
    const candidates = given ? [given] : this.orphans;
    const share = opSpec(layer.op, layer.key).outputsPerScale?.(layer, tensor);
    return candidates.find((entry) => fits(entry, tensor, share) && givesBack(entry, tensor));
  }
}

/** Whether the layer can have such scales: neighbours that share one must agree. */
function fits({ scales }: QuantizeEntry, { shape }: Tensor, share: number | undefined): boolean {
  if (!scales) return true;
  if (share === undefined || scales.length !== shape[shape.length - 1]) return false;
  return scales.every((scale, index) => scale === scales[index - (index % share)]);
}

/** Whether every value is one that the entry can store exactly: then it stores the model's own integers. */
function givesBack(entry: QuantizeEntry, tensor: Tensor): boolean {
  const { scales, zeroPoint, fl, qtype } = entry;
  if (qtype !== 'u8' && qtype !== 'i8' && qtype !== 'i16') return false;
  const { min, max } = INTEGER_RANGES[qtype];
  const single = typeof fl === 'number' ? 2 ** -fl : (entry.scale ?? 0);
  const zero = zeroPoint ?? 0;
  return toFloat32(tensor).every((value, index) => {
    const scale = scales ? scales[index % scales.length] : single;
    const q = roundHalfEven(Math.fround(value / scale));
    return q + zero >= min && q + zero <= max && Math.fround(q * scale) === value;
  });
}

/** Eight bits with and without sign say the same 128 apart: weights follow their input. */
function likeInput(entry: QuantizeEntry, { qtype }: QuantizeEntry): QuantizeEntry {
  const { zeroPoint } = entry;
  if (entry.scales || entry.qtype === qtype || typeof zeroPoint !== 'number') return entry;
  if (entry.qtype === 'i16' || qtype === 'i16') return entry;
  return { ...entry, qtype, zeroPoint: qtype === 'u8' ? zeroPoint + 128 : zeroPoint - 128 };
}
