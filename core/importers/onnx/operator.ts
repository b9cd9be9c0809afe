import type { Tensor } from '../../network/tensor.ts';
import type { Builder } from './builder.ts';
import type { OnnxNode } from './node.ts';

/** How one ONNX operator is imported. Adding an operator is adding one of these to a family in ops/. */
export interface Operator {
  /**
   * Emits layers for the node and says what its outputs are. Throws {@link Unsupported} for what ACUITY
   * has no layer for; it must not change the builder before it throws.
   */
  convert?: (node: OnnxNode, builder: Builder) => void;
  /** Computes the outputs when every input is known; absent optional inputs are undefined. */
  fold?: (node: OnnxNode, inputs: readonly (Tensor | undefined)[]) => readonly Tensor[];
}

/** Operators by type; ones outside ai.onnx as `domain:Type`. */
export type OperatorFamily = Readonly<Record<string, Operator>>;

/** An input that a fold needs. */
export function needed(node: OnnxNode, inputs: readonly (Tensor | undefined)[], index: number): Tensor {
  const tensor = inputs[index];
  if (!tensor) throw node.invalid(`input ${index} is missing`);
  return tensor;
}
