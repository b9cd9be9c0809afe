import type { DeviceParam, DeviceType } from '../device/graph.ts';
import type { Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { Shape, Tensor } from '../network/tensor.ts';

/** How one parameter of an op is stored, for readers, forms and docs. */
export interface ParameterSpec {
  type: 'int' | 'ints' | 'real' | 'flag' | 'text';
  /** What an absent key means; undefined = required. */
  fallback?: number | readonly number[] | boolean | string;
  /** One line: meaning, axis order, allowed values. */
  meaning: string;
}

/**
 * Where a layer's output range comes from when a network is quantized.
 * - `own`: calibrated; computes new values.
 * - `same`: copies elements of input 0, so it takes that tensor's parameters exactly.
 * - `none`: carries integers or booleans, never quantized.
 * - `float`: carries reals that 8 bits are too few for, like positions in pixels: float16 in quantized graphs.
 */
export type RangeRule = 'own' | 'same' | 'none' | 'float';

/** What an op needs to know to infer shapes. */
export interface ShapeContext {
  layer: Layer;
  network: Network;
  /** Shapes of the inputs, stored layout, batch already a number. */
  inputs: readonly Shape[];
  /** Batch to use where an input layer leaves it open. */
  batch: number;
}

/**
 * A value during lowering: a device tensor and how its axes relate to the network's. Framework-order
 * device axis i is network axis `order[i]`; device sizes are those dimensions reversed (W,H,C,N).
 */
export interface Operand {
  /** Device tensor id. */
  tensor: number;
  /** Shape in the network's axes. */
  shape: Shape;
  order: readonly number[];
}

/** What an op's `lower` works with. It emits device nodes and says what the layer's outputs are. */
export interface LowerContext {
  readonly layer: Layer;
  readonly network: Network;
  readonly inputs: readonly Operand[];
  /** Shape of an output in the network's axes. */
  shape(port?: number): Shape;
  /** The operand with its device axes in `order`; inserts a PERMUTE (or RESHAPE) when they are not. */
  ordered(operand: Operand, order: readonly number[]): Operand;
  /** A coefficient; throws naming layer and coefficient when it is missing. */
  coefficient(name: string): Tensor;
  hasCoefficient(name: string): boolean;
  /** A constant device tensor from a coefficient laid out in device order (C order of reversed `size`). */
  constant(name: string, size: readonly number[], values: Tensor, role: ConstantRole): number;
  /** The layer's bias for products of these two, `count` values; -1 when the layer has none. */
  bias(input: Operand, weight: number, count: number): number;
  /** A one-value constant that takes part in arithmetic, as an operand of shape [1]. */
  scalar(name: string, value: number): Operand;
  /**
   * Emits the node that computes the layer's outputs; output p gets the layer's shape p in `orders[p]`.
   */
  emit(
    op: string,
    params: Readonly<Record<string, DeviceParam>>,
    inputs: readonly number[],
    orders: readonly (readonly number[])[],
  ): void;
  /** Emits a helper node; its result is an intermediate with the range of the layer's input or output. */
  helper(
    op: string,
    params: Readonly<Record<string, DeviceParam>>,
    inputs: readonly number[],
    shape: Shape,
    options?: HelperOptions,
  ): Operand;
  /** Output `port` is an existing operand seen with these axes: no node needed. */
  alias(operand: Operand, port?: number): void;
}

/** Options of {@link LowerContext.helper}. */
export interface HelperOptions {
  /** Axis order of the result; identity when absent. */
  order?: readonly number[];
  /** Quantization: of the layer's output (default), or copied from this operand. */
  like?: Operand;
  /** An intermediate whose range is unlike the output's: float even in quantized graphs. */
  precise?: boolean;
}

/** How a constant is stored in a quantized graph. */
export type ConstantRole =
  /**
   * Quantized like a weight; of the type of `input` when that, and not the layer's output, decides. `channelDim` is
   * the W,H,C,N index of its output channels, where it has some.
   */
  | { kind: 'weight'; input?: Operand; channelDim?: number }
  /** An integer in steps of input times weight; float32 in float graphs. */
  | { kind: 'bias'; input: Operand; weight: number }
  /** Kept in this type whatever the scheme. */
  | { kind: 'exact'; type: DeviceType };

/** One op: its ACUITY name, parameters, shapes, lowering, quantization and cost, in one place. */
export interface OpSpec {
  /** ACUITY op name as in the .json. */
  op: string;
  /** One sentence: what it computes. */
  summary: string;
  parameters: Readonly<Record<string, ParameterSpec>>;
  /** Names in the .data file, weight first. */
  coefficients?: readonly string[];
  /** Shapes of the coefficients that a layer with these inputs has, as the .data file stores them. */
  coefficientShapes?(layer: Layer, inputs: readonly Shape[]): Readonly<Record<string, Shape>>;
  /** Those of {@link coefficients} that the quantize table lists; weight before bias. */
  quantizedCoefficients?: readonly string[];
  /**
   * The weight can have a scale per output channel (the last axis as stored); answers how many neighbouring outputs
   * share one: those of one input channel in a depthwise filter.
   */
  outputsPerScale?(layer: Layer, weight: Tensor): number;
  /** Takes the range of a clamping activation that is its only reader (observed on real tables). */
  fusesActivation?: boolean;
  /** Smallest and largest number of inputs. */
  arity: readonly [number, number];
  range: RangeRule | ((layer: Layer) => RangeRule);
  /** Element type of an output where the op fixes it (comparisons, indices, casts to integers). */
  outputType?(layer: Layer, port: number): DeviceType | undefined;
  /**
   * Which inputs decide that the outputs stay integers: when all of them are int32 (or all bool8), so are the
   * outputs. Absent: ops that copy elements follow input 0, the others compute floats.
   */
  keepsIntegers?: 'all' | readonly number[];
  /** Clamps or cuts its input, so the producer in front may take this op's range (user guide 3.4; observed). */
  clamps?: boolean;
  /** Output shapes in the network's axes. Throws StudioError 'shape-mismatch' on bad input. */
  shapes(context: ShapeContext): Shape[];
  lower(context: LowerContext): void;
  /** Multiply-accumulates of one run, batch included. Absent = 0. */
  macs?(layer: Layer, inputs: readonly Shape[], outputs: readonly Shape[]): number;
}
