import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { runtime } from '../importers/onnx/check-case.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import {
  encodeTiny,
  failure,
  noise,
  scalar,
  type TinyModel,
  type TinyTensor,
} from '../importers/onnx/testing.ts';
import { addonPath } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';

const [BATCH, CLASSES, COUNT] = [2, 3, 20];

const most = (count: number): TinyTensor => ({ dims: [1], data: [count], type: 'int64' });

interface Options {
  count?: number;
  overlap?: TinyTensor;
  threshold?: TinyTensor;
  centre?: number;
}

function model({ count = 4, overlap, threshold, centre = 0 }: Options): TinyModel {
  const given = { overlap, threshold };
  const constants = Object.fromEntries(
    Object.entries(given).flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : [])),
  );
  return {
    opset: 13,
    inputs: { boxes: [BATCH, COUNT, 4], scores: [BATCH, CLASSES, COUNT] },
    constants: { ...constants, most: most(count) },
    nodes: [
      {
        op: 'NonMaxSuppression',
        inputs: ['boxes', 'scores', 'most', overlap ? 'overlap' : '', threshold ? 'threshold' : ''],
        outputs: ['y'],
        attributes: { center_point_box: centre },
      },
    ],
    outputs: ['y'],
    types: { y: 'int64' },
  };
}

const boxes = Float32Array.from(noise(BATCH * COUNT * 4, 3), (value, i) =>
  i % 4 < 2 ? value : 0.3 + Math.abs(value),
);
const scores = Float32Array.from(noise(BATCH * CLASSES * COUNT, 4));

const ready = existsSync(addonPath()) && runtime !== undefined;
const why = ready ? '' : ' (skipped: needs the simulator and ONNX Runtime)';

describe.skipIf(!ready)(`NonMaxSuppression of fixed size${why}`, () => {
  const cases: Options[] = [
    { overlap: scalar(0.3) },
    { overlap: scalar(0.5), threshold: scalar(0.2), count: 30 },
    { overlap: scalar(0.4), centre: 1 },
    {},
  ];
  it.each(cases)('%j', async (options) => {
    const tiny = model(options);
    const bytes = encodeTiny(tiny);
    const network = await importOnnx(bytes, { name: 'tiny.onnx' });
    const simulator = new Simulator(lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph);
    const [result] = simulator.run(network.inputs.map(({ name }) => (name === 'boxes' ? boxes : scores)));
    simulator.dispose();
    const kept = Math.min(options.count ?? 4, COUNT);
    expect(result.shape).toEqual([BATCH * CLASSES * kept, 3]);
    const rows = Array.from({ length: BATCH * CLASSES * kept }, (_, row) =>
      Array.from(result.values.slice(row * 3, row * 3 + 3)),
    );
    const full = rows.filter((row) => row.some((value) => value !== -1));
    const wanted = await runtime?.(
      bytes,
      new Map([
        ['boxes', { shape: [BATCH, COUNT, 4], data: boxes }],
        ['scores', { shape: [BATCH, CLASSES, COUNT], data: scores }],
      ]),
    );
    expect(full.flat()).toEqual(Array.from(wanted?.[0].data ?? []));
    // Each picture and class has its own block, filled from the front.
    rows.forEach((row, at) => {
      const owner = [Math.floor(at / kept / CLASSES), Math.floor(at / kept) % CLASSES];
      if (row[0] === -1) expect(row).toEqual([-1, -1, -1]);
      else expect(row.slice(0, 2)).toEqual(owner);
    });
  });
});

describe('NonMaxSuppression that others read', () => {
  it('says where to cut the graph', async () => {
    const tiny = model({ overlap: scalar(0.5) });
    const before: TinyModel = {
      ...tiny,
      inputs: { raw: [BATCH, COUNT, 4], logits: [BATCH, CLASSES, COUNT], mask: [1, 5] },
      constants: { ...tiny.constants, two: scalar(2) },
      nodes: [
        { op: 'Mul', inputs: ['raw', 'two'], outputs: ['boxes'] },
        { op: 'Sigmoid', inputs: ['logits'], outputs: ['scores'] },
        { op: 'Relu', inputs: ['mask'], outputs: ['kept'] },
        { op: 'Exp', inputs: ['mask'], outputs: ['features'] },
        ...tiny.nodes,
        { op: 'Gather', inputs: ['features', 'y'], outputs: ['picked'], attributes: { axis: 1 } },
      ],
      outputs: ['kept', 'picked'],
    };
    const error = await failure(importOnnx(encodeTiny(before), { name: 'a' }));
    expect(error).toMatchObject({ code: 'op-unsupported' });
    expect(error.message).toMatch(/NonMaxSuppression.*depends on the data.*others read it/);
    expect(error.hint).toContain('--outputs "kept boxes scores features"');
  });

  it('refuses what is not known, and nothing to keep', async () => {
    const none = await failure(importOnnx(encodeTiny(model({ count: 0 })), { name: 'a' }));
    expect(none.message).toContain('an empty result');
    const tiny = model({});
    const computed = { ...tiny, inputs: { ...tiny.inputs, threshold: [1] } };
    computed.nodes = [{ ...tiny.nodes[0], inputs: ['boxes', 'scores', 'most', '', 'threshold'] }];
    const error = await failure(importOnnx(encodeTiny(computed), { name: 'a' }));
    expect(error.message).toContain('the score threshold is not a constant');
  });
});
