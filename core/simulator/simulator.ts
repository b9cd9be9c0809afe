import type { DeviceGraph, DeviceNode, DeviceTensor } from '../device/graph.ts';
import { describeError, StudioError } from '../network/errors.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { loadAddon } from './addon.ts';
import { networkShape, toDeviceLayout, toNetworkLayout } from './layout.ts';
import type {
  CompareMode,
  NativeChannelErrors,
  NativeChannelStats,
  NativeComparison,
  NativeGraph,
  NativeHistogram,
  NativeModule,
} from './native.ts';
import { toNativeSpec, type SpecOptions } from './spec.ts';
import { stopFlagOf } from './stop-flag.ts';

/** How to build a {@link Simulator}. */
export interface SimulatorOptions extends Omit<SpecOptions, 'stop'> {
  /** Of the job; where a stop flag belongs to it, a cancel stops a run between two nodes. */
  signal?: AbortSignal | undefined;
  /** The addon; tests pass a stand-in. */
  module?: NativeModule;
  /** The packed file that the graph was read from: it is loaded instead of the graph. */
  packed?: Uint8Array;
}

/** What a tensor holds after a run. */
export interface TensorValue {
  tensor: DeviceTensor;
  /** The network's shape, outermost dimension first. */
  shape: Shape;
  /** Dequantized, in the network's layout. */
  values: Float32Array;
  /** As the device stores it: its own type and layout, what the case code saves to a file. */
  bytes: Uint8Array;
}

/** Smallest and largest value a tensor took. */
export interface Range {
  min: number;
  max: number;
}

/** A tensor of one simulator and the tensor of its reference that holds the same values. */
export interface TensorPair {
  ours: number;
  theirs: number;
  /** W,H,C,N index of the channels to tell apart, if any. */
  axis?: number;
}

/** Sums over the elements of a pair of tensors; see {@link NativeComparison}. */
export type Difference = TensorPair &
  Record<Exclude<keyof NativeComparison, 'channels'>, number> & { channels: NativeChannelErrors };

/** Runs a device graph. Holds native memory: call {@link Simulator.dispose} when done. */
export class Simulator {
  readonly graph: DeviceGraph;
  private readonly native: NativeGraph;
  private pairs: readonly TensorPair[] = [];
  private reference: Simulator | undefined;

  /** Builds and checks the graph. Throws when the addon is missing or refuses a node. */
  constructor(graph: DeviceGraph, options: SimulatorOptions = {}) {
    const { module = loadAddon(), packed, signal, ...rest } = options;
    const stop = signal && stopFlagOf(signal);
    const specOptions = stop ? { ...rest, stop } : rest;
    this.graph = graph;
    this.native = this.guard(() =>
      packed ? module.loadPacked(packed, specOptions) : module.createGraph(toNativeSpec(graph, specOptions)),
    );
  }

  /** One inference from inputs in the network's layout, one per graph input. */
  run(inputs: readonly Float32Array[]): TensorValue[] {
    this.execute(inputs);
    return this.graph.outputs.map((id) => this.read(id));
  }

  /** {@link run} for those who want no outputs, or read them later: copying them can take as long as the inference. */
  execute(inputs: readonly Float32Array[]): void {
    this.setInputs(inputs);
    this.guard(() => this.native.run());
  }

  /**
   * Runs up to and including the node with this index and leaves the others out: the graph's outputs are then
   * what they were before, and {@link read} gives what that node wrote (with `keepAll`, all tensors before it too).
   */
  runUntil(inputs: readonly Float32Array[], node: number): void {
    this.setInputs(inputs);
    this.guard(() => this.native.run(node));
  }

  /**
   * Runs until the last of these tensors is there, and gives each as soon as it is: without `keepAll`, no more than
   * one of them need be in memory. Those that no node writes come first, then the others in the order of computation.
   * Nothing else may run on the simulator before the next one is asked for.
   */
  *stream(inputs: readonly Float32Array[], ids: Iterable<number>): Generator<TensorValue> {
    this.setInputs(inputs);
    const wanted = new Set(ids);
    const computed = new Set(this.graph.nodes.flatMap(({ outputs }) => outputs));
    for (const id of wanted) if (!computed.has(id)) yield this.read(id);
    let next = 0;
    for (const [index, { outputs }] of this.graph.nodes.entries()) {
      const written = outputs.filter((id) => wanted.has(id));
      if (written.length === 0) continue;
      const first = next;
      this.guard(() => this.native.run(index, first));
      next = index + 1;
      for (const id of written) yield this.read(id);
    }
  }

  /** One inference from inputs in the device's own types and layout. */
  runRaw(inputs: readonly Uint8Array[]): TensorValue[] {
    this.checkCount(inputs.length);
    this.guard(() => {
      inputs.forEach((data, index) => this.native.write(this.graph.inputs[index], data));
      this.native.run();
    });
    return this.graph.outputs.map((id) => this.read(id));
  }

  /** A tensor after a run. Virtual tensors need `keepAll`, or a run that stopped behind their node. */
  read(id: number): TensorValue {
    const tensor = this.tensor(id);
    return this.guard(() => ({
      tensor,
      shape: networkShape(tensor),
      values: toNetworkLayout(tensor, this.native.readFloat(id)),
      bytes: this.native.read(id),
    }));
  }

  /**
   * Forgets the ranges seen so far and starts to collect those of the given tensors (all that are not constant
   * by default; none = stop). Cheap enough to be called before every run. Activations are computed on their own
   * nodes, which is slower, only where the tensor before them is measured.
   */
  resetRanges(tensors?: readonly number[]): void {
    this.guard(() => this.native.resetRanges(tensors && Int32Array.from(tensors)));
  }

  /** Range of a tensor since {@link resetRanges}; undefined when nothing was seen of it. */
  ranges(): (id: number) => Range | undefined {
    const { min, max } = this.guard(() => this.native.ranges());
    return (id) => (min[id] <= max[id] ? { min: min[id], max: max[id] } : undefined);
  }

  /**
   * Starts histograms of tensors, replacing those before; every run adds to them. No tensors = stop.
   * @param bins most bins of each, a power of two from 64 to 16384
   * @throws StudioError 'simulator-failed' for other numbers of bins, constants and unknown tensors
   */
  startHistograms(tensors: readonly number[], bins = 2048): void {
    this.guard(() => this.native.startHistograms(bins, Int32Array.from(tensors)));
  }

  /** Distribution of a tensor since {@link startHistograms}; throws when none was started of it. */
  histogram(id: number): NativeHistogram {
    return this.guard(() => this.native.histogram(id));
  }

  /**
   * Starts statistics along one axis of each tensor (index in W,H,C,N order, as the device has it), replacing
   * those before; every run adds to them. No tensors = stop.
   * @throws StudioError 'simulator-failed' for constants, unknown tensors and axes
   */
  startChannelStats(channels: readonly { tensor: number; axis: number }[]): void {
    const tensors = Int32Array.from(channels, ({ tensor }) => tensor);
    const axes = Int32Array.from(channels, ({ axis }) => axis);
    this.guard(() => this.native.startChannelStats(tensors, axes));
  }

  /** Statistics of a tensor's channels since {@link startChannelStats}; throws when none were started. */
  channelStats(id: number): NativeChannelStats {
    return this.guard(() => this.native.channelStats(id));
  }

  /**
   * Starts to compare tensors of this graph with those of another simulation of the same network, usually in
   * float32. Both are built with `keepAll`, or run `together`. The reference must not be disposed before the
   * comparison is done.
   * @throws StudioError 'shape-mismatch' when a pair differs in layout, 'simulator-failed' when it differs in size
   *   or cannot be compared
   */
  compareWith(reference: Simulator, pairs: readonly TensorPair[]): void {
    for (const { ours, theirs } of pairs) {
      const [mine, other] = [this.tensor(ours), reference.tensor(theirs)];
      if (mine.order.join() !== other.order.join()) {
        const layouts = `[${mine.order.join()}] and [${other.order.join()}]`;
        throw new StudioError(
          'shape-mismatch',
          `${mine.name} and ${other.name} cannot be compared: their layouts differ, ${layouts}`,
        );
      }
    }
    const ours = Int32Array.from(pairs, (pair) => pair.ours);
    const theirs = Int32Array.from(pairs, (pair) => pair.theirs);
    const axes = Int32Array.from(pairs, (pair) => pair.axis ?? -1);
    this.guard(() => this.native.compareWith(reference.native, ours, theirs, axes));
    this.pairs = [...pairs];
    this.reference = reference;
  }

  /**
   * Adds one sample to the comparison. The reference must have been run on the same inputs just before, but for
   * `together`, which runs it too. With `single`, tensors that nodes read hold the reference's values afterwards.
   */
  runCompared(inputs: readonly Float32Array[], mode: CompareMode): void {
    if (mode !== 'stored') this.setInputs(inputs);
    if (mode === 'together') this.reference?.setInputs(inputs);
    this.guard(() => this.native.runCompared(mode));
  }

  /** Sums since {@link compareWith}, one entry per pair. */
  comparison(): Difference[] {
    const sums = this.guard(() => this.native.comparison());
    return this.pairs.map((pair, index) => ({
      ...pair,
      count: sums.count[index],
      signal: sums.signal[index],
      own: sums.own[index],
      dot: sums.dot[index],
      noise: sums.noise[index],
      maxError: sums.maxError[index],
      clipped: sums.clipped[index],
      channels: sums.channels[index],
    }));
  }

  /** How long each node took in the last run. */
  times(): { node: DeviceNode; milliseconds: number }[] {
    const times = this.guard(() => this.native.times());
    return this.graph.nodes.map((node, index) => ({ node, milliseconds: times[index] ?? 0 }));
  }

  /** Frees the native memory; the simulator is unusable afterwards. */
  dispose(): void {
    this.native.dispose();
  }

  private setInputs(inputs: readonly Float32Array[]): void {
    this.checkCount(inputs.length);
    inputs.forEach((data, index) => {
      const tensor = this.tensor(this.graph.inputs[index]);
      const count = elementCount(tensor.size);
      if (data.length !== count) {
        const shape = networkShape(tensor).join(',');
        throw new StudioError(
          'shape-mismatch',
          `input ${index} (${tensor.name}) takes ${count} values [${shape}], got ${data.length}`,
        );
      }
      if (tensor.type === 'int32') checkIntegers(tensor, data);
      this.guard(() => this.native.writeFloat(tensor.id, toDeviceLayout(tensor, data)));
    });
  }

  private checkCount(count: number): void {
    const expected = this.graph.inputs.length;
    if (count !== expected) {
      throw new StudioError('shape-mismatch', `the network has ${expected} inputs, got data for ${count}`);
    }
  }

  private tensor(id: number): DeviceTensor {
    const tensor = this.graph.tensors.at(id);
    if (id < 0 || !tensor) throw new StudioError('simulator-failed', `the graph has no tensor ${id}`);
    return tensor;
  }

  /** Native errors name a node by its uid; people know it by its layer. */
  private guard<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error instanceof StudioError) throw error;
      const message = describeError(error);
      if (isCancelled(error)) throw new StudioError('cancelled', message);
      const uid = /\buid[ :=]*(\d+)/.exec(message)?.[1];
      const node = uid === undefined ? undefined : this.graph.nodes.find((item) => item.uid === Number(uid));
      const place = node === undefined ? {} : { layer: node.layer, ...node.place };
      throw new StudioError('simulator-failed', message, place);
    }
  }
}

const isCancelled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'cancelled';

/** Up to here float32 holds every integer; beyond, a value may have been rounded on its way. */
const EXACT = 2 ** 24;

/** Integers travel as float32. Throws for those that may not be what they were in the file. */
function checkIntegers(tensor: DeviceTensor, data: Float32Array): void {
  const at = data.findIndex((value) => !(Math.abs(value) <= EXACT));
  if (at < 0) return;
  throw new StudioError(
    'dataset-invalid',
    `value ${at} of input ${tensor.name} is ${data[at]}; integer inputs take values from -${EXACT} to ${EXACT}`,
  );
}
