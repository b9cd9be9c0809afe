import type { ParameterValue } from '../../network/layer.ts';
import type { QuantizeEntry } from '../../network/quantize-table.ts';
import type { ElementType, Shape, Tensor } from '../../network/tensor.ts';

/** Name of the permutes that nobody asked for; the toolkit's word. */
export const HELPER_PERMUTE = 'acuity_mark_perm';

/** One output of a {@link Draft}. */
export interface DraftRef {
  draft: Draft;
  port: number;
}

/** What a {@link Draft} is made from. */
export interface DraftInit {
  name: string;
  /** What the layer's key begins with, where that is not its name. */
  stem?: string | undefined;
  op: string;
  parameters?: readonly (readonly [string, ParameterValue])[];
  inputs?: readonly DraftRef[];
  outputs?: number;
  coefficients?: readonly (readonly [string, Tensor])[];
  /** `layer` stands for a node of the source; the others only help and are numbered last. */
  kind?: 'layer' | 'permute' | 'helper';
}

/** A layer before it has its number. */
export class Draft {
  name: string;
  readonly stem: string | undefined;
  op: string;
  parameters: Map<string, ParameterValue>;
  inputs: DraftRef[];
  readonly outputs: number;
  readonly coefficients: Map<string, Tensor>;
  readonly kind: 'layer' | 'permute' | 'helper';
  /** How the model stores outputs (`out0`) and coefficients (`weight`), where it says so. */
  readonly entries = new Map<string, QuantizeEntry>();

  constructor(init: DraftInit) {
    this.name = init.name;
    this.stem = init.stem;
    this.op = init.op;
    this.parameters = new Map(init.parameters);
    this.inputs = [...(init.inputs ?? [])];
    this.outputs = init.outputs ?? 1;
    this.coefficients = new Map(init.coefficients);
    this.kind = init.kind ?? 'layer';
  }
}

/** A tensor of the ONNX graph that is computed at run time: where it is stored, and in which axis order. */
export interface Value {
  /** As ONNX has it. */
  shape: Shape;
  type: ElementType;
  ref: DraftRef;
  /** Stored axis s holds ONNX axis order[s]: [0,2,3,1] = a NCHW tensor stored as NHWC. */
  order: readonly number[];
  /** Name for the permute layer when an ONNX Transpose caused the order. */
  transposeName?: string;
}

/** A tensor of the ONNX graph whose values are known at import time. */
export interface Constant {
  tensor: Tensor;
  /** Name of the `variable` layer it becomes when a layer reads it. */
  layerName: string;
}

/** The ONNX order of a tensor of this rank. */
export const identityOrder = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** Channel-last order: [0,2,3,1] for rank 4, [0,2,1] for rank 3. */
export function channelLastOrder(rank: number): number[] {
  if (rank < 3) return identityOrder(rank);
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

/** The way back from {@link channelLastOrder}: [0,3,1,2] for rank 4, [0,2,1] for rank 3. */
export function channelFirstOrder(rank: number): number[] {
  if (rank < 3) return identityOrder(rank);
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
}

/** A shape as it is stored. */
export const storedShape = (shape: Shape, order: readonly number[]): number[] =>
  order.map((axis) => shape[axis]);

/** Whether two axis orders are the same. */
export const sameOrder = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i]);

/** The order a tensor has after axes were dropped; `dropped` are ONNX axes. */
export function orderWithout(order: readonly number[], dropped: ReadonlySet<number>): number[] {
  const kept = [...order].filter((axis) => !dropped.has(axis));
  const renumbered = [...kept].sort((a, b) => a - b);
  return kept.map((axis) => renumbered.indexOf(axis));
}

/** Whether moving the axes leaves the elements where they are, because only axes of size 1 move. */
export function movesOnlyUnits(shape: Shape, from: readonly number[], to: readonly number[]): boolean {
  const real = (order: readonly number[]): number[] => order.filter((axis) => shape[axis] !== 1);
  return sameOrder(real(from), real(to));
}
