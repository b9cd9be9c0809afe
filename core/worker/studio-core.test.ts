import { existsSync, readFileSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { createBirpc } from 'birpc';
import { afterEach, describe, expect, it } from 'vitest';
import { floatTensor } from '../network/tensor.ts';
import { sharedPath } from '../testing/shared.ts';
import type { StudioApi } from './contract.ts';
import { coefficientView } from './layer-view.ts';
import { serveStudio } from './rpc.ts';
import { chainNetwork, testCore, textFile } from './testing.ts';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

describe('StudioCore', () => {
  it('imports a network, gives its graph and its layers', async () => {
    const { core, logs } = testCore();
    const summary = await core.importModel({ files: [textFile('chain.json', chainNetwork(3))] }, 'job');
    expect(summary).toMatchObject({ name: 'chain', layers: 5, connections: 4, parameters: null });
    expect(summary.inputs).toEqual([{ key: 'input_0', name: 'input', shape: [1, 8, 8, 3] }]);
    const graph = await core.graph();
    expect(graph.nodes.map((node) => node.role)).toEqual(['input', 'layer', 'layer', 'layer', 'output']);
    const layer = await core.layer('relu_2');
    expect(layer.inputs.map((input) => input.key)).toEqual(['relu_1']);
    expect(layer.outputs[0]?.readers.map((reader) => reader.key)).toEqual(['relu_3']);
    const parameters = await core.allParameters();
    expect(parameters).toHaveLength(graph.nodes.length);
    expect(parameters[0]).toEqual((await core.layer('input_0')).parameters);
    expect(parameters[0]).toContainEqual({ name: 'shape', value: '[1, 8, 8, 3]' });
    expect(logs.at(-1)?.[1]).toContain('5 layers');
  });

  it('shows N where the batch is open', async () => {
    const { core } = testCore();
    const open = chainNetwork(1).replace('[1,8,8,3]', '[0,8,8,3]');
    const summary = await core.importModel({ files: [textFile('open.json', open)] }, 'job');
    expect(summary.inputs[0].shape).toEqual(['N', 8, 8, 3]);
    expect((await core.graph()).nodes.map((node) => node.shapes[0])).toEqual([
      ['N', 8, 8, 3],
      ['N', 8, 8, 3],
      ['N', 8, 8, 3],
    ]);
    expect((await core.layer('relu_1')).inputs[0].shape).toEqual(['N', 8, 8, 3]);
  });

  it.each([
    ['notes.txt', 'hello', 'file-unreadable'],
    ['bad.json', '{"Layers": {', 'file-malformed'],
    ['other.json', '{"a": 1}', 'file-malformed'],
    ['list.json', '[]', 'file-malformed'],
    ['binary.json', '\u0000\u0001', 'file-malformed'],
    [
      'odd.json',
      '{"MetaData": {}, "Layers": {"a_0": {"op": "relu", "inputs": ["@b_1:out0"]}}}',
      'network-invalid',
    ],
  ])('says what is wrong with %s and keeps the open model', async (name, text, code) => {
    const { core } = testCore();
    await core.importModel({ files: [textFile('chain.json', chainNetwork(1))] }, 'first');
    await expect(core.importModel({ files: [textFile(name, text)] }, 'second')).rejects.toMatchObject({
      code,
    });
    expect((await core.graph()).nodes).toHaveLength(3);
  });

  it('refuses what is not of the form of the contract', async () => {
    const { core } = testCore();
    const import_ = core.importModel.bind(core) as (source: unknown, job: unknown) => Promise<unknown>;
    const bytes = new Uint8Array();
    const bad: [unknown, unknown][] = [
      [{ files: [] }, 'a'],
      [{ files: [{ name: '../x.json', bytes }] }, 'b'],
      [{ files: [{ name: 'x.json', bytes: 'text' }] }, 'c'],
      [{ files: Array.from({ length: 65 }, () => ({ name: 'x.json', bytes })) }, 'd'],
      [{ paths: ['/etc/passwd'] }, 'e'],
      [{ paths: ['a\0b'] }, 'f'],
      [null, 'g'],
      [{ files: [{ name: 'x.json', bytes }] }, 'a job with spaces'],
    ];
    for (const [source, job] of bad)
      await expect(import_(source, job)).rejects.toMatchObject({ code: 'usage' });
    await expect(core.layer('x')).rejects.toMatchObject({ code: 'usage' });
  });

  it('stops soon after a cancel', async () => {
    const { core } = testCore();
    const running = core.importModel({ files: [textFile('chain.json', chainNetwork(50_000))] }, 'job');
    setTimeout(() => void core.cancel('job'), 5);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect(core.graph()).rejects.toMatchObject({ code: 'usage' });
  });

  const networks = sharedPath('reference/networks/esrgan.json');
  it.skipIf(networks === undefined)('imports esrgan (needs ../shared)', async () => {
    const bytes = new Uint8Array(readFileSync(networks ?? ''));
    const summary = await testCore().core.importModel({ files: [{ name: 'esrgan.json', bytes }] }, 'job');
    expect(summary.layers).toBe(1187);
  });

  it('reads paths only where that is allowed', async () => {
    const { core } = testCore({ paths: true });
    await expect(core.importModel({ paths: ['/no/such/model.json'] }, 'job')).rejects.toMatchObject({
      code: 'file-missing',
      place: { file: 'model.json' },
    });
    expect(existsSync('/no/such')).toBe(false);
  });
});

describe('serveStudio', () => {
  it('answers over a message port, passes errors whole and ignores garbage', async () => {
    const { port1, port2 } = new MessageChannel();
    closers.push(() => port1.close());
    const { core } = testCore();
    serveStudio(
      { post: (message) => port1.postMessage(message), on: (receive) => void port1.on('message', receive) },
      core,
    );
    const client = createBirpc<StudioApi, object>(
      {},
      {
        post: (message) => port2.postMessage(message),
        on: (receive) => void port2.on('message', receive),
        timeout: 2000,
      },
    );
    for (const garbage of [null, 1, 'x', {}, { t: 'q' }, { t: 'q', m: 'version', a: 5 }])
      port2.postMessage(garbage);
    expect((await client.version()).paths).toBe(false);
    await expect(client.graph()).rejects.toEqual({
      code: 'usage',
      message: 'no model is open',
      place: {},
      hint: 'Open a model first.',
    });
    const raw = client as unknown as Record<string, () => Promise<unknown>>;
    await expect(raw['constructor']()).rejects.toThrow('not found');
    await expect(raw['run']()).rejects.toThrow('not found');
  });
});

describe('coefficientView', () => {
  it('measures range and spread', () => {
    const view = coefficientView('weight', floatTensor([2, 2], Float32Array.of(-1, 0, 0, 3)));
    expect(view).toMatchObject({ min: -1, max: 3, count: 4 });
    expect(view.histogram.reduce((a, b) => a + b)).toBe(4);
  });
});
