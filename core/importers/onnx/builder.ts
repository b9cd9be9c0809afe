import { auditPair } from '../../network/audit.ts';
import { transposedCopy } from '../../network/deferred.ts';
import { StudioError } from '../../network/errors.ts';
import type { ParameterValue } from '../../network/layer.ts';
import { elementCount, toFloat32, transpose, type Shape, type Tensor } from '../../network/tensor.ts';
import {
  Draft,
  HELPER_PERMUTE,
  identityOrder,
  sameOrder,
  storedShape,
  type Constant,
  type DraftInit,
  type DraftRef,
  type Value,
} from './draft.ts';
import type { OnnxNode } from './node.ts';
import { produces } from './produces.ts';
import { storable } from './storable.ts';
import { integersOf } from './numeric.ts';

/** What an operator can not express; collected and reported together with all others of the model. */
export class Unsupported extends Error {}

/** What {@link Builder.layer} needs beyond the node. */
export type LayerSpec = Omit<DraftInit, 'name'> & { name?: string };

/**
 * The state of one import: which ONNX tensors are known numbers, which are outputs of draft layers, and
 * how those are stored. Operators read their inputs and emit their outputs through it.
 */
export class Builder {
  readonly values = new Map<string, Value>();
  readonly constants = new Map<string, Constant>();
  /** ONNX's type numbers by tensor name, where they say more than our element types. */
  readonly onnxTypes: ReadonlyMap<string, number>;
  /** How often each ONNX tensor is read; graph outputs count as a read. */
  private readonly uses: ReadonlyMap<string, number>;
  /** Names of the wanted graph outputs. */
  private readonly outputs: ReadonlySet<string>;
  /** Permutes and reshapes by the layer they read. */
  private readonly helpers = new Map<Draft, Map<string, Draft>>();
  private readonly variables = new Map<string, Draft>();
  private readonly apply: (node: OnnxNode, builder: Builder) => void;
  private constantsMade = 0;

  /** @param apply imports one more node; for operators that are compositions of others */
  constructor(
    uses: ReadonlyMap<string, number>,
    apply: (node: OnnxNode, builder: Builder) => void,
    onnxTypes: ReadonlyMap<string, number>,
    outputs: readonly string[],
  ) {
    this.uses = uses;
    this.outputs = new Set(outputs);
    this.apply = apply;
    this.onnxTypes = onnxTypes;
  }

  /** Imports a node that is not in the file. Throws {@link Unsupported} like any operator. */
  run(node: OnnxNode): void {
    this.apply(node, this);
  }

  /** Another name for a known or computed tensor. */
  rename(from: string, to: string): void {
    const constant = this.constants.get(from);
    const value = this.values.get(from);
    if (constant) this.constants.set(to, constant);
    else if (value) this.values.set(to, value);
  }

  /** A name for a constant that no other constant has: they are shared by name. */
  constantName(node: OnnxNode): string {
    return `Constant_${node.name}_${this.constantsMade++}`;
  }

  /** Whether input `index` is present. */
  present(node: OnnxNode, index: number): boolean {
    return (node.inputs[index] ?? '') !== '';
  }

  /** The numbers of an input that is known at import time. */
  constant(node: OnnxNode, index: number): Tensor | undefined {
    return this.constants.get(node.inputs[index] ?? '')?.tensor;
  }

  /** An input that has to be known at import time. */
  requireConstant(node: OnnxNode, index: number, what: string): Tensor {
    const tensor = this.constant(node, index);
    if (tensor) return tensor;
    if (!this.present(node, index)) throw node.invalid(`${what} is missing`);
    throw new Unsupported(`${what} is not a constant`);
  }

  /** Integers of an input that has to be known at import time; undefined when it is absent. */
  integers(node: OnnxNode, index: number, what: string): number[] | undefined {
    return this.present(node, index) ? integersOf(this.requireConstant(node, index, what)) : undefined;
  }

  /** A computed input; known numbers become a `variable` layer. */
  value(node: OnnxNode, index: number): Value {
    const name = node.inputs[index] ?? '';
    const value = this.values.get(name);
    if (value) return value;
    const constant = this.constants.get(name);
    if (!constant) throw node.invalid(`input ${index} is missing`);
    const { shape, type } = constant.tensor;
    if (constant.tensor.data.length === 0) throw new Unsupported('an operand without elements');
    const order = identityOrder(shape.length);
    return { shape, type, order, ref: { draft: this.variable(constant, shape, order), port: 0 } };
  }

  /** A tensor by name, stored in ONNX's axis order. */
  plain(name: string): DraftRef {
    const value = this.values.get(name);
    if (value) return this.ordered(value, identityOrder(value.shape.length));
    const constant = this.constants.get(name);
    if (!constant) throw new Error(`there is no tensor "${name}"`);
    const { shape } = constant.tensor;
    return { draft: this.variable(constant, shape, identityOrder(shape.length)), port: 0 };
  }

  /** The shape of an input, computed or known. */
  shapeOf(node: OnnxNode, index: number): Shape {
    const name = node.inputs[index] ?? '';
    const shape = this.values.get(name)?.shape ?? this.constants.get(name)?.tensor.shape;
    if (!shape) throw node.invalid(`input ${index} is missing`);
    return shape;
  }

  /** Whether an output of the node is a graph output and nothing else reads it. */
  endsHere(node: OnnxNode, index: number): boolean {
    const name = node.outputs[index] ?? '';
    return this.outputs.has(name) && this.uses.get(name) === 1;
  }

  /** A reference to the value stored in `order`; inserts at most one permute, shared by all who ask. */
  ordered(value: Value, order: readonly number[]): DraftRef {
    if (sameOrder(value.order, order)) return value.ref;
    const perm = order.map((axis) => value.order.indexOf(axis));
    const { draft, port } = value.ref;
    const cache = this.helpersOf(draft);
    const key = `${port}:permute:${perm.join()}`;
    const cached = cache.get(key);
    if (cached) return { draft: cached, port: 0 };
    const named = value.transposeName;
    const permute = new Draft({
      name: named ?? HELPER_PERMUTE,
      op: 'permute',
      parameters: [['perm', perm]],
      inputs: [value.ref],
      kind: named === undefined ? 'permute' : 'layer',
    });
    cache.set(key, permute);
    return { draft: permute, port: 0 };
  }

  /** A new layer named after the node. */
  layer(node: OnnxNode, spec: LayerSpec): Draft {
    auditPair(produces, node.label, spec.op);
    return new Draft({ name: node.layerName, ...spec });
  }

  /** A helper reshape in front of or behind a layer, shared by all who ask for the same. */
  reshape(ref: DraftRef, shape: readonly number[]): DraftRef {
    const key = `${ref.port}:reshape:${shape.join()}`;
    const cache = this.helpersOf(ref.draft);
    const draft =
      cache.get(key) ??
      new Draft({
        name: 'reshape',
        op: 'reshape',
        parameters: [['shape', [...shape]]],
        inputs: [ref],
        kind: 'helper',
      });
    cache.set(key, draft);
    return { draft, port: 0 };
  }

  private helpersOf(draft: Draft): Map<string, Draft> {
    const known = this.helpers.get(draft);
    if (known) return known;
    const made = new Map<string, Draft>();
    this.helpers.set(draft, made);
    return made;
  }

  /** Says what an output of the node is. */
  emit(node: OnnxNode, index: number, value: Value): void {
    const name = node.outputs[index] ?? '';
    if (elementCount(value.shape) === 0) throw new Unsupported('a result without elements');
    if (name !== '') this.values.set(name, value);
  }

  /** Says that an output of the node is known. */
  emitConstant(node: OnnxNode, index: number, tensor: Tensor): void {
    const name = node.outputs[index] ?? '';
    if (name !== '') this.constants.set(name, { tensor, layerName: `Constant_${name}` });
  }

  /** Output 0 is the same tensor as input `index`. */
  alias(node: OnnxNode, index = 0): void {
    const constant = this.constants.get(node.inputs[index] ?? '');
    if (constant) this.constants.set(node.outputs[0] ?? '', constant);
    else this.emit(node, 0, this.value(node, index));
  }

  /** One input, one output, same shape, whatever the axis order. */
  unary(node: OnnxNode, op: string, parameters: readonly (readonly [string, ParameterValue])[] = []): Draft {
    const value = this.value(node, 0);
    const draft = this.layer(node, { op, parameters, inputs: [value.ref] });
    const { shape, type, order } = value;
    this.emit(node, 0, { shape, type, order, ref: { draft, port: 0 } });
    return draft;
  }

  /** A `variable` layer with the constant padded to `shape` (leading ones) and stored in `order`. */
  variable(constant: Constant, shape: Shape, order: readonly number[]): Draft {
    const key = `${constant.layerName}\0${shape.join()}\0${order.join()}`;
    const cached = this.variables.get(key);
    if (cached) return cached;
    const data = storable(constant.layerName, transpose({ ...constant.tensor, shape }, order));
    const isScalar = constant.tensor.shape.length === 0 && shape.length === 0;
    const draft = new Draft({
      name: constant.layerName,
      op: 'variable',
      parameters: [
        ['shape', isScalar ? [1] : storedShape(shape, order)],
        ['is_scalar', isScalar],
        ['type', data.type],
      ],
      coefficients: [['data', isScalar ? { ...data, shape: [1] } : data]],
    });
    this.variables.set(key, draft);
    return draft;
  }
}

/** A float32 copy of a weight or bias in C order; never a view of the file. */
export function floatCopy(tensor: Tensor, shape: Shape = tensor.shape): Tensor {
  const count = elementCount(tensor.shape);
  if (count !== elementCount(shape)) {
    throw new StudioError('shape-mismatch', `${count} values do not fill [${shape.join(',')}]`);
  }
  if (tensor.type === 'float32') return transposedCopy(tensor, identityOrder(tensor.shape.length), shape);
  return { type: 'float32', shape, data: toFloat32(tensor) };
}

/** {@link floatCopy} with output axis i from axis `perm[i]`. */
export function floatTransposed(tensor: Tensor, perm: readonly number[]): Tensor {
  if (tensor.type === 'float32') return transposedCopy(tensor, perm);
  return transpose({ type: 'float32', shape: tensor.shape, data: toFloat32(tensor) }, perm);
}
