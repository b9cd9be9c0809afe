import { StudioError } from '../network/errors.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey } from '../network/quantize-table.ts';
import { transpose, type Shape, type Tensor } from '../network/tensor.ts';
import { devicePermutation, deviceSize, identity, movesOnlyOnes, sameOrder } from '../ops/axes.ts';
import { isIndexType } from '../ops/data.ts';
import type { ConstantRole, Operand } from '../ops/spec.ts';
import { LegalNodes } from './legal-nodes.ts';
import type { DeviceNode, DeviceParam, DeviceTensor, DeviceType } from './graph.ts';
import { storeExact, type StoredConstant, type StoredType } from './stored-constant.ts';
import { exactType, type TypePlan } from './types.ts';

/** A `variable` layer: materialised in whatever order its readers ask for, at no run-time cost. */
interface Variable {
  layer: Layer;
  values: Tensor;
  /** Device tensor per axis order already materialised. */
  made: Map<string, number>;
}

/** Placeholder ids of variables are below -1, which means "absent". */
const FIRST_PLACEHOLDER = -2;

/** Collects tensors and nodes of one device graph. */
export class GraphBuilder {
  readonly tensors: DeviceTensor[] = [];
  readonly nodes: DeviceNode[] = [];
  readonly network: Network;
  readonly plan: TypePlan;
  private readonly variables: Variable[] = [];
  private readonly reordered = new Map<string, Operand>();
  readonly legal = new LegalNodes(this);
  private nextUid: number;

  constructor(network: Network, plan: TypePlan) {
    this.network = network;
    this.plan = plan;
    this.nextUid = 1 + Math.max(0, ...[...network.layers.values()].map((layer) => layer.uid));
  }

  tensor(id: number): DeviceTensor {
    return this.tensors[id];
  }

  stored(id: number): StoredType {
    const { type, quantization } = this.tensors[id];
    return { type, quantization };
  }

  /** Element type of a tensor or of a variable that is not materialised yet. */
  storedType(id: number): DeviceType {
    if (!this.isPlaceholder(id)) return this.tensors[id].type;
    return exactType(this.variables[FIRST_PLACEHOLDER - id].values.type) ?? 'float32';
  }

  freshUid(): number {
    return this.nextUid++;
  }

  addTensor(init: Omit<DeviceTensor, 'id'>): number {
    this.tensors.push({ ...init, id: this.tensors.length });
    return this.tensors.length - 1;
  }

  /** Whether a tensor is a variable that is not materialised yet. */
  isPlaceholder(id: number): boolean {
    return id <= FIRST_PLACEHOLDER;
  }

  /** A tensor that a node will write; `order` says how its device axes relate to `shape`. */
  addResult(name: string, shape: Shape, order: readonly number[], stored: StoredType): number {
    return this.addTensor({ name, size: deviceSize(shape, order), ...stored, role: 'virtual', order });
  }

  addConstant(name: string, size: readonly number[], constant: StoredConstant): number {
    return this.addTensor({ name, size, ...constant, role: 'const', order: identity(size.length) });
  }

  addNode(node: Omit<DeviceNode, 'inputs'> & { inputs: readonly number[] }): void {
    const resolved = { ...node, inputs: node.inputs.map((id) => this.resolve(id)) };
    if (this.plan.checked) this.legal.add(resolved);
    else this.nodes.push(resolved);
  }

  /** A node that only lowering needs, next to a layer. */
  addHelperNode(
    owner: string,
    op: string,
    params: Readonly<Record<string, DeviceParam>>,
    inputs: readonly number[],
    output: number,
  ): void {
    const uid = this.freshUid();
    const layer = `${owner}_${op.toLowerCase()}_${uid}`;
    this.addNode({ layer, operation: op.toLowerCase(), uid, op, params, inputs, outputs: [output] });
  }

  input(layer: Layer, shape: Shape): Operand {
    const name = formatRef({ layer: layer.key, port: 0 });
    const order = identity(shape.length);
    const type = layer.has('type') ? layer.text('type') : 'float32';
    const exact = isIndexType(type) ? exactType(type) : undefined;
    const stored: StoredType = exact
      ? { type: exact, quantization: { kind: 'none' } }
      : this.plan.activation(name);
    const tensor = this.addTensor({ name, size: deviceSize(shape, order), ...stored, role: 'input', order });
    return { tensor, shape, order };
  }

  variable(layer: Layer, shape: Shape): Operand {
    const values = this.network.coefficient(layer.key, 'data');
    if (!values)
      throw new StudioError('coefficient-missing', 'the .data file has no values for this constant', {
        layer: layer.key,
      });
    this.variables.push({ layer, values: { ...values, shape }, made: new Map() });
    return { tensor: FIRST_PLACEHOLDER - (this.variables.length - 1), shape, order: identity(shape.length) };
  }

  /** The operand with its device axes in `order`. */
  ordered(operand: Operand, order: readonly number[], owner: string): Operand {
    if (sameOrder(operand.order, order)) return operand;
    if (this.isPlaceholder(operand.tensor)) {
      const permutation = order.map((axis) => operand.order.indexOf(axis));
      return { ...operand, tensor: this.materialise(operand.tensor, permutation), order };
    }
    const key = `${operand.tensor}:${operand.order.join()}>${order.join()}`;
    const known = this.reordered.get(key);
    if (known) return known;
    const result = this.reorder(operand, order, owner);
    this.reordered.set(key, result);
    return result;
  }

  private reorder(operand: Operand, order: readonly number[], owner: string): Operand {
    const source = this.tensor(operand.tensor);
    const tensor = this.addResult(
      `${source.name}_${order.join('')}`,
      operand.shape,
      order,
      this.stored(operand.tensor),
    );
    this.legal.sameValues(tensor, operand.tensor);
    if (movesOnlyOnes(operand.shape, operand.order, order)) {
      this.addHelperNode(
        owner,
        'RESHAPE',
        { size: deviceSize(operand.shape, order) },
        [operand.tensor],
        tensor,
      );
    } else {
      const perm = devicePermutation(operand.order, order);
      this.addHelperNode(owner, 'PERMUTE', { perm, dim_num: perm.length }, [operand.tensor], tensor);
    }
    return { ...operand, tensor, order };
  }

  /** The device tensor behind an id: itself, or a variable's constant as it is stored. */
  resolve(id: number): number {
    return this.isPlaceholder(id) ? this.materialise(id, undefined) : id;
  }

  private materialise(id: number, permutation: readonly number[] | undefined): number {
    const variable = this.variables[FIRST_PLACEHOLDER - id];
    const perm = permutation ?? identity(variable.values.shape.length);
    const key = perm.join();
    const known = variable.made.get(key);
    if (known !== undefined) return known;
    const made = this.makeVariable(variable, perm);
    variable.made.set(key, made);
    return made;
  }

  private makeVariable({ layer, values, made }: Variable, perm: readonly number[]): number {
    const moved = transpose(values, perm);
    const ref = formatRef({ layer: layer.key, port: 0 });
    const constant = this.variableConstant(layer, moved);
    const size = [...moved.shape].reverse();
    const suffix = made.size === 0 ? '' : `_${perm.join('')}`;
    const data = this.addConstant(`${coefficientKey(layer.key, 'data')}${suffix}`, size, constant);
    const result = this.addTensor({
      ...this.tensors[data],
      name: `${ref}${suffix}`,
      role: 'virtual',
      data: undefined,
    });
    const uid = made.size === 0 ? layer.uid : this.freshUid();
    this.addNode({
      layer: `${layer.key}${suffix}`,
      operation: 'variable',
      uid,
      op: 'VARIABLE',
      params: {},
      inputs: [data],
      outputs: [result],
    });
    return result;
  }

  private variableConstant(layer: Layer, values: Tensor): StoredConstant {
    const exact = exactType(values.type);
    if (exact) return storeExact(formatRef({ layer: layer.key, port: 0 }), values, exact);
    return this.plan.weight(
      coefficientKey(layer.key, 'data'),
      values,
      this.plan.activation(formatRef({ layer: layer.key, port: 0 })),
    );
  }

  constant(layer: Layer, name: string, size: readonly number[], values: Tensor, role: ConstantRole): number {
    const ref = coefficientKey(layer.key, name);
    const output = this.plan.activation(formatRef({ layer: layer.key, port: 0 }));
    const constant =
      role.kind === 'exact'
        ? storeExact(ref, values, role.type)
        : role.kind === 'weight'
          ? this.plan.weight(
              ref,
              values,
              role.input ? this.stored(this.resolve(role.input.tensor)) : output,
              role.channelDim,
            )
          : this.plan.bias(
              ref,
              values,
              this.tensor(this.resolve(role.input.tensor)),
              this.tensor(role.weight),
            );
    const id = this.addConstant(ref, size, constant);
    if (role.kind === 'weight') this.legal.constantMade(id, values);
    return id;
  }
}
