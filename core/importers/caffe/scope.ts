import type { ParameterValue } from '../../network/layer.ts';
import type { Shape, Tensor } from '../../network/tensor.ts';
import type { Builder } from '../onnx/builder.ts';
import { Composer, type Attributes } from '../onnx/compose.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { frontAxis } from '../onnx/numeric.ts';
import type { StudioError } from '../../network/errors.ts';
import { layerError, type CaffeLayer } from './layer.ts';
import type { BlobRole } from './made-up.ts';
import type { Message } from './message.ts';
import type { CaffeWeights } from './weights.ts';

/** What of the whole net layers have to know. */
export interface NetFacts {
  weights: CaffeWeights;
  /** Shape of the first picture among the inputs. */
  picture: Shape | undefined;
  /** LSTM layers are those of the fork that has `lstm_param`. */
  lstmFork: boolean;
}

/** One layer while it is imported: what the file says about it, its inputs, its coefficients. */
export class Scope {
  readonly c: Composer;
  readonly node: OnnxNode;
  readonly builder: Builder;
  readonly layer: CaffeLayer;
  readonly weights: CaffeWeights;
  readonly picture: Shape | undefined;
  readonly lstmFork: boolean;

  constructor(node: OnnxNode, builder: Builder, layer: CaffeLayer, facts: NetFacts) {
    this.c = new Composer(node, builder);
    this.node = node;
    this.builder = builder;
    this.layer = layer;
    this.weights = facts.weights;
    this.picture = facts.picture;
    this.lstmFork = facts.lstmFork;
  }

  /** Input `index`. @throws StudioError when the layer reads fewer blobs */
  input(index = 0): string {
    if (!this.c.has(index)) throw this.invalid(`it reads no blob ${index}`);
    return this.c.input(index);
  }

  /** All inputs. */
  get inputs(): string[] {
    return this.node.inputs.map((_, index) => this.input(index));
  }

  shape(index = 0): Shape {
    return this.c.shape(this.input(index));
  }

  /** The parameters of the layer's type. */
  parameters(name: string): Message {
    return this.layer.body.message(name);
  }

  /** An axis parameter, counted from the front. */
  axis(parameters: Message, name: string, fallback: number, rank = this.shape().length): number {
    return frontAxis(parameters.int(name, fallback), rank);
  }

  /** A coefficient as a constant. @param filler the message that tells how Caffe fills it when no file does */
  blob(index: number, role: BlobRole, shape: Shape, filler?: Message): string {
    return this.c.constant(this.weights.tensor(this.layer, { index, role, shape, filler }));
  }

  /**
   * A layer of ACUITY's that no ONNX operator stands for, on pictures: it reads and writes NHWC.
   * @param size height and width of the results; channels and batch are those of the first input
   * @returns the results, in NCHW
   */
  nhwcLayer(
    op: string,
    parameters: readonly (readonly [string, ParameterValue])[],
    inputs: readonly string[],
    size: readonly number[],
    outputs = 1,
    coefficients: readonly (readonly [string, Tensor])[] = [],
  ): string[] {
    const { c } = this;
    const read = inputs.map((input) =>
      c.shape(input).length === 4 ? c.transpose(input, [0, 2, 3, 1]) : input,
    );
    const [batch, channels] = c.shape(inputs[0]);
    const shape = [batch, ...size, channels];
    const written = Array.from({ length: outputs }, () => ({ shape, type: 'float32' as const }));
    return c
      .layer(op, parameters, read, written, coefficients)
      .map((output) => c.transpose(output, [0, 3, 1, 2]));
  }

  /** The layer's result as one operator, which gets the layer's name. */
  main(type: string, inputs: readonly string[], attributes: Attributes = {}): void {
    this.emit(this.c.main(type, inputs, attributes));
  }

  /** The layer's first result. */
  emit(name: string): void {
    this.c.output(0, name);
  }

  invalid(why: string): StudioError {
    return layerError(this.layer, why);
  }
}

/** How a layer of one type is imported. */
export type CaffeOperator = (scope: Scope) => void;

/** Operators by type of layer. */
export type CaffeFamily = Readonly<Record<string, CaffeOperator>>;
