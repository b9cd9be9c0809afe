import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { floatPlan } from '../device/types.ts';
import { evaluate, type Candidate, type Evaluation } from '../quantization/evaluate.ts';
import { rankLayers, SUGGESTED_FORMAT } from '../quantization/suggest.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { drownChannels, type Drowned } from './drowned.ts';
import { bundledModel } from './models.ts';
import { PICTURES, Workspace } from './workspace.ts';

const folder = temporaryFolder();
const model = bundledModel();
const { signal } = new AbortController();
/** Share of right answers that may be lost: one point. */
const POINT = 0.01 + 1e-9;

let intact: Workspace;
let broken: Workspace;
let drowned: Drowned;

beforeAll(async () => {
  intact = await Workspace.open(model, `${folder}/intact`, signal);
  broken = await Workspace.open(model, `${folder}/broken`, signal, async (workspace) => {
    drowned = await drownChannels(workspace, model);
  });
});

/** Candidates against the network as it was before. */
const judge = (...candidates: Candidate[]): Promise<Evaluation[]> =>
  evaluate(intact.network, candidates, broken.samples(model.labels, PICTURES), signal);

test('float does not notice, uint8 loses most', async () => {
  const { network } = broken;
  const [float, uint8] = await judge(
    { network, plan: floatPlan('float32') },
    await broken.quantize({ rebuild: true }),
  );
  expect(float).toMatchObject({ top1: model.accuracy, labelled: PICTURES });
  expect(float.outputs[0].maxError).toBe(0);
  expect(uint8.top1).toBeLessThan(0.4);
});

test('--compute-entropy puts the layer first, suggests it, and lists it last in entropy.txt', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const { result } = await broken.quantize({ rebuild: true, computeEntropy: true, iterations: 1 });
    const { tensors = [], suggested } = result.analysis ?? {};
    const [depthwise] = drowned.depthwise;
    expect(rankLayers(broken.network, tensors)[0].layer).toBe(depthwise);
    expect(new Set(Object.keys(suggested ?? {}))).toEqual(new Set(drowned.depthwise));
    expect([...result.table.customized.values()]).toEqual([SUGGESTED_FORMAT, SUGGESTED_FORMAT]);
    const lines = readFileSync('entropy.txt', 'utf8').trim().split('\n');
    const refs = lines.map((line) => line.slice(0, line.lastIndexOf(',')));
    expect(refs.at(-1)).toBe(`@${depthwise}:weight`);
    expect(refs.filter((ref) => ref.endsWith(':out0')).slice(-2)).toEqual(
      expect.arrayContaining(drowned.depthwise.map((key) => `@${key}:out0`)),
    );
    expect(Number(lines.at(-1)?.split(', ')[1])).toBeGreaterThan(0.9);
  } finally {
    process.chdir(before);
  }
});

test('--hybrid with only that layer in int16 repairs the answers; with the producer, the numbers too', async () => {
  const candidates = [
    await broken.hybrid(drowned.depthwise, SUGGESTED_FORMAT),
    await broken.hybrid([...drowned.producer, ...drowned.depthwise], SUGGESTED_FORMAT),
  ];
  const [alone, together] = await judge(...candidates);
  expect(alone.top1).toBeGreaterThanOrEqual(model.accuracy - POINT);
  expect(together.top1).toBeGreaterThanOrEqual(model.accuracy - POINT);
  // The small channels are lost in the 8 bits of what the layer reads.
  expect(together.outputs[0].sqnr).toBeGreaterThan(alone.outputs[0].sqnr + 5);
});

test('--cross-layer-equalization alone repairs it', async () => {
  const [evened] = await judge(await broken.quantize({ rebuild: true, crossLayerEqualization: true }));
  expect(evened.top1).toBeGreaterThanOrEqual(model.accuracy - POINT);
});

test('--algorithm auto finds it with very few layers', async () => {
  const { result, ...candidate } = await broken.quantize({
    rebuild: true,
    algorithm: 'auto',
    targetAccuracyDrop: 1,
    withInputMeta: await broken.describe('labels.yml', model.labels),
    iterations: PICTURES,
  });
  expect(result.auto?.reached).toBe(true);
  expect(result.auto?.layers).toEqual(expect.arrayContaining(drowned.depthwise));
  expect(result.auto?.layers.length).toBeLessThanOrEqual(4);
  const [found] = await judge(candidate);
  expect(found.top1).toBeGreaterThanOrEqual(model.accuracy - POINT);
});
