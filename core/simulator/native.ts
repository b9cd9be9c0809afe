/**
 * The typed face of the Node-API addon (native-sim/binding). Everything here is plain data: the addon
 * builds an ovxlib graph from a {@link NativeGraphSpec} through the very same `vsi_nn_*` calls that the
 * exported case code makes.
 */

/** One tensor of a graph, in ovxlib terms. */
export interface NativeTensorSpec {
  /** Dimensions in W,H,C,N order: index 0 is the innermost (fastest) one. */
  size: readonly number[];
  /** `VSI_NN_TYPE_*` value of ovxlib 1.1.34. */
  vxType: number;
  /** `VSI_NN_QNT_TYPE_*` value; 0 = not quantized. */
  qntType: number;
  /** Affine: real = (q - zeroPoint) * scale. */
  scale?: number;
  zeroPoint?: number;
  /** Dynamic fixed point: real = q * 2^-fl. */
  fl?: number;
  /** Per-channel symmetric scales along `channelDim` (W,H,C,N index). */
  scales?: Float32Array;
  channelDim?: number;
  /** Present on constants: little-endian elements, innermost dimension fastest. Copied by the addon. */
  data?: Uint8Array;
  /** A tensor between two nodes that nobody outside reads (ovxlib's `vtl`). */
  virtual: boolean;
}

/** A value of one field of a node's parameter struct; enums and booleans are their numbers. */
export type NativeParam = number | readonly number[];

/** One node; tensors are indices into {@link NativeGraphSpec.tensors}, -1 = absent optional input. */
export interface NativeNodeSpec {
  /** `VSI_NN_OP_*` value. */
  op: number;
  uid: number;
  inputs: readonly number[];
  outputs: readonly number[];
  /** Fields of `nn_param.<member>` by name, e.g. `{ ksize: [3, 3], stride: [1, 1] }`. */
  params: Readonly<Record<string, NativeParam>>;
  /** Fields of `vx_param` by name, e.g. `{ overflow_policy: 40961 }`. */
  vx?: Readonly<Record<string, number>>;
}

/**
 * How the sums of integer convolutions and fully connected layers become codes: as exactly as possible, or as NN cores
 * of version 7 or 8 do it, inferred from public drivers and not confirmed on a board (native-sim/README.md).
 */
export type NativeRequantization = 'exact' | 'npu7' | 'npu8';

/** A whole graph: what {@link NativeModule.createGraph} takes. */
export interface NativeGraphSpec {
  tensors: readonly NativeTensorSpec[];
  nodes: readonly NativeNodeSpec[];
  /** Tensor indices of the graph inputs and outputs. */
  inputs: readonly number[];
  outputs: readonly number[];
  /** Keep every virtual tensor readable after `run` (otherwise their memory is shared). */
  keepAll?: boolean;
  /** Worker threads; 0 or absent = one per core. */
  threads?: number;
  /** Runs stop before the next node when another thread makes its first element anything but 0. */
  stop?: Int32Array;
  /** Absent = exact. */
  requantization?: NativeRequantization;
}

/** Smallest and largest real value seen per tensor since {@link NativeGraph.resetRanges}. */
export interface NativeRanges {
  /** One entry per tensor of the spec; +Infinity where nothing was seen. */
  min: Float32Array;
  /** One entry per tensor of the spec; -Infinity where nothing was seen. */
  max: Float32Array;
}

/** Distribution of the values a tensor took; see {@link NativeGraph.startHistograms}. */
export interface NativeHistogram {
  /** Width of every bin, a power of two; 0 while no value is in any bin. */
  width: number;
  /**
   * Index of the first bin. Bin i >= 0 holds i*width <= x < (i+1)*width; bin i < 0 mirrors that and holds
   * i*width < x <= (i+1)*width.
   */
  first: number;
  /** How many values are in each bin; the first and the last are not empty. */
  counts: Float64Array;
  /** Values that are exactly zero; they are in no bin. */
  zeros: number;
  /** NaN and infinities; they are in no bin. */
  others: number;
  /** All values: those in bins, zeros and others. */
  count: number;
  /** Smallest and largest finite value; +Infinity and -Infinity while there is none. */
  min: number;
  max: number;
}

/** Statistics of a tensor channel by channel; see {@link NativeGraph.startChannelStats}. */
export interface NativeChannelStats {
  /** One entry per channel, without NaN; +Infinity and -Infinity while nothing was seen. */
  min: Float32Array;
  max: Float32Array;
  /** One entry per channel, in double precision; NaN if a value was. */
  sum: Float64Array;
  /** Elements of each channel. */
  count: number;
}

/**
 * What {@link NativeGraph.runCompared} computes before it compares: `entire` runs the graph as always;
 * `single` gives every node the reference's values as inputs, so that each node's own error is seen;
 * `stored` runs no node and only converts the reference's values to the stored types and back; `together` runs both
 * graphs node by node and compares each pair while both have it, so that neither graph needs `keepAll`.
 */
export type CompareMode = 'entire' | 'single' | 'stored' | 'together';

/** Sums of ref^2 and of (ours - ref)^2, one entry per channel. */
export interface NativeChannelErrors {
  signal: Float64Array;
  noise: Float64Array;
}

/** Sums over the elements of each compared pair of tensors, in the order of the pairs. */
export interface NativeComparison {
  count: Float64Array;
  /** Sum of ref^2. */
  signal: Float64Array;
  /** Sum of ours^2. */
  own: Float64Array;
  /** Sum of ref * ours. */
  dot: Float64Array;
  /** Sum of (ours - ref)^2. */
  noise: Float64Array;
  /** Largest |ours - ref|. */
  maxError: Float64Array;
  /** How many reference values lie outside of the real numbers that our stored type reaches. */
  clipped: Float64Array;
  /** Sums per channel of each pair that was given an axis; empty for the others. */
  channels: readonly NativeChannelErrors[];
}

/** A graph set up and ready to run. Not thread-safe: use it from one thread. */
export interface NativeGraph {
  /** Writes a whole tensor in its own data type. Throws when the byte length differs. */
  write(tensor: number, data: Uint8Array): void;
  /** Writes a whole tensor from float32, converted by `vsi_nn_Float32ToDtype`'s rules. */
  writeFloat(tensor: number, data: Float32Array): void;
  /**
   * Runs one inference on all threads, up to and including the node with index `last` if there is one given. With
   * `first`, only from that node on: the run before must have stopped right in front of it.
   * Throws with the node's uid and op on failure, with the code "cancelled" when the flag `stop` is raised.
   */
  run(last?: number, first?: number): void;
  /**
   * A copy of a tensor's elements in its own data type. A virtual tensor can be read with `keepAll`, or when the run
   * stopped behind the node that writes it.
   */
  read(tensor: number): Uint8Array;
  /** A copy of a tensor dequantized to float32. */
  readFloat(tensor: number): Float32Array;
  /**
   * From now on every `run` accumulates the minimum and maximum of the given tensors, of all non-constant
   * ones if there are none given. An empty list stops it.
   */
  resetRanges(tensors?: Int32Array): void;
  ranges(): NativeRanges;
  /**
   * From now on every `run` counts the values of the given tensors in at most `bins` bins (a power of two from
   * 64 to 16384). Their width is the smallest power of two for the range seen so far, but no less than 2^-23 of
   * the largest magnitude: it doubles and bins merge in pairs when the range grows. So the result does not
   * depend on the order of the data, nor on threads. Replaces the histograms before; no tensors = stop.
   */
  startHistograms(bins: number, tensors: Int32Array): void;
  /** Throws when no histogram of this tensor was started. */
  histogram(tensor: number): NativeHistogram;
  /**
   * From now on every `run` accumulates statistics of the given tensors along an axis each (index in W,H,C,N
   * order). Replaces those before; no tensors = stop.
   */
  startChannelStats(tensors: Int32Array, axis: Int32Array): void;
  /** Throws when no channel statistics of this tensor were started. */
  channelStats(tensor: number): NativeChannelStats;
  /**
   * Zeroes the comparison and pairs tensors of this graph with tensors of the reference: same sizes, not
   * constant, each of ours in one pair only; virtual ones need `keepAll` in all modes but `together`. Keeps the
   * reference alive.
   */
  compareWith(reference: NativeGraph, ours: Int32Array, theirs: Int32Array, axes?: Int32Array): void;
  /**
   * Compares once more and adds to the sums. The reference must have been run (`together`: its inputs been
   * written), and but for `stored` the inputs of this graph been written. `single` compares graph inputs as they were written, then leaves the
   * reference's values in every tensor of a pair that a node reads; a node input that is in no pair is what the
   * node before computed. Throws when the reference was disposed. After a stop the sums are of part of the tensors:
   * call `compareWith` again.
   */
  runCompared(mode: CompareMode): void;
  comparison(): NativeComparison;
  /** Milliseconds each node took in the last `run`, in node order; 0 where it did not come to, or the node before did its work. */
  times(): Float64Array;
  /** Frees the native memory now; the object is unusable afterwards. */
  dispose(): void;
}

/** One field of an op's parameter struct as the C headers declare it. */
export interface NativeField {
  name: string;
  /** 'i8' | 'u8' | 'i32' | 'u32' | 'f32' for scalars and fixed arrays, 'u32*' | 'i32*' | 'f32*' for pointers. */
  type: string;
  /** Elements of a fixed array; 1 for a scalar; 0 for a pointer. */
  count: number;
}

/** What the addon exports. */
export interface NativeModule {
  /** ovxlib version the headers follow, e.g. "1.1.34". */
  version: string;
  /** Instruction-set variants this machine can use, slowest first; the last is used. */
  features(): string[];
  /** Chooses a variant by name (tests compare them); '' = the best one. */
  useFeature(name: string): void;
  /** Ops the simulator executes: ovxlib op value → name, nn_param member, fields. */
  ops(): { value: number; name: string; member: string; fields: NativeField[] }[];
  /** Builds and sets up a graph; throws with the first failing node's uid, op and reason. */
  createGraph(spec: NativeGraphSpec): NativeGraph;
  /**
   * Sets up the network of a packed file; tensors have their numbers in the file. Throws when anything in the
   * file is damaged or impossible, or when it is for another device than `NIBBLE_SIM_PID` says.
   */
  loadPacked(
    file: Uint8Array,
    options?: Pick<NativeGraphSpec, 'keepAll' | 'threads' | 'requantization' | 'stop'>,
  ): NativeGraph;
  /** Elementwise `vsi_nn_Float32ToDtype`. */
  floatToDtype(data: Float32Array, tensor: NativeTensorSpec): Uint8Array;
}
