import type { Builder } from './builder.ts';
import type { Draft } from './draft.ts';
import type { BoundInput } from './inputs.ts';
import type { OnnxNode } from './node.ts';

/** What a model says itself about how its tensors are quantized, asked while its nodes are converted. */
export interface QuantizationSource {
  /** What is not as in the model, for people. */
  readonly notes: readonly string[];
  /** The label of the operator that imports the node. */
  labelOf(node: OnnxNode): string;
  /** Whether {@link convert} imports nodes of a type that no operator does. */
  stands(node: OnnxNode): boolean;
  /** The inputs as the network has them: integers that stand for reals become reals. */
  inputs(bound: readonly BoundInput[]): BoundInput[];
  /** Gives the graph's inputs their entries. */
  markInputs(builder: Builder): void;
  /** Imports the node if it is about quantization. @returns false when it is to be imported like any other */
  convert(node: OnnxNode, builder: Builder): boolean;
  /** After a node that was imported like any other. */
  converted(node: OnnxNode, builder: Builder): void;
  /** After all nodes. */
  finish(outputs: readonly Draft[]): void;
}

/** Of a model that says nothing. */
export const notQuantized: QuantizationSource = {
  notes: [],
  labelOf: (node) => node.label,
  stands: () => false,
  inputs: (bound) => [...bound],
  markInputs: () => undefined,
  convert: () => false,
  converted: () => undefined,
  finish: () => undefined,
};
