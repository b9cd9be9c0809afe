import { StudioError } from '../../network/errors.ts';
import { elementCount, type Shape, type Tensor } from '../../network/tensor.ts';
import { Builder, Unsupported } from '../onnx/builder.ts';
import { applyOperator, innerNodes } from '../onnx/convert.ts';
import { Draft, identityOrder } from '../onnx/draft.ts';
import type { TensorInfo } from '../onnx/graph.ts';
import type { BoundInput } from '../onnx/inputs.ts';
import { fromNumbers } from '../onnx/numeric.ts';
import type { Dequantized } from '../onnx/own-constants.ts';
import { TorchQuantization } from './quantization.ts';
import { Undecided } from './undecided.ts';
import { InputTensor, TorchComposer, TorchNode, type Argument, type TorchOperator } from './operator.ts';
import { torchOperators } from './ops/index.ts';
import { DictValue, ListValue, TensorRef, TupleValue, type TensorView, type Value } from './values.ts';

/** A program that makes more nodes is no network of ours. */
const MAX_NODES = 100_000;

/** Elements that a program may make constants of, all together. */
const MAX_CONSTANT_ELEMENTS = 2 ** 26;

/** An input that was taken for reals serves as indices. */
export class IntegerInput extends Error {
  readonly input: string;
  constructor(input: string) {
    super(`the input "${input}" holds integers`);
    this.input = input;
  }
}

/**
 * Records the operators that a program calls. Each is imported at once as well, on a builder of its own, so that
 * the program can ask for shapes; the import that counts is of the recorded graph.
 */
export class Tracer {
  readonly nodes: TorchNode[] = [];
  readonly initializers = new Map<string, () => Tensor>();
  readonly infos = new Map<string, TensorInfo>();
  readonly quantization = new TorchQuantization();
  private readonly builder: Builder;
  private readonly names = new Map<string, number>();
  /** Inputs that hold reals. */
  private readonly reals = new Set<string>();
  private elements = 0;

  constructor() {
    this.builder = new Builder(new Map(), innerNodes(undefined), new Map(), []);
  }

  input(bound: BoundInput): TensorRef {
    const { name, shape, modelType: type } = bound;
    const ref = { draft: new Draft({ name, op: 'input' }), port: 0 };
    this.builder.values.set(name, { shape, type, order: identityOrder(shape.length), ref });
    if (bound.modelType.startsWith('float')) this.reals.add(bound.name);
    this.names.set(bound.name, 1);
    return new TensorRef(bound.name);
  }

  /** An input of which nothing is known: operators on it are recorded, but not imported. */
  unknown(name: string): TensorRef {
    this.names.set(name, 1);
    return new TensorRef(name);
  }

  /** The shape of a tensor of the file, by its name. */
  weightShape(name: string): Shape | undefined {
    return this.load(name)?.shape;
  }

  /** A tensor of the file. @param name where it is, e.g. `features.0.weight` */
  weight(name: string, load: () => Tensor): TensorRef {
    const unique = this.unique(name);
    this.initializers.set(unique, load);
    return new TensorRef(unique);
  }

  /** A tensor of the file that is stored as integers. */
  quantizedWeight(name: string, read: () => Dequantized): TensorRef {
    const unique = this.unique(name);
    this.initializers.set(unique, this.quantization.weight(unique, read));
    return new TensorRef(unique);
  }

  /** A tensor that the program made of plain numbers. */
  constant(tensor: Tensor, name = 'constant'): TensorRef {
    return this.weight(name, () => tensor);
  }

  /** The shape of a tensor. @throws Undecided behind something unsupported */
  shape(ref: TensorRef): Shape {
    return this.look(ref).shape;
  }

  type(ref: TensorRef): Tensor['type'] {
    return this.look(ref).type;
  }

  /** The numbers of a tensor as far as they are known at import. */
  known(ref: TensorRef): Tensor | undefined {
    return this.load(this.current(ref));
  }

  private look(ref: TensorRef): { shape: Shape; type: Tensor['type'] } {
    const name = this.current(ref);
    const found = this.builder.values.get(name) ?? this.load(name);
    if (!found) throw new Undecided(`the shape of "${name}"`);
    return found;
  }

  private load(name: string): Tensor | undefined {
    const known = this.builder.constants.get(name);
    if (known) return known.tensor;
    const load = this.initializers.get(name);
    if (!load) return undefined;
    const tensor = load();
    this.builder.constants.set(name, { tensor, layerName: name });
    return tensor;
  }

  /** Name of the tensor; a view of something that changed since is read again. */
  current(ref: TensorRef): string {
    const { view } = ref;
    if (!view) return ref.name;
    const base = this.current(view.base);
    if (view.seen === view.base.version) return ref.name;
    view.seen = view.base.version;
    const fresh = this.run('aten', view.operator, [new TensorRef(base), ...view.args], new Map(), base);
    if (fresh instanceof TensorRef) ref.name = fresh.name;
    return ref.name;
  }

  /**
   * Calls an operator.
   * @param label what its layer is to be called
   * @returns a tensor, a list, or a tuple of tensors
   */
  call(
    namespace: string,
    type: string,
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value>,
    label: string,
  ): Value {
    const inPlace = /[^_]_$/.test(type);
    const name = inPlace ? type.slice(0, -1) : type;
    const [self] = args;
    const result = this.run(namespace, name, args, keywords, label);
    if (inPlace && self instanceof TensorRef && result instanceof TensorRef) {
      this.assign(self, result.name, label);
      return self;
    }
    const operator = operatorOf(namespace, name);
    if (operator?.isView && self instanceof TensorRef && keywords.size === 0 && result instanceof TensorRef) {
      const view: TensorView = { base: self, seen: self.version, operator: name, args: args.slice(1) };
      return new TensorRef(result.name, view);
    }
    return result;
  }

  /** Gives a tensor other elements; those of which it is a view change too. */
  assign(ref: TensorRef, name: string, label: string): void {
    let target = ref;
    let value = name;
    target.name = value;
    target.version += 1;
    while (target.view) {
      const { base, operator, args } = target.view;
      const changed = this.run('views', operator, [base, new TensorRef(value), ...args], new Map(), label);
      if (!(changed instanceof TensorRef)) return;
      base.name = changed.name;
      base.version += 1;
      target.view.seen = base.version;
      target = base;
      value = changed.name;
    }
  }

  private run(
    namespace: string,
    type: string,
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value>,
    label: string,
  ): Value {
    if (this.nodes.length >= MAX_NODES)
      throw new StudioError('network-invalid', `the program calls more than ${MAX_NODES} operators`);
    const operator = operatorOf(namespace, type);
    const inputs: string[] = [];
    const named = this.arguments(operator, args, keywords, inputs);
    const name = this.unique(label);
    const init = { namespace, type, name, inputs, args: named };
    for (const input of inputs) this.load(input);
    const count = this.resultCount(operator, new TorchNode({ ...init, outputs: [name] }));
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const node = new TorchNode({ ...init, outputs });
    this.nodes.push(node);
    this.perform(operator, node);
    const refs = outputs.map((output) => new TensorRef(output));
    if (operator?.list) return new ListValue(refs);
    return refs.length === 1 ? refs[0] : new TupleValue(refs);
  }

  private resultCount(operator: TorchOperator | undefined, node: TorchNode): number {
    if (!operator || !this.knows(node)) return 1;
    return operator.results(new TorchComposer(node, this.builder));
  }

  private knows(node: TorchNode): boolean {
    return node.inputs.every((name) => this.builder.values.has(name) || this.builder.constants.has(name));
  }

  private perform(operator: TorchOperator | undefined, node: TorchNode): void {
    if (!operator || !this.knows(node)) return;
    try {
      applyOperator(operator, this.builder, node);
    } catch (error) {
      // The import of the recorded graph says it, together with everything else.
      if (error instanceof Unsupported) return;
      throw error instanceof StudioError ? error.at({ layer: node.name }) : error;
    }
    for (const name of node.outputs) this.remember(name);
    this.quantization.recorded(node, (name) => this.load(name));
  }

  private remember(name: string): void {
    const constant = this.builder.constants.get(name)?.tensor;
    this.elements += constant ? elementCount(constant.shape) : 0;
    if (this.elements > MAX_CONSTANT_ELEMENTS)
      throw new StudioError('network-invalid', 'the program makes more constants than a network has');
    const found = constant ?? this.builder.values.get(name);
    if (found) this.infos.set(name, { name, type: found.type, onnxType: 0, shape: [...found.shape] });
  }

  private arguments(
    operator: TorchOperator | undefined,
    args: readonly Value[],
    keywords: ReadonlyMap<string, Value>,
    inputs: string[],
  ): Map<string, Argument> {
    const named = new Map<string, Argument>();
    const give = (name: string, value: Value): void =>
      void named.set(name, this.argument(value, inputs, name, operator?.integers.includes(name) ?? false));
    args.forEach((value, index) => give(operator?.parameters[index] ?? `#${index}`, value));
    for (const [name, value] of keywords) give(name, value);
    return named;
  }

  private argument(value: Value, inputs: string[], name: string, asIndices: boolean): Argument {
    if (value instanceof TensorRef) {
      const tensor = this.current(value);
      if (asIndices && this.reals.has(tensor)) throw new IntegerInput(tensor);
      inputs.push(tensor);
      return new InputTensor(inputs.length - 1);
    }
    if (value instanceof ListValue || value instanceof TupleValue)
      return value.items.map((item) => this.argument(item, inputs, name, asIndices));
    if (value instanceof DictValue || (typeof value === 'object' && value !== null))
      throw new StudioError('op-unsupported', `an operator takes an object as "${name}"`);
    return value;
  }

  private unique(name: string): string {
    const wanted = name === '' ? 'tensor' : name;
    const count = this.names.get(wanted) ?? 0;
    this.names.set(wanted, count + 1);
    if (count === 0) return wanted;
    return this.unique(`${wanted}_${count}`);
  }
}

function operatorOf(namespace: string, type: string): TorchOperator | undefined {
  return torchOperators.get(`${namespace}::${type}`);
}

/** A number as a tensor without axes. */
export const scalarTensor = (value: bigint | number | boolean): Tensor =>
  fromNumbers(
    typeof value === 'bigint' ? 'int64' : typeof value === 'number' ? 'float32' : 'bool',
    [],
    [Number(value)],
  );
