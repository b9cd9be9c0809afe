import { expect, test } from 'vitest';
import { readNetworkFile } from '../files/network-json.ts';
import { at, imported, model, quantize } from '../testing/quantize-sample.ts';
import { quietContext } from '../testing/temporary.ts';
import { profileJob } from './profile.ts';

const context = quietContext();

test('every convolution of the quantized sample is the convolution engine’s, and takes time', async () => {
  await quantize({ iterations: 1 });
  const found = await profileJob(
    { model, modelData: imported, modelQuantize: at('net.quantize'), runs: 2 },
    context,
  );
  const { layers } = await readNetworkFile(model);
  const ofOp = (op: string) => found.layers.filter(({ layer }) => layers.get(layer)?.op === op);
  expect(ofOp('convolution').length).toBeGreaterThan(10);
  expect(new Set(ofOp('convolution').map(({ unit }) => unit))).toEqual(new Set(['NN']));
  expect(ofOp('fullconnect').map(({ unit, nodes }) => [unit, nodes.at(-1)?.op])).toEqual([['TP', 'FCL']]);
  const sum = found.layers.reduce((total, { milliseconds }) => total + (milliseconds ?? 0), 0);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeCloseTo(found.milliseconds ?? 0, 6);
  // The time of a layer is that of its nodes.
  for (const { milliseconds, nodes } of found.layers)
    expect(nodes.reduce((total, node) => total + (node.milliseconds ?? 0), 0)).toBeCloseTo(
      milliseconds ?? -1,
      9,
    );
});

test('without a table units are those of 8 bits; without runs there are no times', async () => {
  const found = await profileJob({ model, modelData: imported, runs: 0 }, context);
  expect(found).toMatchObject({ quantized: false, milliseconds: null });
  expect(found.layers.some(({ unit }) => unit === 'NN')).toBe(true);
  expect(found.layers.every(({ milliseconds }) => milliseconds === null)).toBe(true);
});

test('a cancelled profile ends', async () => {
  const signal = AbortSignal.abort();
  await expect(profileJob({ model, modelData: imported, runs: 100 }, { ...context, signal })).rejects.toThrow(
    /abort/i,
  );
});
