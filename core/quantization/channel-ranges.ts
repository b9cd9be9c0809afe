import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import type { Network } from '../network/network.ts';
import { inputsInOrder, parts, samplesPerRun } from '../simulator/batching.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { CalibrateOptions } from './calibrate.ts';
import type { ChannelRange } from './equalization.ts';

/**
 * Smallest and largest value of every channel (last axis) of some tensors of the float32 network, over the
 * calibration batches.
 * @returns by reference; tensors that no node writes are left out
 */
export async function channelRanges(
  network: Network,
  refs: ReadonlySet<string>,
  options: CalibrateOptions,
): Promise<Map<string, ChannelRange>> {
  const batch = samplesPerRun(network, options.batchSize);
  const { graph, values } = lowerNetwork(network, { plan: floatPlan('float32'), batch });
  const wanted = [...values].flatMap(([ref, { tensor, order }]) => {
    // Device dimensions run the other way round.
    const axis = order.length - 1 - order.indexOf(order.length - 1);
    return refs.has(ref) && tensor >= 0 ? [{ ref, tensor, axis }] : [];
  });
  const simulator = new Simulator(graph, { signal: options.signal });
  try {
    simulator.startChannelStats(wanted);
    let done = 0;
    for await (const { inputs } of options.batches) {
      for (const run of parts(inputsInOrder(network, inputs), options.batchSize / batch)) {
        options.signal.throwIfAborted();
        simulator.execute(run);
      }
      options.onBatch(++done);
    }
    return new Map(wanted.map(({ ref, tensor }) => [ref, simulator.channelStats(tensor)] as const));
  } finally {
    simulator.dispose();
  }
}
