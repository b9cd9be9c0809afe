import type { Tensor } from '../network/tensor.ts';
import {
  cheapestRow,
  converts,
  isFloatKind,
  reachOf,
  storedInKind,
  type Effort,
  type RealRange,
} from './conversions.ts';
import type { GraphBuilder } from './builder.ts';
import type { DeviceNode } from './graph.ts';
import { ABSENT, kindOf, type Kind } from './legal-types.ts';
import { storeAs, type StoredType } from './stored-constant.ts';

/**
 * Puts DATACONVERT nodes around nodes whose types ovxlib would refuse together, as hybrid tables and mixed float and
 * integer parts make them. Nodes that ovxlib accepts, and those it has no way for, stay as they are.
 */
export class LegalNodes {
  private readonly builder: GraphBuilder;
  /** By tensor and kind, so that several readers share a converted tensor. */
  private readonly converted = new Map<string, number>();
  /** Tensors that hold what another one holds, in another order or type → its name. */
  private readonly origins = new Map<number, string>();

  /** Constants of the layer being lowered that no node reads yet, with their values. */
  private readonly fresh = new Map<number, Tensor>();

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  /** Notes the values of a constant, which can still be stored in another type than it was. */
  constantMade(id: number, values: Tensor): void {
    this.fresh.set(id, values);
  }

  /** A layer is lowered: its constants stay as they are. */
  layerDone(): void {
    this.fresh.clear();
  }

  /** Appends a node, with what it needs before and behind it. Inputs are resolved. */
  add(node: DeviceNode): void {
    const { builder } = this;
    const { op } = node;
    const kinds = (ids: readonly number[]): Kind[] => ids.map((id) => this.kind(id));
    const row = cheapestRow({
      op,
      inputs: kinds(node.inputs),
      outputs: kinds(node.outputs),
      effort: (index, kind) => this.effort(node.inputs[index], kind),
      canWrite: (index, kind) => this.canWrite(node.outputs[index], kind),
    });
    const like = builder.stored(node.outputs[0]);
    const inputs = node.inputs.map((id, index) => this.read(id, row.inputs[index], like, node.layer));
    for (const id of inputs) this.fresh.delete(id);
    const written = node.outputs.map((id, index) => this.stand(id, row.outputs[index]));
    builder.nodes.push({ ...node, inputs, outputs: written });
    for (const [index, id] of written.entries()) {
      const output = node.outputs[index];
      if (id !== output) builder.addHelperNode(node.layer, 'DATACONVERT', {}, [id], output);
    }
  }

  /** The tensor in another kind; `like` decides between int8 and uint8. */
  read(id: number, kind: Kind, like: StoredType, owner: string): number {
    if (id < 0 || this.kind(id) === kind) return id;
    const key = `${id}>${kind}${like.type}`;
    const known = this.converted.get(key);
    if (known !== undefined) return known;
    const stored = storedInKind(kind, this.range(id), like);
    if (!stored) return id;
    const values = this.fresh.get(id);
    if (values) {
      Object.assign(this.builder.tensor(id), storeAs(values, stored));
      return id;
    }
    const result = this.beside(id, stored);
    this.builder.addHelperNode(owner, 'DATACONVERT', {}, [id], result);
    this.converted.set(key, result);
    return result;
  }

  /** Notes that a tensor holds the values of another one. */
  sameValues(tensor: number, source: number): void {
    this.origins.set(tensor, this.origins.get(source) ?? this.builder.tensor(source).name);
  }

  kind(id: number): Kind {
    return id < 0 ? ABSENT : kindOf(this.builder.stored(id));
  }

  /** Constants are stored in another float, everything else is converted. */
  private effort(id: number, kind: Kind): Effort {
    if (id < 0) return 'impossible';
    if (this.builder.tensor(id).role === 'const') {
      return this.fresh.has(id) && isFloatKind(kind) ? 'free' : 'impossible';
    }
    const stored = this.builder.stored(id);
    const possible = converts(kindOf(stored), kind) && storedInKind(kind, this.range(id), stored);
    return possible ? 'conversion' : 'impossible';
  }

  private canWrite(id: number, kind: Kind): boolean {
    const stored = this.builder.stored(id);
    return converts(kind, kindOf(stored)) && storedInKind(kind, this.range(id), stored) !== undefined;
  }

  /** What the node writes instead of an output that it can't write. */
  private stand(id: number, kind: Kind): number {
    const stored =
      this.kind(id) === kind ? undefined : storedInKind(kind, this.range(id), this.builder.stored(id));
    return stored ? this.beside(id, stored) : id;
  }

  private beside(id: number, stored: StoredType): number {
    const { name, size, order } = this.builder.tensor(id);
    const result = this.builder.addTensor({
      name: `${name}_${stored.type}`,
      size,
      order,
      ...stored,
      role: 'virtual',
    });
    this.sameValues(result, id);
    return result;
  }

  private range(id: number): RealRange | undefined {
    const name = this.origins.get(id) ?? this.builder.tensor(id).name;
    return this.builder.plan.range(name) ?? reachOf(this.builder.stored(id));
  }
}
