import { real, type ParameterValue } from '../../network/layer.ts';
import type { ElementType, Tensor } from '../../network/tensor.ts';
import { alignOperands } from './align.ts';
import { type Builder } from './builder.ts';
import type { DraftRef, Value } from './draft.ts';
import type { OnnxNode } from './node.ts';
import { filled, fromNumbers, padRank } from './numeric.ts';

/** An operand of a {@link Formula}: a result so far, or a number. */
export type Term = DraftRef | number;

type Parameters = readonly (readonly [string, ParameterValue])[];

/** ACUITY writes these on every multiply; they only mean something for the one-input scale layer. */
const MULTIPLY: Parameters = [
  ['axis', 1],
  ['bias', false],
];

/**
 * Writes an operator that ACUITY has no layer for as a formula of layers it has. All terms are stored in one
 * axis order and rank, so that the layers broadcast.
 */
export class Formula {
  readonly node: OnnxNode;
  readonly builder: Builder;
  readonly shape: readonly number[];
  readonly order: readonly number[];
  /** Element type of the operands; numbers in the formula become constants of this kind. */
  readonly type: ElementType;

  constructor(node: OnnxNode, builder: Builder, like: Pick<Value, 'shape' | 'order' | 'type'>) {
    this.node = node;
    this.builder = builder;
    this.shape = like.shape;
    this.order = like.order;
    this.type = like.type;
  }

  /** A formula over input 0. */
  static ofInput(node: OnnxNode, builder: Builder): { f: Formula; x: DraftRef } {
    const value = builder.value(node, 0);
    return { f: new Formula(node, builder, value), x: value.ref };
  }

  /** A formula over the first `count` inputs, broadcast. */
  static ofInputs(node: OnnxNode, builder: Builder, count: number): { f: Formula; terms: DraftRef[] } {
    const { refs, shape, order } = alignOperands(node, builder, count);
    return { f: new Formula(node, builder, { shape, order, type: typeOf(node, builder, 0) }), terms: refs };
  }

  get isInteger(): boolean {
    return !this.type.startsWith('float');
  }

  /** A number as a constant that broadcasts. */
  number(value: number): DraftRef {
    const type = this.isInteger && Number.isInteger(value) ? 'int32' : 'float32';
    return this.constant(fromNumbers(type, [], [value]), `Constant_${type}_${value}`);
  }

  /** A constant that broadcasts with the terms; its shape is aligned at the last ONNX axis. */
  constant(tensor: Tensor, layerName = this.builder.constantName(this.node)): DraftRef {
    const full = padRank(tensor.shape, this.shape.length);
    return { draft: this.builder.variable({ tensor, layerName }, full, this.order), port: 0 };
  }

  /** A constant along one ONNX axis. */
  along(axis: number, values: readonly number[]): DraftRef {
    const shape = filled(this.shape.length, 1);
    shape[axis] = values.length;
    return this.constant(fromNumbers(this.isInteger ? 'int32' : 'float32', shape, values));
  }

  /** One layer. */
  apply(op: string, inputs: readonly Term[], parameters: Parameters = []): DraftRef {
    const refs = inputs.map((input) => (typeof input === 'number' ? this.number(input) : input));
    const name = `${this.node.layerName}_${op}`;
    return { draft: this.builder.layer(this.node, { op, parameters, inputs: refs, name }), port: 0 };
  }

  add(a: Term, b: Term): DraftRef {
    return this.apply('add', [a, b]);
  }

  sub(a: Term, b: Term): DraftRef {
    return this.apply('subtract', [a, b]);
  }

  mul(a: Term, b: Term): DraftRef {
    return this.apply('multiply', [a, b], MULTIPLY);
  }

  div(a: Term, b: Term): DraftRef {
    return this.apply('real_div', [a, b]);
  }

  max(a: Term, b: Term): DraftRef {
    return this.apply('maximum', [a, b]);
  }

  min(a: Term, b: Term): DraftRef {
    return this.apply('minimum', [a, b]);
  }

  where(condition: DraftRef, yes: Term, no: Term): DraftRef {
    return this.apply('where', [condition, yes, no]);
  }

  clip(x: Term, min: number, max: number): DraftRef {
    return this.apply(
      'clipbyvalue',
      [x],
      [
        ['clip_value_min', real(min)],
        ['clip_value_max', real(max)],
      ],
    );
  }

  /** c0 + c1 x + c2 x^2 + ..., by Horner's rule. */
  polynomial(x: DraftRef, coefficients: readonly number[]): DraftRef {
    const [last, ...rest] = [...coefficients].reverse();
    let sum: Term = last ?? 0;
    for (const coefficient of rest) sum = this.add(this.mul(x, sum), coefficient);
    return typeof sum === 'number' ? this.number(sum) : sum;
  }

  /** A reduction along ONNX axes that keeps the dimensions. */
  reduce(op: string, x: DraftRef, axes: readonly number[]): DraftRef {
    const stored = axes.map((axis) => this.order.indexOf(axis)).sort((a, b) => a - b);
    return this.apply(op, [x], [['axis_list', stored], ['keep_dims', true]]); // prettier-ignore
  }

  /** A change of element type. */
  cast(x: DraftRef, from: string, to: string): DraftRef {
    return this.apply('cast', [x], [['in_data_type', from], ['out_data_type', to]]); // prettier-ignore
  }

  /** Says that an output of the node is this term. */
  emit(ref: DraftRef, type: ElementType = this.type, index = 0): void {
    this.builder.emit(this.node, index, { shape: this.shape, type, order: this.order, ref });
  }
}

/** Element type of an input, computed or known. */
export function typeOf(node: OnnxNode, builder: Builder, index: number): ElementType {
  const name = node.inputs[index] ?? '';
  return builder.values.get(name)?.type ?? builder.constants.get(name)?.tensor.type ?? 'float32';
}
