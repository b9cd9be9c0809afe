import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Real } from '../network/layer.ts';
import { attack } from '../testing/hostile.ts';
import { sharedPath } from '../testing/shared.ts';
import { formatNetwork, parseNetwork, readNetworkFile, writeNetworkFile } from './network-json.ts';

const tiny = readFileSync(new URL('fixtures/tiny.json', import.meta.url), 'utf8');

test('a network is written back to the same bytes', async () => {
  const network = parseNetwork(tiny);
  expect(network.layer('conv_2').parameters.get('ratio')).toEqual(new Real(1));
  expect(network.layer('clip:1_3').number('clip_value_max')).toBe(Infinity);
  expect(network.layer('attach_y/out0_0').inputs).toEqual([{ layer: 'clip:1_3', port: 0 }]);
  expect(network.quantizeInfo?.size).toBe(0);
  expect(formatNetwork(network)).toBe(tiny);

  const folder = await mkdtemp(join(tmpdir(), 'nibble-'));
  const path = join(folder, 'tiny.json');
  await writeNetworkFile(path, network);
  expect(await readFile(path, 'utf8')).toBe(tiny);
  expect(formatNetwork(await readNetworkFile(path))).toBe(tiny);
  await rm(folder, { recursive: true });
});

test('the sorted member order of 2.0 is read too', () => {
  const old =
    '{"Layers":{"a_0":{"inputs":[],"name":"a","op":"input","outputs":["out0"]}},"MetaData":{"Name":"n"}}';
  const network = parseNetwork(old);
  expect([network.meta.name, network.layer('a_0').op]).toEqual(['n', 'input']);
  expect(formatNetwork(network)).toContain(
    '"name": "a",\n            "op": "input",\n            "inputs": []',
  );
});

test.each([
  ['"@conv_2:out0"', '"@conv_9:out0"', { code: 'network-invalid', place: { file: 'n.json' } }],
  ['"@conv_2:out0"', '"conv_2"', { code: 'file-malformed', place: { file: 'n.json', layer: 'clip:1_3' } }],
  ['"op": "convolution"', '"op": 7', { place: { file: 'n.json', layer: 'conv_2', line: 38 } }],
  ['"none": null', '"none": {}', { place: { file: 'n.json', layer: 'conv_2' } }],
  ['"Layers"', '"Layer"', { place: { file: 'n.json' } }],
  ['"name": "conv"', '"name": "conv"]', { place: { file: 'n.json', line: 39 } }],
])('%s → %s is an error with its place', (from, to, expected) => {
  let caught: unknown;
  try {
    parseNetwork(tiny.replace(from, to), { file: 'n.json' });
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject(expected);
});

test('damaged networks are read or refused', () => {
  const bytes = Buffer.from(tiny);
  expect(attack(bytes, (variant) => parseNetwork(Buffer.from(variant).toString('utf8')))).toBeGreaterThan(
    2000,
  );
});

describe('real files', () => {
  const real = sharedPath('reference/acuity-formats/real');
  const networks = sharedPath('reference/networks');

  test.skipIf(real === undefined)(
    'the vendor tool’s own are written back byte for byte (skipped: no reference files)',
    () => {
      for (const name of ['mobilenet_tf.json', 'mobilenet_tf.quantize.json']) {
        const text = readFileSync(join(real ?? '', name), 'utf8');
        expect(formatNetwork(parseNetwork(text)) === text).toBe(true);
      }
    },
  );

  test.skipIf(networks === undefined)(
    'all networks of the zoo are read (skipped: no reference files)',
    () => {
      const names = readdirSync(networks ?? '').filter((name) => name.endsWith('.json'));
      expect(names.length).toBeGreaterThanOrEqual(78);
      for (const name of names) {
        const network = parseNetwork(readFileSync(join(networks ?? '', name), 'utf8'), { file: name });
        // What we write, we read back to the same.
        const written = formatNetwork(network);
        expect(formatNetwork(parseNetwork(written)) === written).toBe(true);
      }
    },
  );
});
