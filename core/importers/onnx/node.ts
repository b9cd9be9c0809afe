import { filled } from './numeric.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { ModelHome } from '../options.ts';
import { toInteger, type ProtoAttribute, type ProtoGraph, type ProtoNode } from './schema.ts';
import { outerNames } from './rename.ts';
import { decodeSparseTensor, decodeTensor } from './tensor-data.ts';

const utf8 = new TextDecoder();

/** One operation of an ONNX graph with typed access to its attributes. */
export class OnnxNode {
  /** Operator name, e.g. `Conv`. */
  readonly opType: string;
  /** Operator domain; '' is ai.onnx. */
  readonly domain: string;
  /** Node name of the file, or its first output when it has none. Not unique. */
  readonly name: string;
  /** Tensor names; '' = absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Version of the operator set this node is written in. */
  readonly opset: number;
  /** Tensors of the outer graph that the node's subgraphs read. */
  readonly captured: readonly string[];
  private readonly attributes: ReadonlyMap<string, ProtoAttribute>;
  private readonly origin: ModelHome | undefined;
  private readonly ownLayerName: string | undefined;

  /**
   * @param opset 0 for operators that have no version
   * @param layerName name of the layer it becomes, where that is not the one of ONNX imports
   */
  constructor(proto: ProtoNode, opset: number, home?: ModelHome, layerName?: string) {
    this.opType = proto.opType;
    this.domain = proto.domain === 'ai.onnx' ? '' : proto.domain;
    this.inputs = trimmed(proto.input);
    this.outputs = trimmed(proto.output);
    this.name = proto.name !== '' ? proto.name : (this.outputs[0] ?? '');
    this.opset = opset;
    this.origin = home;
    this.ownLayerName = layerName;
    this.attributes = new Map(proto.attribute.map((attribute) => [attribute.name, attribute]));
    this.captured = [...new Set(proto.attribute.flatMap(({ g }) => (g ? outerNames(g) : [])))];
  }

  /** Everything the node reads, by name. */
  get reads(): readonly string[] {
    return this.captured.length === 0 ? this.inputs : [...this.inputs, ...this.captured];
  }

  /** The only place of external weights. */
  get home(): ModelHome | undefined {
    return this.origin;
  }

  /** A subgraph attribute. */
  graph(name: string): ProtoGraph {
    const found = this.attributes.get(name)?.g;
    if (!found) throw this.invalid(`it has no ${name}`);
    return found;
  }

  /** `Conv` or `com.microsoft:Gelu`. */
  get label(): string {
    return this.domain === '' ? this.opType : `${this.domain}:${this.opType}`;
  }

  /** Name of the layer it becomes; for ONNX in the style of ACUITY 6.0 to 6.12. */
  get layerName(): string {
    return this.ownLayerName ?? `${this.opType}_${this.name}`;
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }

  /** An integer attribute. */
  int(name: string, fallback: number): number {
    const found = this.attributes.get(name);
    return found ? toInteger(found.i) : fallback;
  }

  /** A float attribute. */
  float(name: string, fallback: number): number {
    return this.attributes.get(name)?.f ?? fallback;
  }

  /** A list of integers, or undefined when absent. */
  ints(name: string): number[] | undefined {
    return this.attributes.get(name)?.ints.map(toInteger);
  }

  /** A list of integers with exactly `count` items. */
  intsOf(name: string, count: number, fallback: number): number[] {
    const found = this.ints(name);
    if (found === undefined || found.length === 0) return filled(count, fallback);
    if (found.length !== count) {
      throw this.invalid(`attribute ${name} has ${found.length} numbers, expected ${count}`);
    }
    return found;
  }

  /** A list of floats, or undefined when absent. */
  floats(name: string): number[] | undefined {
    return this.attributes.get(name)?.floats;
  }

  /** A text attribute. */
  text(name: string, fallback: string): string {
    const found = this.attributes.get(name);
    // An empty text is not written; what then stands in its place is not bytes.
    return found && found.s.length > 0 ? utf8.decode(found.s) : fallback;
  }

  /** A list of texts, or undefined when absent. */
  texts(name: string): string[] | undefined {
    return this.attributes.get(name)?.strings.map((text) => utf8.decode(text));
  }

  /** A tensor attribute (dense or sparse), or undefined when absent. */
  tensor(name: string): Tensor | undefined {
    const found = this.attributes.get(name);
    if (found?.t) return decodeTensor(found.t, this.origin);
    return found?.sparseTensor ? decodeSparseTensor(found.sparseTensor, this.origin) : undefined;
  }

  /** Those of the named numeric and text attributes that are there, as plain values. */
  copyOf(names: readonly string[]): Record<string, number | readonly number[] | string> {
    return Object.fromEntries(
      names.flatMap((name) => {
        const found = this.attributes.get(name);
        if (!found) return [];
        const list = found.ints.length > 0 ? found.ints.map(toInteger) : found.floats;
        // An absent text is an empty list, which the decoder refuses.
        const text = found.s.length > 0 ? utf8.decode(found.s) : '';
        return [[name, list.length > 0 ? list : text !== '' ? text : found.f || toInteger(found.i)] as const];
      }),
    );
  }

  /** All attributes for people; of tensors and subgraphs only what they are. */
  get shownAttributes(): ReturnType<OnnxNode['copyOf']> {
    const shown = { ...this.copyOf([...this.attributes.keys()]) };
    for (const [name, { g, t, sparseTensor }] of this.attributes) {
      if (g) shown[name] = 'a graph';
      else if (t || sparseTensor) shown[name] = 'a tensor';
    }
    return shown;
  }

  /** Another operator with this node's name and attributes. */
  as(opType: string, inputs: readonly string[], outputs: readonly string[], opset: number): OnnxNode {
    const attribute = [...this.attributes.values()];
    const proto = {
      opType,
      domain: '',
      name: this.name,
      input: [...inputs],
      output: [...outputs],
      attribute,
    };
    return new OnnxNode(proto, opset, this.origin, this.ownLayerName);
  }

  /** The same node at another place, as in one step of a loop. @param rename new names of its tensors */
  placed(rename: (tensor: string) => string, place: string): OnnxNode {
    const proto = {
      opType: this.opType,
      domain: this.domain,
      name: `${this.name}${place}`,
      input: this.inputs.map(rename),
      output: this.outputs.map(rename),
      attribute: [...this.attributes.values()],
    };
    return new OnnxNode(proto, this.opset, this.origin, `${this.layerName}${place}`);
  }

  /** The error for a node that breaks ONNX's own rules. */
  invalid(why: string): StudioError {
    return new StudioError('network-invalid', `${this.label}: ${why}`, { layer: this.name });
  }
}

/** Trailing absent inputs say nothing; inner ones keep their place. */
function trimmed(names: readonly string[]): string[] {
  let end = names.length;
  while (end > 0 && names[end - 1] === '') end--;
  return names.slice(0, end);
}
