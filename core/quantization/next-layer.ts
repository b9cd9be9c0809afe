import { constantValues } from '../device/constant-values.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { lowerNetwork, type LoweredNetwork } from '../device/lower.ts';
import { storeAs } from '../device/stored-constant.ts';
import { floatPlan, storedType } from '../device/types.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import type { QuantizeEntry } from '../network/quantize-table.ts';
import { floatTensor } from '../network/tensor.ts';
import { toDeviceLayout, toNetworkLayout } from '../simulator/layout.ts';
import { Simulator } from '../simulator/simulator.ts';
import {
  addErrors,
  errorsOf,
  measureOf,
  noErrors,
  type ErrorMeasure,
  type ErrorSums,
} from './error-measure.ts';
import { readerNetwork } from './reader-network.ts';

const FLOAT = floatPlan('float32');

/**
 * What becomes of a tensor in the layers that read it when only this tensor is quantized. Keeps what these layers
 * read and give in float32 for one run of the network, and nothing of the other layers.
 */
export class NextLayers {
  private readonly graph: DeviceGraph;
  private readonly readers: readonly string[];
  private readonly inputs: Float32Array[];
  /** Which of the inputs is the tensor. */
  private readonly own: number;
  private readonly reference: readonly Float32Array[];

  /**
   * Runs the whole network once in float32.
   * @param network with coefficients
   * @param ref the tensor, `@layer:out0`
   * @param inputs a value per element of each input layer, in the network's layout
   * @param batch samples in them
   * @throws StudioError 'usage' when the tensor is a constant, or no layer computes with it
   */
  constructor(
    network: Network,
    private readonly ref: string,
    inputs: readonly Float32Array[],
    batch: number,
  ) {
    const whole = lowerNetwork(network, { plan: FLOAT, batch });
    const cut = readerNetwork(network, whole, ref);
    this.own = cut.reads.indexOf(ref);
    if (this.own < 0 || cut.readers.length === 0) {
      throw new StudioError('usage', `no layer computes with ${ref}: there is no next layer to look at`);
    }
    this.readers = cut.readers;
    this.graph = lowerNetwork(cut.network, { plan: FLOAT, batch }).graph;
    this.inputs = valuesOf(whole, inputs, cut.reads);
    this.reference = this.run([this.inputs])[0];
  }

  /**
   * Errors of the readers' outputs against float32, by layer key, with the tensor stored as each of the entries says
   * and everything else in float32.
   * @throws StudioError 'quantize-invalid' for an entry that no tensor can have
   */
  errors(entries: readonly QuantizeEntry[]): Map<string, ErrorMeasure>[] {
    const runs = entries.map((entry) => this.inputs.with(this.own, this.quantized(entry)));
    return this.run(runs).map((outputs) => {
      const sums = new Map<string, ErrorSums>();
      outputs.forEach((values, index) => {
        const layer = this.readers[index];
        const sum = sums.get(layer) ?? noErrors();
        addErrors(sum, errorsOf(this.reference[index], values));
        sums.set(layer, sum);
      });
      return new Map([...sums].map(([layer, sum]) => [layer, measureOf(sum)]));
    });
  }

  /** The tensor's values stored and read back. */
  private quantized(entry: QuantizeEntry): Float32Array {
    const values = this.inputs[this.own];
    const { data, type, quantization } = storeAs(
      floatTensor([values.length], values),
      storedType(entry, this.ref),
    );
    const size = [values.length];
    const stored = {
      id: 0,
      name: this.ref,
      size,
      type,
      quantization,
      role: 'const',
      data,
      order: [0],
    } as const;
    return constantValues(stored) ?? values;
  }

  private run(runs: readonly Float32Array[][]): Float32Array[][] {
    const simulator = new Simulator(this.graph);
    try {
      return runs.map((inputs) => simulator.run(inputs).map(({ values }) => values));
    } finally {
      simulator.dispose();
    }
  }
}

/** Tensors of the network for these inputs, in the network's layout. */
function valuesOf(
  { graph, values }: LoweredNetwork,
  inputs: readonly Float32Array[],
  refs: readonly string[],
): Float32Array[] {
  const simulator = new Simulator(graph, { keepAll: true });
  try {
    simulator.execute(inputs);
    return refs.map((ref) => {
      const operand = values.get(ref);
      if (!operand) throw new StudioError('network-invalid', `the tensor ${ref} does not exist`);
      const read = simulator.read(operand.tensor);
      // Layers that only rename axes share a device tensor, and differ in how they see it.
      const seen = { ...read.tensor, order: operand.order };
      return toNetworkLayout(seen, toDeviceLayout(read.tensor, read.values));
    });
  } finally {
    simulator.dispose();
  }
}
