import { StudioError } from './errors.ts';
import type { OwnQuantization } from './own-quantization.ts';
import { formatRef, type Layer, type ParameterValue, type TensorRef } from './layer.ts';
import type { Tensor } from './tensor.ts';

/** The `MetaData` block of the .json file. */
export interface NetworkMeta {
  /** Model name: the stem of the source file. */
  name: string;
  /** Generation of the file format: "2.0", "6", ... */
  acuityVersion: string;
  /** Layout convention of the stored graph; "tensorflow" = NHWC. */
  platform: string;
  /** Source framework; absent in old files. */
  orgPlatform?: string;
}

/** What {@link Network.consumers} lists: one use of a tensor. */
export interface Use {
  layer: Layer;
  /** Index in the consumer's inputs. */
  index: number;
}

/**
 * A model in ACUITY's own vocabulary: layers in file order, and their coefficients. This is what the
 * .json/.data pair stores, what the studio draws and what every step reads.
 */
export class Network {
  readonly meta: NetworkMeta;
  /** By key, in file order (not topological). */
  readonly layers: Map<string, Layer>;
  /** Layer key → coefficient name (`weight`, `bias`, `data`, ...) → values. Empty when not loaded. */
  readonly coefficients: Map<string, Map<string, Tensor>>;
  /** The `quantize_info` object of newer files, kept as it was. */
  quantizeInfo: Map<string, ParameterValue> | undefined;
  /** How the source model itself was quantized; only right after an import. */
  quantization: OwnQuantization | undefined;
  /** What of the import people have to know, in sentences; only right after an import. */
  notes: readonly string[] = [];

  constructor(meta: NetworkMeta, layers: Iterable<Layer> = []) {
    this.meta = meta;
    this.layers = new Map();
    this.coefficients = new Map();
    for (const layer of layers) this.add(layer);
  }

  /** Appends a layer. Throws when the key is taken. */
  add(layer: Layer): void {
    if (this.layers.has(layer.key)) {
      throw new StudioError('network-invalid', 'two layers have this key', { layer: layer.key });
    }
    this.layers.set(layer.key, layer);
  }

  /** The layer with this key. Throws when there is none. */
  layer(key: string): Layer {
    const layer = this.layers.get(key);
    if (!layer) throw new StudioError('network-invalid', `there is no layer "${key}"`);
    return layer;
  }

  /** A coefficient of a layer, or undefined. */
  coefficient(key: string, name: string): Tensor | undefined {
    return this.coefficients.get(key)?.get(name);
  }

  setCoefficient(key: string, name: string, tensor: Tensor): void {
    const existing = this.coefficients.get(key);
    if (existing) existing.set(name, tensor);
    else this.coefficients.set(key, new Map([[name, tensor]]));
  }

  /** Layers with this op, in file order. */
  withOp(op: string): Layer[] {
    return [...this.layers.values()].filter((layer) => layer.op === op);
  }

  get inputs(): Layer[] {
    return this.withOp('input');
  }

  get outputs(): Layer[] {
    return this.withOp('output');
  }

  /** Every use of every tensor, keyed by the reference's file spelling. */
  consumers(): Map<string, Use[]> {
    const uses = new Map<string, Use[]>();
    for (const layer of this.layers.values()) {
      layer.inputs.forEach((ref, index) => {
        const key = formatRef(ref);
        const list = uses.get(key);
        if (list) list.push({ layer, index });
        else uses.set(key, [{ layer, index }]);
      });
    }
    return uses;
  }

  /** Checks that every reference resolves. Throws with all broken references named. */
  validate(): void {
    const broken: string[] = [];
    for (const layer of this.layers.values()) {
      for (const ref of layer.inputs) {
        const source = this.layers.get(ref.layer);
        if (!source || ref.port >= source.outputs) broken.push(`${layer.key} reads ${formatRef(ref)}`);
      }
    }
    if (broken.length > 0) {
      throw new StudioError(
        'network-invalid',
        `references to tensors that do not exist: ${summarize(broken)}`,
      );
    }
    this.topologicalOrder();
  }

  /**
   * Layers so that each comes after its inputs; among the ready ones, file order from the end (ONNX and
   * TensorFlow imports number from the outputs, so the highest key is nearest to the input).
   * Iterative: networks can be thousands of layers deep.
   */
  topologicalOrder(): Layer[] {
    const pending = new Map<string, number>();
    const readers = new Map<string, Layer[]>();
    for (const layer of this.layers.values()) {
      pending.set(layer.key, layer.inputs.length);
      for (const ref of layer.inputs) {
        const list = readers.get(ref.layer);
        if (list) list.push(layer);
        else readers.set(ref.layer, [layer]);
      }
    }
    const ready = [...this.layers.values()].filter((layer) => layer.inputs.length === 0);
    const order: Layer[] = [];
    for (let layer = ready.pop(); layer; layer = ready.pop()) {
      order.push(layer);
      for (const reader of readers.get(layer.key) ?? []) {
        const left = (pending.get(reader.key) ?? 0) - 1;
        pending.set(reader.key, left);
        if (left === 0) ready.push(reader);
      }
    }
    if (order.length !== this.layers.size) {
      const placed = new Set(order.map((layer) => layer.key));
      const stuck = [...this.layers.keys()].filter((key) => !placed.has(key));
      throw new StudioError(
        'network-invalid',
        `layers form a cycle or read missing layers: ${summarize(stuck)}`,
      );
    }
    return order;
  }

  /** The smallest layer number not in use. */
  nextUid(): number {
    const used = new Set([...this.layers.values()].map((layer) => layer.uid));
    let uid = 0;
    while (used.has(uid)) uid++;
    return uid;
  }

  /** A reference to output `port` of a layer. */
  static ref(layer: Layer, port = 0): TensorRef {
    return { layer: layer.key, port };
  }
}

/** The first few of a long list, for a message. */
export function summarize(items: readonly string[], limit = 8): string {
  const shown = items.slice(0, limit).join(', ');
  return items.length > limit ? `${shown} and ${items.length - limit} more` : shown;
}
