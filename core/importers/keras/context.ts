import { Unsupported } from '../onnx/builder.ts';
import type { Attributes, Composer } from '../onnx/compose.ts';
import type { OnnxNode } from '../onnx/node.ts';
import type { Config } from './config.ts';
import { InputAt, type LayerUse, type Operand } from './flatten.ts';
import type { Masks } from './masks.ts';
import { channelFirstOrder, channelLastOrder } from '../onnx/draft.ts';

/** One layer while it is written as ONNX operators. Tensors are handles of its composer. */
export class LayerContext {
  readonly c: Composer;
  readonly node: OnnxNode;
  readonly use: LayerUse;
  readonly major: number;
  private readonly weightNames: readonly string[];
  private readonly masks: Masks;

  /** @param weightNames of the layer's kind, in the order of its weights */
  constructor(
    c: Composer,
    node: OnnxNode,
    { use, major, masks }: { use: LayerUse; major: number; masks: Masks },
    weightNames: readonly string[],
  ) {
    this.c = c;
    this.masks = masks;
    this.node = node;
    this.use = use;
    this.major = major;
    this.weightNames = weightNames;
  }

  get config(): Config {
    return this.use.layer.config;
  }

  /** The tensors of the first argument, which may be a list. */
  get inputs(): string[] {
    return this.tensorsOf(this.use.args.at(0));
  }

  /** All tensors in an argument. */
  tensorsOf(value: Operand | undefined): string[] {
    if (Array.isArray(value)) return value.flatMap((item) => this.tensorsOf(item));
    return value instanceof InputAt ? [this.c.input(value.index)] : [];
  }

  /** The only input. */
  get x(): string {
    const [first] = this.inputs;
    if (first === undefined) throw this.node.invalid('it reads nothing');
    return first;
  }

  /** A weight by its name in the layer's kind; '' when the layer has none. */
  weight(name: string): string {
    const index = this.weightNames.indexOf(name);
    return index < 0 ? '' : this.c.input(this.use.tensors + index);
  }

  /** Which time steps of an input count, [N, T]; '' = all. */
  maskOf(index: number): string {
    return index < this.use.tensors ? this.masks.of(this.node.inputs[index]) : '';
  }

  /** Says which time steps of the result count. */
  setMask(mask: string): void {
    this.masks.set(this.node.outputs[0], mask);
  }

  /** An argument by place or name. */
  argument(index: number, ...names: string[]): Operand | undefined {
    const given = index < 0 ? undefined : this.use.args.at(index);
    return (
      given ??
      names.map((name) => this.use.kwargs.get(name) ?? undefined).find((value) => value !== undefined)
    );
  }

  /** Says that the result is this tensor. */
  emit(...names: string[]): void {
    names.forEach((name, index) => this.c.output(index, name));
  }

  /** The step that carries the layer's name. */
  main(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.c.main(type, inputs, attributes);
  }

  /** A step named after the layer and what it does. */
  step(suffix: string, type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.c.ops(type, inputs, attributes, 1, `${this.node.layerName}_${suffix}`)[0];
  }

  /** Whether channels are the last axis. */
  get channelsLast(): boolean {
    const format = this.config.text('data_format', 'channels_last');
    if (format !== 'channels_last' && format !== 'channels_first')
      throw this.node.invalid(`data_format is "${format}"`);
    return format === 'channels_last';
  }

  /** A tensor with its channels in front, as ONNX has them. */
  toChannelsFirst(name: string): string {
    const { length: rank } = this.c.shape(name);
    return this.channelsLast ? this.c.transpose(name, channelFirstOrder(rank)) : name;
  }

  /** Back to where the layer has its channels. */
  fromChannelsFirst(name: string): string {
    const { length: rank } = this.c.shape(name);
    return this.channelsLast ? this.c.transpose(name, channelLastOrder(rank)) : name;
  }

  /** A setting that changes the result and that we do not have. */
  refuse(why: string): never {
    throw new Unsupported(why);
  }
}
