import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { deviceBytes } from '../conformance/compare.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import { encodeTiny, failure, ints, type TinyModel, type TinyTensor } from '../importers/onnx/testing.ts';
import { Simulator } from '../simulator/simulator.ts';
import { toInt32 } from './int32.ts';
import { Layer } from './layer.ts';
import { Network } from './network.ts';

describe('integers in 32 bits', () => {
  test('what fits stays, the extremes of int64 are bounds', () => {
    const bounds = [2n ** 63n - 1n, -(2n ** 63n)];
    expect([...toInt32([5n, -(2n ** 31n), 2n ** 31n - 1n, ...bounds], 'a')]).toEqual([
      5,
      -(2 ** 31),
      2 ** 31 - 1,
      2 ** 31 - 1,
      -(2 ** 31),
    ]);
    expect([...toInt32([1.9, -1.9], 'a')]).toEqual([1, -1]);
  });

  test.each([2n ** 31n, -(2n ** 31n) - 1n, 2n ** 40n, NaN])('%s is refused by name and place', (value) => {
    expect(() => toInt32([1, value], 'ids')).toThrow(`element 1 of "ids" is ${String(value)}`);
  });
});

const withConstant = (constant: TinyTensor): TinyModel => ({
  inputs: { x: [3] },
  constants: { big: constant },
  nodes: [{ op: 'Add', inputs: ['x', 'big'], outputs: ['y'] }],
  outputs: ['y'],
  types: { x: constant.type ?? 'int64', y: constant.type ?? 'int64' },
});

describe('where integers are converted', () => {
  test.each([
    [ints(1, 2 ** 40, 3), '1099511627776'],
    [{ dims: [3], data: [1, 4294967295, 3], type: 'uint32' as const }, '4294967295'],
  ])('constants of a model', async (constant, value) => {
    const error = await failure(importOnnx(encodeTiny(withConstant(constant)), { name: 'a' }));
    expect(error).toMatchObject({ code: 'op-unsupported' });
    expect(error.message).toContain(`element 1 of "Initializer_big" is ${value}`);
  });

  test('constants of a network', () => {
    const network = new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' });
    const parameters = { shape: [1], type: 'int64' };
    network.add(new Layer({ key: 'c_0', name: 'c', op: 'variable', parameters, inputs: [] }));
    const source = [{ layer: 'c_0', port: 0 }];
    network.add(new Layer({ key: 'o_1', name: 'o', op: 'output', inputs: source }));
    network.setCoefficient('c_0', 'data', {
      type: 'int64',
      shape: [1],
      data: BigInt64Array.of(3n * 2n ** 31n),
    });
    expect(() => lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 })).toThrow(
      /element 0 of "@c_0:out0" is 6442450944/,
    );
  });

  test('data of a sample, and of a conformance case', async () => {
    const network = await importOnnx(encodeTiny(withConstant(ints(1, 2, 3))), { name: 'a' });
    const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
    const simulator = new Simulator(graph);
    expect([...simulator.run([Float32Array.of(1, 2 ** 24, -5)])[0].values]).toEqual([2, 2 ** 24 + 2, -2]);
    expect(() => simulator.run([Float32Array.of(1, 2 ** 32, 0)])).toThrow(
      /value 1 of input @x_\d+:out0 is 4294967296/,
    );
    expect(() => simulator.run([Float32Array.of(NaN, 0, 0)])).toThrow(/value 0 of input .* is NaN/);
    simulator.dispose();
    const data = BigInt64Array.of(1n, 2n ** 33n, 0n);
    expect(() => deviceBytes(graph.tensors[graph.inputs[0]], { type: 'int64', shape: [3], data })).toThrow(
      /element 1 of "@x_\d+:out0" is 8589934592/,
    );
  });
});
