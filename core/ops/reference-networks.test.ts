import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan } from '../device/types.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { makeUpWeights } from '../testing/made-up-weights.ts';
import { sharedPath } from '../testing/shared.ts';

const folder = sharedPath('reference/networks');
const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));
const absent = folder === undefined ? ' (skipped: ../shared is not beside this checkout)' : '';

async function lowered(file: string) {
  const network = await readNetworkFile(join(folder ?? '', file));
  network.validate();
  makeUpWeights(network);
  return { network, graph: lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 }).graph };
}

describe.skipIf(folder === undefined)(`real networks with made-up weights${absent}`, () => {
  test.each(files)('%s', async (file) => {
    const { network, graph } = await lowered(file);
    expect(graph.nodes.length).toBeGreaterThan(0);
    expect(graph.outputs).toHaveLength(network.outputs.length);
    expect(graph.outputs.every((id) => graph.tensors[id].role === 'output')).toBe(true);
  });
});
