import { formatRef, Layer, type LayerInit, type TensorRef } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import type { QuantizeEntry } from '../network/quantize-table.ts';
import { renameLayers, type LayerName } from '../network/rename.ts';
import type { Shape, Tensor } from '../network/tensor.ts';
import { knownShapes } from '../ops/shapes.ts';

/** What a rewrite puts in the place of a layer. */
export type Replacement = Pick<LayerInit, 'op' | 'inputs'> & {
  parameters?: LayerInit['parameters'];
  coefficients?: ReadonlyMap<string, Tensor>;
  /** The output has another shape than the old layer's. */
  reshapes?: boolean;
  /** Key and name that the layer has in the result, where they are not those of the old layer. */
  renamed?: LayerName;
};

/** One use of a tensor: input `index` of the layer with this key. */
interface Reader {
  key: string;
  index: number;
}

/** A network that rewrites change in place, with readers and shapes at hand. */
export class GraphEditor {
  private readonly network: Network;
  private readonly uses = new Map<string, Reader[]>();
  private shapes: Map<string, Shape> | undefined;
  /** What layers are called in the result, by the key they have here. */
  private readonly renamed = new Map<string, LayerName>();

  constructor(network: Network) {
    this.network = new Network(network.meta, network.layers.values());
    this.network.quantizeInfo = network.quantizeInfo;
    const own = network.quantization;
    this.network.quantization = own && { entries: new Map(own.entries), notes: own.notes };
    for (const [key, tensors] of network.coefficients) {
      this.network.coefficients.set(key, new Map(tensors));
    }
    for (const layer of network.layers.values()) this.addUses(layer);
  }

  /** All layers as they are now; changing the graph while walking is fine, see {@link current}. */
  layers(): Layer[] {
    return [...this.network.layers.values()];
  }

  /** Layers, producers first. */
  ordered(): Layer[] {
    return this.network.topologicalOrder();
  }

  /** The layer that has this key now; undefined when it was taken out. */
  current(key: string): Layer | undefined {
    return this.network.layers.get(key);
  }

  /** The layer that makes a tensor. */
  producer(ref: TensorRef): Layer {
    return this.network.layer(ref.layer);
  }

  /** The producer if it has one of these ops and nobody else reads the tensor. */
  soleProducer(ref: TensorRef | undefined, ...ops: readonly string[]): Layer | undefined {
    if (!ref) return undefined;
    const layer = this.producer(ref);
    return ops.includes(layer.op) && this.isReadOnce(ref) ? layer : undefined;
  }

  /** Whether exactly one input of one layer is this tensor. */
  isReadOnce(ref: TensorRef): boolean {
    return this.usesOf(ref).length === 1;
  }

  /** The layer that alone reads a tensor, if it has this op. */
  soleReader(ref: TensorRef, op: string): Layer | undefined {
    const uses = this.usesOf(ref);
    const reader = uses.length === 1 ? this.current(uses[0].key) : undefined;
    return reader?.op === op ? reader : undefined;
  }

  /** Whether nothing but the last layer of a group and the inner layers themselves reads the inner ones. */
  isClosed(inner: readonly Layer[], last: Layer): boolean {
    const group = new Set([last.key, ...inner.map(({ key }) => key)]);
    return inner.every(({ key, outputs }) =>
      Array.from({ length: outputs }, (_, port) => this.usesOf({ layer: key, port })).every((uses) =>
        uses.every((use) => group.has(use.key)),
      ),
    );
  }

  /** The shape of a tensor, or undefined where it can't be inferred. */
  shape(ref: TensorRef): Shape | undefined {
    this.shapes ??= new Map(knownShapes(this.network));
    return this.shapes.get(formatRef(ref));
  }

  coefficients(layer: Layer): ReadonlyMap<string, Tensor> {
    return this.network.coefficients.get(layer.key) ?? new Map<string, Tensor>();
  }

  /** Puts another operation in the place of a layer, under its key. */
  replace(layer: Layer, by: Replacement): void {
    const { key, name } = layer;
    this.dropUses(layer);
    const made = new Layer({ key, name, op: by.op, parameters: by.parameters ?? [], inputs: by.inputs });
    this.network.layers.set(key, made);
    this.addUses(made);
    const coefficients = new Map(by.coefficients ?? []);
    if (coefficients.size > 0) this.network.coefficients.set(key, coefficients);
    else this.network.coefficients.delete(key);
    if (by.reshapes) this.shapes = undefined;
    if (by.renamed) this.renamed.set(key, by.renamed);
  }

  /** Puts other coefficients in the place of a layer's, which computes the same as before. */
  setCoefficients(layer: Layer, coefficients: ReadonlyMap<string, Tensor>): void {
    this.network.coefficients.set(layer.key, new Map(coefficients));
  }

  /** As {@link setCoefficients} where the layer then computes other values. */
  changeValues(layer: Layer, coefficients: ReadonlyMap<string, Tensor>): void {
    this.setCoefficients(layer, coefficients);
    this.own?.delete(formatRef({ layer: layer.key, port: 0 }));
  }

  /** Lets all readers of a layer's output read another tensor of the same shape. */
  redirect(layer: Layer, to: TensorRef, port = 0): void {
    this.moveOwn(formatRef({ layer: layer.key, port }), formatRef(to));
    // The list is replaced, not changed, when a use is dropped.
    for (const { key, index } of this.usesOf({ layer: layer.key, port })) {
      const reader = this.network.layer(key);
      this.dropUses(reader);
      const changed = reader.withInputs(reader.inputs.map((ref, i) => (i === index ? to : ref)));
      this.network.layers.set(key, changed);
      this.addUses(changed);
    }
  }

  /** Takes out a layer that nobody reads. */
  remove(layer: Layer): void {
    this.dropUses(layer);
    this.network.layers.delete(layer.key);
    this.network.coefficients.delete(layer.key);
    this.renamed.delete(layer.key);
  }

  /** The checked result, with the layers renamed that a rewrite gave another key. */
  finish(): Network {
    const result = this.renamed.size > 0 ? renameLayers(this.network, this.renamed) : this.network;
    result.validate();
    return result;
  }

  /** What the model says of a tensor holds for the one that takes its place. */
  private moveOwn(from: string, to: string): void {
    const entry = this.own?.get(from);
    if (!entry) return;
    if (this.own?.has(to) !== true) this.own?.set(to, entry);
    this.own?.delete(from);
  }

  /** The model's own quantization, where it has one. */
  private get own(): Map<string, QuantizeEntry> | undefined {
    return this.network.quantization?.entries;
  }

  private usesOf(ref: TensorRef): readonly Reader[] {
    return this.uses.get(formatRef(ref)) ?? [];
  }

  private addUses({ key, inputs }: Layer): void {
    inputs.forEach((ref, index) => {
      const text = formatRef(ref);
      const list = this.uses.get(text);
      if (list) list.push({ key, index });
      else this.uses.set(text, [{ key, index }]);
    });
  }

  private dropUses({ key, inputs }: Layer): void {
    for (const text of new Set(inputs.map(formatRef))) {
      const kept = (this.uses.get(text) ?? []).filter((reader) => reader.key !== key);
      this.uses.set(text, kept);
    }
  }
}
