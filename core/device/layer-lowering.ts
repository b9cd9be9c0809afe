import { auditPair } from '../network/audit.ts';
import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey } from '../network/quantize-table.ts';
import { floatTensor, type Shape, type Tensor } from '../network/tensor.ts';
import { identity } from '../ops/axes.ts';
import { deviceOpsOf } from '../ops/device-ops.ts';
import { opSpec, rangeRule } from '../ops/registry.ts';
import { shapeOf, type ShapeTable } from '../ops/shapes.ts';
import type { ConstantRole, HelperOptions, LowerContext, Operand } from '../ops/spec.ts';
import type { GraphBuilder } from './builder.ts';
import type { DeviceParam, DeviceType } from './graph.ts';
import { isFloatKind, reachOf } from './conversions.ts';
import { AFFINE, kindOf, PER_CHANNEL } from './legal-types.ts';
import type { StoredType } from './stored-constant.ts';

/** What one layer's `lower` talks to. Methods are bound so that ops can destructure the context. */
export class LayerLowering implements LowerContext {
  readonly layer: Layer;
  readonly network: Network;
  readonly inputs: readonly Operand[];
  private readonly builder: GraphBuilder;
  private readonly values: Map<string, Operand>;
  private readonly shapes: ShapeTable;
  private helpers = 0;

  constructor(builder: GraphBuilder, layer: Layer, values: Map<string, Operand>, shapes: ShapeTable) {
    this.builder = builder;
    this.layer = layer;
    this.network = builder.network;
    this.values = values;
    this.shapes = shapes;
    this.inputs = layer.inputs.map((ref) => {
      const operand = values.get(formatRef(ref));
      if (!operand)
        throw new StudioError('network-invalid', `${formatRef(ref)} has no value`, { layer: layer.key });
      return operand;
    });
    if (builder.plan.checked) this.inputs = this.meetingWeights(this.inputs);
  }

  readonly shape = (port = 0): Shape => shapeOf(this.shapes, this.ref(port));

  readonly ordered = (operand: Operand, order: readonly number[]): Operand =>
    this.builder.ordered(operand, order, this.layer.key);

  readonly coefficient = (name: string): Tensor => {
    const tensor = this.network.coefficient(this.layer.key, name);
    if (tensor) return tensor;
    throw new StudioError(
      'coefficient-missing',
      `the .data file has no "${name}" for this ${this.layer.op}`,
      { layer: this.layer.key },
      'Use the .data file that was written together with the .json.',
    );
  };

  readonly hasCoefficient = (name: string): boolean =>
    this.network.coefficient(this.layer.key, name) !== undefined;

  readonly constant = (name: string, size: readonly number[], values: Tensor, role: ConstantRole): number =>
    this.builder.constant(this.layer, name, size, values, role);

  readonly bias = (input: Operand, weight: number, count: number): number =>
    this.hasCoefficient('bias')
      ? this.constant('bias', [count], this.coefficient('bias'), { kind: 'bias', input, weight })
      : -1;

  readonly scalar = (name: string, value: number): Operand => {
    const values = floatTensor([1], Float32Array.of(value));
    return { tensor: this.constant(name, [1], values, { kind: 'weight' }), shape: [1], order: [0] };
  };

  readonly emit = (
    op: string,
    params: Readonly<Record<string, DeviceParam>>,
    inputs: readonly number[],
    orders: readonly (readonly number[])[],
  ): void => {
    const outputs = orders.map((order, port) => this.result(port, order));
    const { key, op: operation, uid } = this.layer;
    auditPair(deviceOpsOf, operation, op);
    this.builder.addNode({ layer: key, operation, uid, op, params, inputs, outputs });
  };

  readonly helper = (
    op: string,
    params: Readonly<Record<string, DeviceParam>>,
    inputs: readonly number[],
    shape: Shape,
    options: HelperOptions = {},
  ): Operand => {
    const order = options.order ?? identity(shape.length);
    const stored = options.like
      ? this.builder.stored(this.builder.resolve(options.like.tensor))
      : options.precise
        ? // No table lists this name, so the plan gives its float type.
          this.builder.plan.activation(`${this.ref(0)}_helper`)
        : this.outputType(0);
    const tensor = this.builder.addResult(`${this.ref(0)}_helper${this.helpers++}`, shape, order, stored);
    auditPair(deviceOpsOf, this.layer.op, op);
    this.builder.addHelperNode(this.layer.key, op, params, inputs, tensor);
    return { tensor, shape, order };
  };

  readonly alias = (operand: Operand, port = 0): void => {
    this.values.set(this.ref(port), { ...operand, shape: this.shape(port) });
  };

  /**
   * Biases are made of what meets the weights, so an input of another type than the weights is converted before they
   * are made. A float has no range that it could be quantized with: there the weights become floats when the node is added.
   */
  private meetingWeights(inputs: readonly Operand[]): readonly Operand[] {
    const { builder, layer } = this;
    const [name] = opSpec(layer.op).quantizedCoefficients ?? [];
    if (name === undefined || inputs.length === 0 || !this.hasCoefficient(name)) return inputs;
    const [input, ...others] = inputs;
    if (builder.isPlaceholder(input.tensor)) return inputs;
    const own = builder.plan.activation(this.ref(0));
    const listed = builder.plan.weightKind(coefficientKey(layer.key, name)) ?? kindOf(own);
    const wanted = listed === PER_CHANNEL ? AFFINE : listed;
    const read = builder.stored(input.tensor);
    const float = isFloatKind(kindOf(read));
    if (float ? !isFloatKind(wanted) : !reachOf(read)) return inputs;
    const tensor = builder.legal.read(input.tensor, wanted, own, layer.key);
    return [{ ...input, tensor }, ...others];
  }

  private result(port: number, order: readonly number[]): number {
    const shape = this.shape(port);
    const tensor = this.builder.addResult(this.ref(port), shape, order, this.outputType(port));
    this.values.set(this.ref(port), { tensor, shape, order });
    return tensor;
  }

  private outputType(port: number): StoredType {
    const fixed = opSpec(this.layer.op).outputType?.(this.layer, port) ?? this.keptInteger();
    return fixed
      ? { type: fixed, quantization: { kind: 'none' } }
      : this.builder.plan.activation(this.ref(port));
  }

  /** int32 or bool8 when the inputs that decide are all of that type. */
  private keptInteger(): DeviceType | undefined {
    const { keepsIntegers } = opSpec(this.layer.op);
    const deciding =
      keepsIntegers === undefined ? (rangeRule(this.layer) === 'same' ? [0] : []) : keepsIntegers;
    const operands =
      deciding === 'all' ? this.inputs : deciding.flatMap((index) => this.inputs.slice(index, index + 1));
    const types = new Set(operands.map(({ tensor }) => this.builder.storedType(tensor)));
    const [type] = types;
    return types.size === 1 && (type === 'int32' || type === 'bool8') ? type : undefined;
  }

  private ref(port: number): string {
    return formatRef({ layer: this.layer.key, port });
  }
}
