import { keepsSteps, ownEntry, ownTypeOf, type OwnParameters } from '../../network/own-quantization.ts';
import type { QuantizeEntry } from '../../network/quantize-table.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Builder } from './builder.ts';
import type { Draft } from './draft.ts';
import type { BoundInput } from './inputs.ts';
import type { OnnxNode } from './node.ts';
import { weightEntry, type Storage } from './own-constants.ts';
import type { QuantizationSource } from './quantization-source.ts';
import { emitMarked, markTensor } from './tensor-marks.ts';

/** What a model states about each of its tensors. The graph itself holds reals: this says how they are stored. */
export interface StatedTensors {
  /**
   * Parameters of a graph input or of a tensor that a node computes.
   * @param node what was just imported, with its inputs in the builder; undefined for graph inputs
   * @returns undefined for tensors in floats
   */
  parameters(name: string, node?: OnnxNode, builder?: Builder): OwnParameters | undefined;
  /** How a constant is stored; undefined for ones in floats. */
  storage(name: string, node?: OnnxNode, builder?: Builder): Storage | undefined;
  /**
   * Whether the parameters cut tensors where the model has no operator for it, as those of a quantizer that left the
   * activation to the quantization.
   */
  readonly cuts: boolean;
}

/** Storage of a constant that a layer holds. */
interface Claim {
  draft: Draft;
  part: string;
  entry: QuantizeEntry;
}

/**
 * The quantization of models that state for each tensor how it is stored. Nodes are imported on reals; their results
 * and the weights in their layers then get the entries. Where a node changes parameters without computing anything,
 * the table's own rules put a converter.
 */
export class StatedQuantization implements QuantizationSource {
  readonly notes: string[] = [];
  private readonly stated: StatedTensors;
  /** By name: constants of the graph that were read, and what constant nodes made of them. */
  private readonly storages = new Map<string, Storage>();
  private readonly seen = new Set<Draft>();
  private readonly claims: Claim[] = [];
  private marked = 0;
  private rounded = 0;
  private lost = 0;

  constructor(stated: StatedTensors) {
    this.stated = stated;
  }

  labelOf(node: OnnxNode): string {
    return node.label;
  }

  stands(): boolean {
    return false;
  }

  inputs(bound: readonly BoundInput[]): BoundInput[] {
    return bound.map((input) =>
      this.stated.parameters(input.name) ? { ...input, type: 'float32', modelType: 'float32' } : input,
    );
  }

  markInputs(builder: Builder): void {
    for (const [name, { ref }] of builder.values) {
      const own = this.stated.parameters(name);
      this.seen.add(ref.draft);
      if (own && this.counts(own)) markTensor(ref, own);
    }
  }

  convert(): boolean {
    return false;
  }

  converted(node: OnnxNode, builder: Builder): void {
    const stored = node.inputs.flatMap((name) => this.storageOf(name, builder) ?? []);
    for (const name of node.outputs) {
      const constant = builder.constants.has(name);
      const storage = this.stated.storage(name, node, builder) ?? (constant ? stored[0]?.storage : undefined);
      if (constant && storage) this.storages.set(name, storage);
      const value = builder.values.get(name);
      if (!value) continue;
      this.claim(value.ref.draft, stored);
      const own = this.stated.parameters(name, node, builder);
      if (own && this.counts(own)) emitMarked(builder, name, name, own, this.stated.cuts);
    }
  }

  finish(): void {
    // Weights alone do not make a quantized network: they are stored as reals.
    if (this.marked > 0) for (const { draft, part, entry } of this.claims) draft.entries.set(part, entry);
    if (this.rounded > 0) {
      this.notes.push(
        `${this.rounded} int16 tensors have steps that are no powers of two, as the NPU needs: they get the next larger ones`,
      );
    }
    if (this.lost > 0)
      this.notes.push(`${this.lost} int16 tensors have zero points, which the NPU has not: they are floats`);
  }

  /** Whether the parameters can be taken over. */
  private counts(own: OwnParameters): boolean {
    if (!ownEntry(own)) {
      this.lost += 1;
      return false;
    }
    this.marked += 1;
    if (!keepsSteps(own)) this.rounded += 1;
    return true;
  }

  private storageOf(name: string, builder: Builder): { storage: Storage; count: number } | undefined {
    const constant = builder.constants.get(name);
    const storage = constant && (this.storages.get(name) ?? this.stated.storage(name));
    return storage && { storage, count: elementCount(constant.tensor.shape) };
  }

  /** Looks through the layers that a node made for the constants it read. */
  private claim(made: Draft, stored: readonly { storage: Storage; count: number }[]): void {
    const pending = [made];
    for (let draft = pending.pop(); draft; draft = pending.pop()) {
      if (this.seen.has(draft)) continue;
      this.seen.add(draft);
      pending.push(...draft.inputs.map((input) => input.draft));
      this.claimConstants(draft, stored);
    }
  }

  private claimConstants(draft: Draft, stored: readonly { storage: Storage; count: number }[]): void {
    for (const [part, tensor] of draft.coefficients) {
      const held = draft.op === 'variable' ? 'out0' : part;
      if (held !== 'out0' && part !== 'weight') continue;
      const fits = stored.filter(
        ({ count, storage }) => count === elementCount(tensor.shape) && ownTypeOf(storage.type),
      );
      for (const { storage } of fits.slice(0, 1)) {
        const entry = held === 'out0' ? scalarEntry(storage) : weightEntry(storage, tensor);
        if (entry) this.claims.push({ draft, part: held, entry });
        else if (held !== 'out0')
          this.notes.push(`the weight of ${draft.name} has zero points per channel: it is quantized anew`);
      }
    }
  }
}

/** The entry of a constant with one set of parameters. */
function scalarEntry({ type, scales, zeros }: Storage): QuantizeEntry | undefined {
  const own = ownTypeOf(type);
  return own && scales.length === 1
    ? ownEntry({ type: own, scale: scales[0], zero: zeros[0] ?? 0 })
    : undefined;
}
