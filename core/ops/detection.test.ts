import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { elementCount } from '../network/tensor.ts';
import { addonPath } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';
import { makeUpWeights } from '../testing/made-up-weights.ts';
import { sharedPath } from '../testing/shared.ts';

const folder = sharedPath('reference/networks');
const ready = folder !== undefined && existsSync(addonPath());
const why = ready ? '' : ' (skipped: needs ../shared and the simulator)';

describe.skipIf(!ready)(`a two-stage detector${why}`, () => {
  test('faster_rcnn_zf runs from picture to classes and boxes', async () => {
    const network = await readNetworkFile(join(folder ?? '', 'faster_rcnn_zf.json'));
    makeUpWeights(network);
    const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
    const simulator = new Simulator(graph);
    const picture = new Float32Array(elementCount(graph.tensors[graph.inputs[0]].size)).map((_, i) =>
      Math.sin(i / 50),
    );
    const results = simulator.run([picture]);
    const shapes = results.map(({ shape }) => shape.join()).sort();
    const finite = results.every(({ values }) => values.every((value) => Number.isFinite(value)));
    simulator.dispose();
    expect(shapes).toEqual(['300,1', '300,21', '300,84']);
    expect(finite).toBe(true);
  });
});
