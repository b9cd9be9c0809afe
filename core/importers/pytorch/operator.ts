import { Unsupported, type Builder } from '../onnx/builder.ts';
import { Composer } from '../onnx/compose.ts';
import { OnnxNode } from '../onnx/node.ts';
import { frontAxis } from '../onnx/numeric.ts';
import type { Operator } from '../onnx/operator.ts';
import type { ElementType } from '../../network/tensor.ts';

/** An argument of an operator: a plain value, an input tensor by its index, or a list. */
export type Argument = bigint | number | boolean | string | null | InputTensor | readonly Argument[];

/** The tensor that is input `index` of the node. */
export class InputTensor {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

/** What {@link TorchNode} is made from. */
export interface TorchNodeInit {
  /** `aten`, `quantized`, `torchvision`, ... */
  namespace: string;
  type: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  args: ReadonlyMap<string, Argument>;
}

/** One call of a PyTorch operator; its label is PyTorch's own name, e.g. `aten::conv2d`. */
export class TorchNode extends OnnxNode {
  /** By the names of PyTorch's schema. */
  readonly args: ReadonlyMap<string, Argument>;

  constructor({ namespace, type, name, inputs, outputs, args }: TorchNodeInit) {
    const domain = `${namespace}:`;
    const proto = { opType: type, domain, name, input: [...inputs], output: [...outputs], attribute: [] };
    super(proto, 0, undefined, name);
    this.args = args;
  }
}

/** How an operator of PyTorch is imported. */
export interface TorchOperator extends Operator {
  /** Names of the parameters in their order, as in PyTorch's schema. */
  readonly parameters: readonly string[];
  /** How many tensors it gives; `list` when they are one list. */
  results(c: TorchComposer): number;
  readonly list: boolean;
  /** Whether the result shares the elements of `self`, so that changes of one are changes of the other. */
  readonly isView: boolean;
  /** Parameters that must hold integers, which an input of the model then does. */
  readonly integers: readonly string[];
}

/** Particulars of {@link torchOperator}. */
export interface TorchTraits {
  results?: number | ((c: TorchComposer) => number);
  list?: boolean;
  isView?: boolean;
  integers?: readonly string[];
}

/** Writes an operator as ONNX's; returns the tensors that are its results. */
export type TorchWriter = (c: TorchComposer) => string | readonly string[];

/** @param signature the parameters' names, separated by spaces */
export function torchOperator(
  signature: string,
  write: TorchWriter,
  traits: TorchTraits = {},
): TorchOperator {
  const results = traits.results ?? 1;
  return {
    parameters: signature.split(' '),
    results: typeof results === 'number' ? () => results : results,
    list: traits.list ?? false,
    isView: traits.isView ?? false,
    integers: traits.integers ?? [],
    convert: (node, builder) => {
      const c = new TorchComposer(asTorch(node), builder);
      const outputs = write(c);
      if (typeof outputs === 'string') c.output(0, outputs);
      else outputs.forEach((name, index) => c.output(index, name));
    },
  };
}

function asTorch(node: OnnxNode): TorchNode {
  if (node instanceof TorchNode) return node;
  throw new Error(`${node.label} is no operator of PyTorch`);
}

/** A {@link Composer} that reads its arguments by PyTorch's names and types. */
export class TorchComposer extends Composer {
  private readonly torch: TorchNode;

  constructor(node: TorchNode, builder: Builder) {
    super(node, builder);
    this.torch = node;
  }

  /** Name of the layer that the node becomes. */
  get layerName(): string {
    return this.torch.layerName;
  }

  /** The argument as it is; null when it was not given or is None. */
  argument(name: string): Argument {
    return this.torch.args.get(name) ?? null;
  }

  given(name: string): boolean {
    return this.argument(name) !== null;
  }

  isTensor(name: string): boolean {
    return this.argument(name) instanceof InputTensor;
  }

  /** A tensor that must be there; a number becomes a constant. */
  tensor(name: string): string {
    const value = this.argument(name);
    if (value instanceof InputTensor) return this.input(value.index);
    if (typeof value === 'bigint') return this.integer(Number(value));
    if (typeof value === 'number') return this.scalar(value);
    if (typeof value === 'boolean') return this.truth(value);
    throw this.torch.invalid(`${name} is not a tensor`);
  }

  /** A tensor, or '' for None. */
  optional(name: string): string {
    return this.given(name) ? this.tensor(name) : '';
  }

  /** A list of tensors; absent ones are ''. */
  tensors(name: string): string[] {
    const value = this.argument(name);
    const items = Array.isArray(value) ? (value as readonly Argument[]) : [value];
    return items.map((item) => {
      if (item instanceof InputTensor) return this.input(item.index);
      if (item === null) return '';
      throw this.torch.invalid(`${name} is not a list of tensors`);
    });
  }

  int(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return Math.trunc(value);
  }

  number(name: string, fallback?: number): number {
    const value = this.argument(name);
    if (value === null && fallback !== undefined) return fallback;
    return this.numeric(value, name);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.argument(name);
    return value === null ? fallback : this.numeric(value, name) !== 0;
  }

  text(name: string, fallback: string): string {
    const value = this.argument(name);
    return typeof value === 'string' ? value : fallback;
  }

  /** A list of numbers; one number counts as a list of it. Undefined when absent. */
  numbers(name: string): number[] | undefined {
    const value = this.argument(name);
    if (value === null) return undefined;
    const items = Array.isArray(value) ? (value as readonly Argument[]) : [value];
    return items.map((item) => this.numeric(item, name));
  }

  /** Numbers that must be there; {@link ints} makes a constant. */
  integers(name: string): number[] {
    const list = this.numbers(name);
    if (!list) throw this.torch.invalid(`${name} is missing`);
    return list;
  }

  /** Exactly `count` numbers; a single one stands for all. An empty or absent list is `fallback`. */
  intsOf(name: string, count: number, fallback?: readonly number[]): number[] {
    const list = this.numbers(name) ?? [];
    if (list.length === 0 && fallback) return [...fallback];
    if (list.length === 1) return Array.from({ length: count }, () => list[0]);
    if (list.length !== count) throw this.torch.invalid(`${name} has ${list.length} numbers, not ${count}`);
    return list;
  }

  /** Axes counted from the front; undefined when absent. An empty list means all. */
  axes(name: string, rank: number): number[] | undefined {
    const list = this.numbers(name);
    if (!list) return undefined;
    if (list.length === 0) return Array.from({ length: rank }, (_, axis) => axis);
    return list.map((axis) => frontAxis(axis, rank));
  }

  /** One axis counted from the front. */
  axis(name: string, rank: number, fallback?: number): number {
    return frontAxis(this.int(name, fallback), rank);
  }

  /** The element type behind PyTorch's number; undefined when absent. */
  elementType(name: string): ElementType | undefined {
    if (!this.given(name)) return undefined;
    const number = this.int(name);
    const type = scalarTypes[number];
    if (!type) throw new Unsupported(`elements of PyTorch's type ${number}`);
    return type;
  }

  isFloat(name: string): boolean {
    return this.type(name).startsWith('float');
  }

  /** A change of element type; nothing when it is that already. */
  cast(name: string, type: ElementType): string {
    return this.type(name) === type ? name : this.op('Cast', [name], { to: onnxTypes[type] });
  }

  /** A number that is a constant or a tensor known at import. */
  private numeric(value: Argument, name: string): number {
    if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
      return Number(value);
    if (value instanceof InputTensor) {
      const known = this.known(this.input(value.index));
      if (known?.data.length === 1) return Number(known.data[0]);
      throw new Unsupported(`${name} is only known at run time`);
    }
    throw this.torch.invalid(`${name} is not a number`);
  }

  invalid(why: string): ReturnType<OnnxNode['invalid']> {
    return this.torch.invalid(why);
  }
}

/** PyTorch's numbers of element types. Complex ones have none here; bfloat16 is computed as float32. */
const scalarTypes: readonly (ElementType | undefined)[] = [
  'uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64',
  undefined, undefined, undefined, 'bool', 'int8', 'uint8', 'int32', 'float32',
]; // prettier-ignore

const onnxTypes: Readonly<Record<ElementType, number>> = {
  float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11, uint32: 12,
}; // prettier-ignore

/** PyTorch's number of an element type. */
export const scalarTypeOf = (type: ElementType): number => Math.max(0, scalarTypes.indexOf(type));
