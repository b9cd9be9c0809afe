import { z } from 'zod';
import { counted } from '../network/counted.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { layerUnits, type LayerUnits } from '../device/layer-units.ts';
import { elementCount } from '../network/tensor.ts';
import { fixedBatch } from '../simulator/batching.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { DeviceGraph } from '../device/graph.ts';
import type { JobContext } from './context.ts';
import { loadNetwork, loadQuantizeTable } from './load.ts';
import { dataOption, modelOption, parseOptions } from './options.ts';

/** Options of `profile`: library and studio only, the vendor's tool has no such command. */
export const profileOptions = z.object({
  model: modelOption,
  modelData: dataOption,
  modelQuantize: z.string().min(1).optional().describe('a quantize table (default: as float32)'),
  runs: z.int().min(0).max(100).default(5).describe('inferences to time; 0 = only say which units are used'),
});

/** What one layer of the network is on the device, and how long the simulator takes for it. */
export interface LayerProfile extends Omit<LayerUnits, 'nodes'> {
  /** Sum over its nodes; null when nothing was timed. */
  milliseconds: number | null;
  /** Operators it was lowered to. */
  nodes: { op: string; unit: LayerUnits['unit']; milliseconds: number | null }[];
}

/** Units and times of all layers that have device nodes. */
export interface ProfileResult {
  /** False: there is no table. Units are then those of an 8-bit network, times those of float32. */
  quantized: boolean;
  runs: number;
  /** One inference, nodes only; null when nothing was timed. */
  milliseconds: number | null;
  layers: LayerProfile[];
}

/**
 * Says where each layer would run on the NPU, and how long this computer's simulator takes for it: of each node the
 * shortest of several runs. Inputs are zero, as the time hardly depends on values.
 */
export async function profileJob(options: unknown, context: JobContext): Promise<ProfileResult> {
  const { model, modelData, modelQuantize, runs } = parseOptions(profileOptions, options);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(model, modelData, context);
  const table =
    modelQuantize === undefined ? undefined : await loadQuantizeTable(modelQuantize, model, context);
  context.progress(0.2, 'lowering the network');
  const plan = table ? quantizedPlan(table) : floatPlan('float32');
  const { graph } = lowerNetwork(network, { plan, batch: fixedBatch(network) ?? 1 });
  const times = runs === 0 ? undefined : await nodeTimes(graph, runs, context);
  const layers = layerUnits(graph, table !== undefined).map(({ layer, unit, nodes }) => {
    const timed = nodes.map(({ index, op, unit: own }) => ({
      op,
      unit: own,
      milliseconds: times?.[index] ?? null,
    }));
    return {
      layer,
      unit,
      milliseconds: times ? sum(nodes.map(({ index }) => times[index])) : null,
      nodes: timed,
    };
  });
  context.progress(1, 'profiled');
  return { quantized: table !== undefined, runs, milliseconds: times ? sum(times) : null, layers };
}

/** Milliseconds of each node, the shortest of some runs after one that warms up. */
async function nodeTimes(graph: DeviceGraph, runs: number, context: JobContext): Promise<number[]> {
  const simulator = new Simulator(graph, { signal: context.signal });
  try {
    const inputs = graph.inputs.map((id) => new Float32Array(elementCount(graph.tensors[id].size)));
    const least = graph.nodes.map(() => Infinity);
    for (let run = 0; run <= runs; run++) {
      context.progress(0.3 + (0.7 * run) / (runs + 1), `timing: ${counted(run, 'run')} of ${runs}`);
      // Gives way, so that a cancel is heard.
      await new Promise((resolve) => setImmediate(resolve));
      context.signal.throwIfAborted();
      simulator.execute(inputs);
      if (run === 0) continue;
      for (const [index, { milliseconds }] of simulator.times().entries())
        least[index] = Math.min(least[index], milliseconds);
    }
    return least;
  } finally {
    simulator.dispose();
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
