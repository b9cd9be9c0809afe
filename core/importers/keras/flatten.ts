import { JsonObject } from '../../files/json-text.ts';
import { StudioError } from '../../network/errors.ts';
import type { ElementType, Tensor } from '../../network/tensor.ts';
import { makeNode } from '../onnx/compose.ts';
import type { OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { Config } from './config.ts';
import { TensorRef, type Argument, type Call } from './inbound.ts';
import { declaredShape, type KerasLayer, type KerasModel } from './model.ts';

/** Place of a tensor among the inputs of a node. */
export class InputAt {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** What a node was called with: {@link Argument} with the tensors as places among its inputs. */
export type Operand = InputAt | Exclude<Argument, TensorRef | Argument[]> | Operand[];

/** One use of a layer: what its node stands for. */
export interface LayerUse {
  layer: KerasLayer;
  args: readonly Operand[];
  kwargs: ReadonlyMap<string, Operand>;
  /** Number of inputs that are tensors; the weights follow them. */
  tensors: number;
}

/** A model as a flat graph in the terms of all importers. */
export interface FlatModel {
  graph: OnnxGraph;
  uses: ReadonlyMap<OnnxNode, LayerUse>;
}

/** Layers that only help: other names, and time steps that become rows of the batch. */
export const HELPERS = { alias: 'Alias', fold: 'FoldTime', unfold: 'UnfoldTime' } as const;

/** More uses of layers than any real model has: shared models in shared models multiply. */
const MAX_NODES = 2 ** 16;

const TYPES: Readonly<Record<string, ElementType>> = {
  float16: 'float16', float32: 'float32', float64: 'float64', int8: 'int8', uint8: 'uint8', int16: 'int16',
  uint16: 'uint16', int32: 'int32', uint32: 'uint32', int64: 'int64', bool: 'bool',
}; // prettier-ignore

/**
 * Writes nested models and wrappers out as one graph. Every use of a layer becomes a node `keras:TYPE` named after the
 * layer; inner ones as `model/layer`, further uses as `layer:1`, further results as `layer#1`.
 * @param weights of each layer, in the order of its kind
 */
export function flatten(model: KerasModel, weights: ReadonlyMap<KerasLayer, readonly Tensor[]>): FlatModel {
  const writer = new Flattener(weights);
  const outputs = writer.expand(model, '');
  const info = (name: string): TensorInfo => ({ name, type: 'float32', onnxType: 0, shape: undefined });
  const graph: OnnxGraph = {
    nodes: writer.nodes,
    inputs: writer.inputs,
    outputs: outputs.map(info),
    infos: new Map(writer.inputs.map((input) => [input.name, input])),
    initializers: writer.initializers,
    onnxTypes: new Map(),
    opset: 0,
  };
  return { graph, uses: writer.uses };
}

class Flattener {
  readonly nodes: OnnxNode[] = [];
  readonly inputs: TensorInfo[] = [];
  readonly initializers = new Map<string, () => Tensor>();
  readonly uses = new Map<OnnxNode, LayerUse>();
  private readonly weights: ReadonlyMap<KerasLayer, readonly Tensor[]>;
  private readonly weightNames = new Map<KerasLayer, string[]>();

  constructor(weights: ReadonlyMap<KerasLayer, readonly Tensor[]>) {
    this.weights = weights;
  }

  /** @param feeds names of the tensors for the model's inputs; absent = inputs of the graph. @returns its outputs */
  expand(model: KerasModel, scope: string, feeds?: readonly string[]): string[] {
    const scoped = new Scope(model, scope);
    if (feeds && feeds.length !== model.inputs.length)
      throw new StudioError('network-invalid', `model "${model.name}" is called with ${feeds.length} inputs, not ${model.inputs.length}`); // prettier-ignore
    const ports = feeds ? [] : model.inputs.map((ref) => scoped.layer(ref));
    for (const layer of ports) this.addInput(layer, scope);
    for (const layer of model.layers) {
      if (layer.type === 'InputLayer') {
        const port = model.inputs.findIndex((ref) => ref.layer === layer.name);
        if (feeds && port >= 0) this.addHelper(HELPERS.alias, [feeds[port]], [scope + layer.name]);
        else if (!ports.includes(layer)) this.addInput(layer, scope);
        continue;
      }
      layer.calls.forEach((call, use) => this.place(layer, call, scoped, use));
    }
    return model.outputs.map((ref) => scoped.name(ref));
  }

  private addInput(layer: KerasLayer, scope: string): void {
    const name = scope + layer.name;
    const { config } = layer;
    const dtype = config.text('dtype', 'float32');
    if (!Object.hasOwn(TYPES, dtype))
      throw new StudioError('op-unsupported', `inputs of type ${dtype}`, { layer: layer.name });
    if (config.flag('sparse', false) || config.flag('ragged', false))
      throw new StudioError('op-unsupported', 'sparse and ragged inputs', { layer: layer.name });
    this.inputs.push({ name, type: TYPES[dtype], onnxType: 0, shape: declaredShape(layer) });
  }

  /** One use of a layer. */
  private place(layer: KerasLayer, call: Call, scope: Scope, use: number): void {
    const base = scope.base(layer.name, use);
    const outputs = scope.results(layer.name, use);
    const { tensors, resolve } = collector(scope);
    const args = call.args.map(resolve);
    const kwargs = new Map([...call.kwargs].map(([key, value]) => [key, resolve(value)]));
    if (layer.model) return this.placeModel(layer.model, tensors, base, outputs);
    if (layer.type === 'TimeDistributed' && layer.inner)
      return this.perStep(layer, layer.inner, tensors, base, outputs);
    this.placeLayer(layer, { args, kwargs, tensors }, base, outputs);
  }

  private placeModel(
    model: KerasModel,
    tensors: readonly string[],
    base: string,
    outputs: readonly string[],
  ): void {
    const results = this.expand(model, `${base}/`, tensors.slice(0, model.inputs.length));
    outputs.forEach((output, index) => {
      const result = results[index];
      if (result === undefined) throw new StudioError('network-invalid', `model "${model.name}" has no output ${index}`); // prettier-ignore
      this.addHelper(HELPERS.alias, [result], [output]);
    });
  }

  /** A wrapper that applies a layer to every time step: the steps become rows of the batch. */
  private perStep(
    layer: KerasLayer,
    inner: KerasLayer,
    tensors: readonly string[],
    base: string,
    outputs: readonly string[],
  ): void {
    const source = tensors.at(0);
    if (source === undefined)
      throw new StudioError('network-invalid', 'it reads nothing', { layer: layer.name });
    const rows = `${base}/steps`;
    const result = `${base}/rows`;
    this.addHelper(HELPERS.fold, [source], [rows]);
    if (inner.model) this.placeModel(inner.model, [rows], result, [result]);
    else if (inner.type === 'TimeDistributed' && inner.inner)
      this.perStep(inner, inner.inner, [rows], result, [result]);
    else
      this.placeLayer(
        inner,
        { args: [new InputAt(0)], kwargs: new Map(), tensors: [rows] },
        result,
        [result],
        base,
      );
    this.addHelper(HELPERS.unfold, [result, source], outputs.slice(0, 1));
  }

  private placeLayer(
    layer: KerasLayer,
    { args, kwargs, tensors }: Omit<LayerUse, 'layer' | 'tensors'> & { tensors: readonly string[] },
    base: string,
    outputs: readonly string[],
    layerName = base,
  ): void {
    const inputs = [...tensors, ...this.weightsOf(layer, layerName)];
    const node = this.add(layer.type, inputs, outputs, base, layerName);
    this.uses.set(node, { layer, args, kwargs, tensors: tensors.length });
  }

  /** A node that stands for no layer. */
  private addHelper(type: string, inputs: readonly string[], outputs: readonly string[]): void {
    const name = `${outputs[0]}/${type}`;
    const layer: KerasLayer = {
      type,
      className: type,
      name,
      config: new Config(new JsonObject(), name),
      calls: [],
    };
    const use = {
      layer,
      args: inputs.map((_, index) => new InputAt(index)),
      kwargs: new Map(),
      tensors: inputs.length,
    };
    this.uses.set(this.add(type, inputs, outputs, name, name), use);
  }

  /** Names of a layer's weights; a layer that is used several times has them once. */
  private weightsOf(layer: KerasLayer, base: string): readonly string[] {
    const known = this.weightNames.get(layer);
    if (known) return known;
    const names = (this.weights.get(layer) ?? []).map((tensor, index) => {
      const name = `${base}/weight${index}`;
      this.initializers.set(name, () => tensor);
      return name;
    });
    this.weightNames.set(layer, names);
    return names;
  }

  private add(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    name: string,
    layerName: string,
  ): OnnxNode {
    if (this.nodes.length >= MAX_NODES)
      throw new StudioError('network-invalid', 'the model has too many layers');
    const node = makeNode({ type, domain: 'keras', name, inputs, outputs, layerName }, 0);
    this.nodes.push(node);
    return node;
  }
}

/** Names inside one use of a model. */
class Scope {
  private readonly prefix: string;
  private readonly layers: ReadonlyMap<string, KerasLayer>;
  /** Number of each layer's first use: nested models count from 1, and old versions count uses elsewhere. */
  private readonly first = new Map<string, number>();
  /** Highest result that is read, by use. */
  private readonly highest = new Map<string, number>();

  constructor(model: KerasModel, prefix: string) {
    this.prefix = prefix;
    this.layers = new Map(model.layers.map((layer) => [layer.name, layer]));
    if (this.layers.size !== model.layers.length)
      throw new StudioError('network-invalid', `model "${model.name}" has two layers of one name`);
    const refs = [...model.outputs];
    const collect = (value: Argument): void => {
      if (Array.isArray(value)) value.forEach(collect);
      else if (value instanceof TensorRef) refs.push(value);
    };
    for (const { calls } of model.layers)
      for (const { args, kwargs } of calls) [...args, ...kwargs.values()].forEach(collect);
    for (const { layer, node } of refs) this.first.set(layer, Math.min(this.first.get(layer) ?? node, node));
    refs.forEach((ref) => this.note(ref));
  }

  private note(ref: TensorRef): void {
    const base = this.base(ref.layer, this.use(ref));
    this.highest.set(base, Math.max(this.highest.get(base) ?? 0, ref.index));
  }

  layer(ref: TensorRef): KerasLayer {
    const layer = this.layers.get(ref.layer);
    if (!layer)
      throw new StudioError(
        'network-invalid',
        `the model reads layer "${ref.layer}", which it does not have`,
      );
    return layer;
  }

  /** Which of the layer's uses in this model is meant. */
  private use(ref: TensorRef): number {
    const { calls, type } = this.layer(ref);
    const use = ref.node - (this.first.get(ref.layer) ?? 0);
    if (type === 'InputLayer' || use < calls.length) return use;
    throw new StudioError('network-invalid', `the model reads use ${use} of the layer, which has ${calls.length}`, { layer: ref.layer }); // prettier-ignore
  }

  base(layer: string, use: number): string {
    return `${this.prefix}${layer}${use === 0 ? '' : `:${use}`}`;
  }

  name(ref: TensorRef): string {
    const base = this.base(ref.layer, this.use(ref));
    return ref.index === 0 ? base : `${base}#${ref.index}`;
  }

  /** Names of the results of one use, up to the last that is read. */
  results(layer: string, use: number): string[] {
    const base = this.base(layer, use);
    const count = (this.highest.get(base) ?? 0) + 1;
    return Array.from({ length: count }, (_, index) => (index === 0 ? base : `${base}#${index}`));
  }
}

/** Gathers the tensors of a call while its arguments are resolved. */
function collector(scope: Scope): { tensors: string[]; resolve: (value: Argument) => Operand } {
  const tensors: string[] = [];
  const resolve = (value: Argument): Operand => {
    if (Array.isArray(value)) return value.map(resolve);
    if (!(value instanceof TensorRef)) return value;
    tensors.push(scope.name(value));
    return new InputAt(tensors.length - 1);
  };
  return { tensors, resolve };
}
