import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { toDeviceLayout } from '../simulator/layout.ts';
import { Simulator, type TensorValue } from '../simulator/simulator.ts';
import { LAYER_VALUES, type Golden, type GoldenLayer } from './self-test.ts';

/** Share of a tensor's range that other hardware may be off by: a few steps of 8 bits. */
const OUTPUT_TOLERANCE = 0.015;
const LAYER_TOLERANCE = 0.05;

/**
 * Runs the graph on some samples and keeps what a self test needs: inputs and outputs as the device stores them, and
 * some values of every layer for the first sample.
 * @param samples per sample the graph's inputs, in the network's layout
 */
export function goldenOf(
  graph: DeviceGraph,
  samples: readonly (readonly Float32Array[])[],
  signal?: AbortSignal,
): Golden {
  const simulator = new Simulator(graph, { keepAll: true, signal });
  try {
    let layers: GoldenLayer[] = [];
    const ranges = graph.outputs.map(() => 0);
    const golden = samples.map((inputs, index) => {
      const outputs = simulator.run(inputs);
      outputs.forEach(({ values }, port) => (ranges[port] = Math.max(ranges[port], extent(values))));
      if (index === 0) layers = layersOf(graph, (id) => simulator.read(id));
      return {
        inputs: graph.inputs.map((id) => simulator.read(id).bytes),
        outputs: outputs.map(({ bytes }) => bytes.slice()),
      };
    });
    const tolerances = graph.outputs.map((id, port) =>
      tolerance(graph.tensors[id], ranges[port], OUTPUT_TOLERANCE),
    );
    return { samples: golden, tolerances, layers };
  } finally {
    simulator.dispose();
  }
}

function layersOf(graph: DeviceGraph, read: (id: number) => TensorValue): GoldenLayer[] {
  return graph.nodes.flatMap((node, index) =>
    node.outputs.flatMap((id, output) => {
      const tensor = graph.tensors[id];
      const all = toDeviceLayout(tensor, read(id).values);
      const values = Float32Array.from(
        { length: LAYER_VALUES },
        (_, k) => all[Math.floor((k * all.length) / LAYER_VALUES)],
      );
      return [
        {
          node: index,
          output,
          count: all.length,
          values,
          tolerance: tolerance(tensor, extent(all), LAYER_TOLERANCE),
        },
      ];
    }),
  );
}

/** A share of the range of values, and at least a step of the type. */
function tolerance({ quantization }: DeviceTensor, range: number, share: number): number {
  const step =
    quantization.kind === 'affine'
      ? quantization.scale
      : quantization.kind === 'dfp'
        ? 2 ** -quantization.fl
        : 0;
  return Math.max(share * range, step);
}

/** Largest less smallest finite value, 0 included. */
function extent(values: Float32Array): number {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low;
}
