import { lowerNetwork } from '../../device/lower.ts';
import type { TypePlan } from '../../device/types.ts';
import type { Network } from '../../network/network.ts';
import { Simulator } from '../../simulator/simulator.ts';

/** How far a tensor is from the float network's, summed over all samples. */
export interface TensorError {
  /** Sum of the squared float values. */
  signal: number;
  /** Sum of the squared differences. */
  noise: number;
}

/** A network in the simulator with every tensor readable, addressed by `@layer:out0`. */
export class Simulation {
  readonly simulator: Simulator;
  private readonly tensors = new Map<string, number>();
  /** Which references the pairs of the comparison stand for, in their order. */
  private compared: string[] = [];

  constructor(network: Network, plan: TypePlan, batch: number, signal: AbortSignal) {
    const { graph, values } = lowerNetwork(network, { plan, batch });
    for (const [ref, { tensor }] of values) {
      if (tensor >= 0 && graph.tensors[tensor].role !== 'const') this.tensors.set(ref, tensor);
    }
    this.simulator = new Simulator(graph, { keepAll: true, signal });
  }

  /** Device tensor of a reference; undefined for constants. */
  tensor(ref: string): number | undefined {
    return this.tensors.get(ref);
  }

  /** Starts to compare with the float network; tensors the two have laid out in different ways are left out. */
  compareWith(reference: Simulation, refs: Iterable<string>): void {
    const pairs = new Map<number, { ref: string; theirs: number }>();
    for (const ref of refs) {
      const ours = this.tensors.get(ref);
      const theirs = reference.tensors.get(ref);
      if (ours === undefined || theirs === undefined || pairs.has(ours)) continue;
      if (sameLayout(this.simulator, ours, reference.simulator, theirs)) pairs.set(ours, { ref, theirs });
    }
    this.compared = [...pairs.values()].map(({ ref }) => ref);
    this.simulator.compareWith(
      reference.simulator,
      [...pairs].map(([ours, { theirs }]) => ({ ours, theirs })),
    );
  }

  /** Errors since {@link compareWith}. */
  errors(): Map<string, TensorError> {
    const differences = this.simulator.comparison();
    return new Map(
      this.compared.map((ref, index) => {
        const { signal, noise } = differences[index];
        return [ref, { signal, noise }];
      }),
    );
  }

  /** Every reference that is not a constant. */
  refs(): IterableIterator<string> {
    return this.tensors.keys();
  }

  dispose(): void {
    this.simulator.dispose();
  }
}

function sameLayout(a: Simulator, ours: number, b: Simulator, theirs: number): boolean {
  const [mine, other] = [a.graph.tensors[ours], b.graph.tensors[theirs]];
  return mine.order.join() === other.order.join() && mine.size.join() === other.size.join();
}
