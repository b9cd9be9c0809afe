import { noteComposition } from '../../network/audit.ts';
import type { ParameterValue } from '../../network/layer.ts';
import type { ElementType, Shape, Tensor } from '../../network/tensor.ts';
import type { Builder } from './builder.ts';
import { identityOrder } from './draft.ts';
import { OnnxNode } from './node.ts';
import { foldedCount, fromNumbers, integerList, type Numbers } from './numeric.ts';
import type { ProtoAttribute } from './schema.ts';

/** Attributes of a node that is not in the file; a number serves as integer and float. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

/** Inner nodes are written in this operator set, whatever the model's. */
const INNER_OPSET = 22;

const encoder = new TextEncoder();

function attribute(name: string, value: number | readonly number[] | string): ProtoAttribute {
  const list = Array.isArray(value) ? (value as readonly number[]).slice() : [];
  const single = typeof value === 'number' ? value : 0;
  const s = encoder.encode(typeof value === 'string' ? value : '');
  const i = Math.trunc(single);
  return { name, f: single, i, s, floats: list, ints: list, strings: [], type: 0, refAttrName: '' };
}

/** What {@link makeNode} needs. */
export interface NodeInit {
  type: string;
  /** Operator domain; default: ai.onnx. */
  domain?: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Attributes;
  layerName?: string | undefined;
}

/** A node that no ONNX file holds. @param opset 0 for operators that have no version */
export function makeNode(init: NodeInit, opset: number): OnnxNode {
  const proto = {
    input: [...init.inputs],
    output: [...init.outputs],
    name: init.name,
    opType: init.type,
    attribute: Object.entries(init.attributes ?? {}).map(([key, value]) => attribute(key, value)),
    domain: init.domain ?? '',
  };
  return new OnnxNode(proto, opset, undefined, init.layerName);
}

/**
 * Writes an operator as other ONNX operators. Each step is imported at once by the same code that imports
 * the nodes of the file, so constants fold and shapes are known. Tensors are handles (names).
 */
export class Composer {
  private readonly node: OnnxNode;
  private readonly builder: Builder;
  private readonly stem: string;
  private steps = 0;
  private readonly inputs = new Map<number, string>();

  constructor(node: OnnxNode, builder: Builder) {
    this.node = node;
    this.builder = builder;
    this.stem = node.outputs.find((name) => name !== '') ?? node.name;
  }

  /** Input `index` of the node; '' when absent. */
  input(index: number): string {
    if (!this.builder.present(this.node, index)) return '';
    const known = this.inputs.get(index);
    if (known !== undefined) return known;
    const name = this.fresh();
    this.builder.rename(this.node.inputs[index], name);
    this.inputs.set(index, name);
    return name;
  }

  /** Whether a tensor is there: for optional inputs. */
  has(index: number): boolean {
    return this.builder.present(this.node, index);
  }

  shape(name: string): Shape {
    const shape = this.builder.constants.get(name)?.tensor.shape ?? this.builder.values.get(name)?.shape;
    if (!shape) throw this.node.invalid('an input is missing');
    return shape;
  }

  /** The numbers of a tensor, when they are known at import. */
  known(name: string): Tensor | undefined {
    return this.builder.constants.get(name)?.tensor;
  }

  /** Element type of a tensor. */
  type(name: string): ElementType {
    return (this.known(name) ?? this.builder.values.get(name))?.type ?? 'float32';
  }

  constant(tensor: Tensor): string {
    const name = this.fresh();
    this.builder.constants.set(name, { tensor, layerName: `Constant_${name}` });
    return name;
  }

  floats(values: Numbers, shape: Shape = [values.length]): string {
    return this.constant(fromNumbers('float32', shape, values));
  }

  scalar(value: number): string {
    return this.floats([value], []);
  }

  /** A constant of equal values. */
  filled(value: number, shape: Shape, type: ElementType): string {
    const values = new Float64Array(foldedCount(shape)).fill(value);
    return this.constant(fromNumbers(type, shape, values));
  }

  /** A scalar as ONNX counts with. */
  integer(value: number): string {
    return this.constant(fromNumbers('int64', [], [value]));
  }

  truth(value: boolean): string {
    return this.constant(fromNumbers('bool', [], [Number(value)]));
  }

  ints(values: readonly number[]): string {
    return this.constant(integerList(values));
  }

  /** One step with one output. */
  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, attributes, 1)[0];
  }

  /** The step that the node is about: its layer has the name of the node's. */
  main(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(type, inputs, attributes, 1, this.node.layerName)[0];
  }

  /** One step with several outputs. @param layerName of its layer; by default one that tells the step */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputs: number,
    layerName?: string,
  ): string[] {
    if (this.node.opset === 0) noteComposition(this.node.label, type);
    const names = Array.from({ length: outputs }, () => this.fresh());
    const made = { type, inputs, outputs: names, name: names[0], attributes, layerName };
    this.builder.run(makeNode(made, INNER_OPSET));
    return names;
  }

  /**
   * A layer that no ONNX operator stands for. It reads its inputs in ONNX's axis order, and its outputs are
   * in that order too.
   */
  layer(
    op: string,
    parameters: readonly (readonly [string, ParameterValue])[],
    inputs: readonly string[],
    outputs: readonly { shape: Shape; type: ElementType }[],
    coefficients: readonly (readonly [string, Tensor])[] = [],
  ): string[] {
    const refs = inputs.map((name) => this.builder.plain(name));
    const spec = { op, parameters, inputs: refs, outputs: outputs.length, coefficients };
    const draft = this.builder.layer(this.node, spec);
    return outputs.map(({ shape, type }, port) => {
      const name = this.fresh();
      const order = shape.map((_, axis) => axis);
      this.builder.values.set(name, { shape, type, order, ref: { draft, port } });
      return name;
    });
  }

  /** The same tensor as a value: many readers of a constant share one layer instead of a copy each. */
  shared(name: string): string {
    const constant = this.builder.constants.get(name);
    if (!constant) return name;
    const { shape, type } = constant.tensor;
    const order = identityOrder(shape.length);
    const to = this.fresh();
    const draft = this.builder.variable(constant, shape, order);
    this.builder.values.set(to, { shape, type, order, ref: { draft, port: 0 } });
    return to;
  }

  /** Output `index` of the node is this tensor. */
  output(index: number, name: string): void {
    const output = this.node.outputs[index] ?? '';
    if (output !== '') this.builder.rename(name, output);
  }

  /** Whether somebody asks for this output. */
  wants(index: number): boolean {
    return (this.node.outputs[index] ?? '') !== '';
  }

  private fresh(): string {
    return `${this.stem}_${this.node.opType.toLowerCase()}${this.steps++}`;
  }

  // The steps that most compositions need.

  reshape(name: string, shape: readonly number[]): string {
    return this.shape(name).join() === shape.join() ? name : this.op('Reshape', [name, this.ints(shape)]);
  }

  transpose(name: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? name : this.op('Transpose', [name], { perm });
  }

  /** Elements begin, begin + step, ... of one axis; `count` of them. */
  slice(name: string, axis: number, begin: number, count: number, step = 1): string {
    if (begin === 0 && step === 1 && count === this.shape(name)[axis]) return name;
    const last = begin + (count - 1) * step;
    const end = step > 0 ? last + 1 : last === 0 ? -(2 ** 31) : last - 1;
    return this.op('Slice', [name, ...[[begin], [end], [axis], [step]].map((list) => this.ints(list))]);
  }

  concat(names: readonly string[], axis: number): string {
    return names.length === 1 ? names[0] : this.op('Concat', names, { axis });
  }

  /** A new axis of size 1. */
  unsqueeze(name: string, axis: number): string {
    return this.op('Unsqueeze', [name, this.ints([axis])]);
  }

  /** Tensors of one shape along a new axis. */
  stack(names: readonly string[], axis: number): string {
    return this.concat(
      names.map((name) => this.unsqueeze(name, axis)),
      axis,
    );
  }

  /** Padding per axis; negative amounts crop. */
  pad(name: string, begin: readonly number[], end: readonly number[], fill = 0): string {
    if ([...begin, ...end].every((amount) => amount === 0)) return name;
    return this.op('Pad', [name, this.ints([...begin, ...end]), this.scalar(fill)], { mode: 'constant' });
  }

  add(a: string, b: string): string {
    return this.op('Add', [a, b]);
  }

  sub(a: string, b: string): string {
    return this.op('Sub', [a, b]);
  }

  mul(a: string, b: string): string {
    return this.op('Mul', [a, b]);
  }

  /** The mean along axes, kept with size 1. */
  mean(name: string, axes: readonly number[]): string {
    return this.op('ReduceMean', [name, this.ints(axes)], { keepdims: 1 });
  }

  /** A cast to float32 when the tensor holds integers. */
  float(name: string): string {
    return this.type(name).startsWith('float') ? name : this.op('Cast', [name], { to: 1 });
  }
}

/** An operator's `convert` that is only a composition. */
export function composed(write: (composer: Composer, node: OnnxNode) => void) {
  return (node: OnnxNode, builder: Builder): void => write(new Composer(node, builder), node);
}
