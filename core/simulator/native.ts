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
}

/** Smallest and largest real value seen per tensor since {@link NativeGraph.resetRanges}. */
export interface NativeRanges {
  /** One entry per tensor of the spec; +Infinity where nothing was seen. */
  min: Float32Array;
  /** One entry per tensor of the spec; -Infinity where nothing was seen. */
  max: Float32Array;
}

/** A graph set up and ready to run. Not thread-safe: use it from one thread. */
export interface NativeGraph {
  /** Writes a whole tensor in its own data type. Throws when the byte length differs. */
  write(tensor: number, data: Uint8Array): void;
  /** Writes a whole tensor from float32, converted by `vsi_nn_Float32ToDtype`'s rules. */
  writeFloat(tensor: number, data: Float32Array): void;
  /** Runs one inference on all threads. Throws with the node's uid and op on failure. */
  run(): void;
  /** A copy of a tensor's elements in its own data type. */
  read(tensor: number): Uint8Array;
  /** A copy of a tensor dequantized to float32. */
  readFloat(tensor: number): Float32Array;
  /** From now on every `run` accumulates the minimum and maximum of each non-constant tensor. */
  resetRanges(): void;
  ranges(): NativeRanges;
  /** Milliseconds each node took in the last `run`, in node order. */
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
  /** Elementwise `vsi_nn_Float32ToDtype`. */
  floatToDtype(data: Float32Array, tensor: NativeTensorSpec): Uint8Array;
}
