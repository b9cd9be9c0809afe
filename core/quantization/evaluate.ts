import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, type TypePlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { fixedBatch, inputsInOrder, parts } from '../simulator/batching.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { Simulator } from '../simulator/simulator.ts';
import { addErrors, errorsOf, measureOf, noErrors, type ErrorMeasure } from './error-measure.ts';

/** Samples to evaluate on, one at a time where the network allows. */
export interface LabelledBatch {
  /** Input layer key → values of all samples one after the other. */
  inputs: ReadonlyMap<string, Float32Array>;
  /** Class of each sample, where the dataset says. */
  labels: readonly (number | undefined)[];
}

/** One way to run a network: itself or a hybrid form of it, and how its tensors are stored. */
export interface Candidate {
  network: Network;
  plan: TypePlan;
  /** How integer sums become codes; default: exactly. */
  requantization?: NativeRequantization;
}

/** How a candidate did. */
export interface Evaluation {
  /** Each output against the float network's. */
  outputs: ErrorMeasure[];
  /** Samples with a label. */
  labelled: number;
  /** Share of labelled samples whose largest value of the first output is the label's; NaN without labels. */
  top1: number;
  /** Share of all samples whose largest value is where the float network has it. */
  agreement: number;
}

/**
 * Runs candidates over the same samples and compares each with the float32 network. The batch size of a network
 * that leaves it open is 1.
 * @returns in the order of the candidates
 */
export async function evaluate(
  float: Network,
  candidates: readonly Candidate[],
  batches: AsyncIterable<LabelledBatch>,
  signal: AbortSignal,
): Promise<Evaluation[]> {
  const batch = fixedBatch(float) ?? 1;
  const simulate = ({ network, plan, requantization = 'exact' }: Candidate): Simulator =>
    new Simulator(lowerNetwork(network, { plan, batch }).graph, { signal, requantization });
  const open: Simulator[] = [];
  try {
    const reference = simulate({ network: float, plan: floatPlan('float32') });
    open.push(reference);
    const tallies = candidates.map((candidate) => {
      const simulator = simulate(candidate);
      open.push(simulator);
      return new Tally(simulator);
    });
    for await (const { inputs, labels } of batches) {
      const runs = parts(inputsInOrder(float, inputs), labels.length / batch);
      runs.forEach((run, index) => {
        signal.throwIfAborted();
        const wanted = reference.run(run).map(({ values }) => values.slice());
        const own = labels.slice(index * batch, (index + 1) * batch);
        for (const tally of tallies) tally.add(run, wanted, own);
      });
    }
    return tallies.map((tally) => tally.result());
  } finally {
    for (const simulator of open) simulator.dispose();
  }
}

/** Counts of one candidate. */
class Tally {
  private readonly simulator: Simulator;
  private readonly sums;
  private samples = 0;
  private labelled = 0;
  private right = 0;
  private agreed = 0;

  constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.sums = simulator.graph.outputs.map(noErrors);
  }

  add(
    run: readonly Float32Array[],
    wanted: readonly Float32Array[],
    labels: readonly (number | undefined)[],
  ): void {
    const outputs = this.simulator.run(run);
    outputs.forEach(({ values }, port) => addErrors(this.sums[port], errorsOf(wanted[port], values)));
    const size = outputs[0].values.length / labels.length;
    labels.forEach((label, sample) => {
      const part = (values: Float32Array) => values.subarray(sample * size, (sample + 1) * size);
      const best = largestIndex(part(outputs[0].values));
      this.samples++;
      if (best === largestIndex(part(wanted[0]))) this.agreed++;
      if (label === undefined) return;
      this.labelled++;
      if (best === label) this.right++;
    });
  }

  result(): Evaluation {
    return {
      outputs: this.sums.map(measureOf),
      labelled: this.labelled,
      top1: this.right / this.labelled,
      agreement: this.agreed / this.samples,
    };
  }
}

function largestIndex(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}
