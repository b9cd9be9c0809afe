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
  /** The layers that read a tensor. */
  readers: ReadonlyMap<string, readonly CaffeLayer[]>;
}

/** What {@link Scope.nhwcLayer} makes: ACUITY's layers read and write pictures as NHWC. */
interface PictureLayer {
  op: string;
  parameters: readonly (readonly [string, ParameterValue])[];
  /** Pictures, in NCHW. */
  inputs: readonly string[];
  /** Height and width of the results; batch and channels are those of the first input. */
  size: readonly number[];
  outputs?: number;
  coefficients?: readonly (readonly [string, Tensor])[];
}

/** One layer while it is imported: what the file says about it, its inputs, its coefficients. */
export class Scope {
  readonly c: Composer;
  readonly node: OnnxNode;
  readonly builder: Builder;
  readonly layer: CaffeLayer;
  readonly facts: NetFacts;

  constructor(node: OnnxNode, builder: Builder, layer: CaffeLayer, facts: NetFacts) {
    this.c = new Composer(node, builder);
    this.node = node;
    this.builder = builder;
    this.layer = layer;
    this.facts = facts;
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

  /** A coefficient. @param filler the message that tells how Caffe fills it when no file does */
  coefficient(index: number, role: BlobRole, shape: Shape, filler?: Message): Tensor {
    return this.facts.weights.tensor(this.layer, { index, role, shape, filler });
  }

  /** A {@link coefficient} as a constant. */
  blob(index: number, role: BlobRole, shape: Shape, filler?: Message): string {
    return this.c.constant(this.coefficient(index, role, shape, filler));
  }

  /** A layer of ACUITY's that no ONNX operator stands for, on pictures. @returns its results, in NCHW */
  nhwcLayer({ op, parameters, inputs, size, outputs = 1, coefficients = [] }: PictureLayer): string[] {
    const { c } = this;
    const read = inputs.map((input) => c.transpose(input, [0, 2, 3, 1]));
    const [batch, channels] = c.shape(inputs[0]);
    const shape = [batch, ...size, channels];
    const written = Array.from({ length: outputs }, () => ({ shape, type: 'float32' as const }));
    return c
      .layer(op, parameters, read, written, coefficients)
      .map((output) => c.transpose(output, [0, 3, 1, 2]));
  }

  /** The layers that read output `index`. */
  readers(index: number): readonly CaffeLayer[] {
    return this.facts.readers.get(this.node.outputs[index] ?? '') ?? [];
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
