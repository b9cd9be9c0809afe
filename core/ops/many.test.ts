import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { Layer, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { Simulator } from '../simulator/simulator.ts';

interface Result {
  shape: readonly number[];
  values: number[];
}

/** Inputs of one shape through a layer, each of its outputs into an output of the network. */
function run(
  op: string,
  parameters: Record<string, ParameterValue>,
  inputs: readonly Float32Array[],
  shape: number[],
  outputs: number,
): Result[] {
  const network = new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' });
  const refs = inputs.map((_, i) => ({ layer: `in_${i}`, port: 0 }));
  for (const { layer } of refs)
    network.add(new Layer({ key: layer, name: layer, op: 'input', parameters: { shape }, inputs: [] }));
  network.add(new Layer({ key: 'a_900', name: 'a', op, parameters, inputs: refs, outputs }));
  for (let port = 0; port < outputs; port++) {
    const source = [{ layer: 'a_900', port }];
    network.add(new Layer({ key: `o_${port + 901}`, name: 'o', op: 'output', inputs: source }));
  }
  const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
  expect(Math.max(...graph.nodes.flatMap((node) => [node.outputs.length, node.inputs.length]))).toBeLessThan(
    17,
  );
  const simulator = new Simulator(graph);
  const results = simulator.run(inputs).map((found) => ({ shape: found.shape, values: [...found.values] }));
  simulator.dispose();
  return results;
}

describe('ops with more inputs or outputs than a node can have', () => {
  const [N, M] = [2, 40];
  const matrix = Float32Array.from({ length: N * M }, (_, i) => i);

  test('split into equal parts', () => {
    run('split', { dim: 1 }, [matrix], [N, M], 20).forEach(({ values }, at) =>
      expect(values).toEqual([2 * at, 2 * at + 1, M + 2 * at, M + 2 * at + 1]),
    );
  });

  test('split at given places', () => {
    const slices = Array.from({ length: 17 }, (_, i) => i + 1);
    const results = run('split', { dim: 1, slices }, [matrix], [N, M], 18);
    expect(results[5].values).toEqual([5, M + 5]);
    expect(results[17].shape).toEqual([N, M - 17]);
    expect(results[17].values.slice(-1)).toEqual([N * M - 1]);
  });

  test('unstack', () => {
    run('unstack', { axis: 1 }, [matrix], [N, M], M).forEach(({ shape, values }, at) => {
      expect(shape).toEqual([N]);
      expect(values).toEqual([at, M + at]);
    });
  });

  test('stack', () => {
    const inputs = Array.from({ length: 20 }, (_, i) => Float32Array.of(i, 100 + i));
    const [{ shape, values }] = run('stack', { axis: 1 }, inputs, [2], 1);
    expect(shape).toEqual([2, 20]);
    expect(values).toEqual([0, 100].flatMap((base) => inputs.map((_, i) => base + i)));
  });
});
