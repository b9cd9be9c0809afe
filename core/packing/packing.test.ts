import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { describeError, StudioError } from '../network/errors.ts';
import { addonPath, loadAddon } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';
import { GraphBuilder, smallNetwork, uint8Network } from '../testing/device-graphs.ts';
import { attack, readOrRefuse, seededRandom } from '../testing/hostile.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { HEADER_BYTES, SECTION_BYTES, sectionNames, TEXT } from './format.ts';
import { openPacked } from './open.ts';
import { readPacked } from './read.ts';
import { packNetwork } from './write.ts';

// The simulator logs every refusal; thousands of them are of no use.
process.env.VSI_NN_LOG_LEVEL = '0';
const hasAddon = existsSync(addonPath());
const folder = temporaryFolder();

/** Quantized per channel, dynamic fixed point, an absent input, array and float parameters, a tensor nobody uses. */
function mixedNetwork(): DeviceGraph {
  const dfp = { type: 'int8', quantization: { kind: 'dfp', fl: 5 } } as const;
  const scales = [0.5, 0.25].map(Math.fround);
  const channels = { type: 'int8', quantization: { kind: 'perchannel', scales, channelDim: 3 } } as const;
  const build = new GraphBuilder();
  const input = build.input('in_9', [4, 4, 1, 1], dfp);
  build.constant('unused_8:data', [3], new Uint8Array(3), dfp);
  const weight = build.constant('conv_1:weight', [1, 1, 1, 2], Uint8Array.of(3, 253), channels);
  const convolution = {
    ksize: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], weights: 2, group: 1, multiplier: 0,
  }; // prettier-ignore
  const conv = build.node('CONV2D', 'conv_1', [input, weight, -1], [4, 4, 2, 1], convolution, dfp);
  const clip = build.node('CLIP', 'clip_2', [conv], [4, 4, 2, 1], { min: -0.5, max: Infinity }, dfp);
  build.output(build.node('RESHAPE', 'flat_3', [clip], [32, 1], { size: [-1, 1] }, dfp));
  build.output(build.node('PERMUTE', 'perm_4', [clip], [2, 4, 4, 1], { perm: [2, 0, 1, 3] }, dfp));
  return build.build('mixed "net" \u00fc');
}

const networks: [string, () => DeviceGraph][] = [
  ['float32', smallNetwork],
  ['uint8', uint8Network],
  ['mixed', mixedNetwork],
];

const samples = (graph: DeviceGraph): Float32Array[] =>
  graph.inputs.map((id) =>
    Float32Array.from({ length: graph.tensors[id].size.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  );

const load = (file: Uint8Array): void => loadAddon().loadPacked(file, { threads: 1 }).dispose();

describe('packed networks', () => {
  it.each(networks)('%s: read back and packed again, the bytes are the same', (_, make) => {
    const packed = packNetwork(make(), 0x88);
    expect(Buffer.compare(packNetwork(make(), 0x88), packed)).toBe(0);
    const { pid, graph } = readPacked(packed);
    expect(pid).toBe(0x88);
    expect(Buffer.compare(packNetwork(graph, pid), packed)).toBe(0);
  });

  it('keep what a graph says', () => {
    const { graph } = readPacked(packNetwork(mixedNetwork(), 0));
    const before = mixedNetwork();
    expect(graph.name).toBe(before.name);
    expect(graph.tensors).toEqual(
      before.tensors.filter(({ name }) => name !== '@unused_8:data').map((tensor, id) => ({ ...tensor, id })),
    );
    expect(graph.nodes.map(({ layer, op, uid }) => [layer, op, uid])).toEqual(
      before.nodes.map(({ layer, op, uid }) => [layer, op, uid]),
    );
    expect(graph.nodes[0].inputs).toEqual([0, 1, -1]);
    expect(graph.nodes[1].params).toEqual({ min: -0.5, max: Infinity });
    expect(graph.nodes[3].params).toEqual({ perm: [2, 0, 1, 3], dim_num: 4 });
  });

  it('say in plain text what they are, and align constants', () => {
    const packed = packNetwork(smallNetwork(), 0);
    expect(Buffer.from(packed.subarray(0, TEXT.length)).toString()).toContain('no NPU driver takes it');
    const { graph } = readPacked(packed);
    const offsets = graph.tensors.flatMap(({ data }) => (data ? [data.byteOffset - packed.byteOffset] : []));
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets.filter((offset) => offset % 64 !== 0)).toEqual([]);
  });

  it('are refused when a byte changes or is missing', () => {
    const packed = packNetwork(uint8Network(), 0x88);
    const variants = packed.length + 3000;
    const unchanged = attack(packed, (bytes) => {
      readPacked(bytes);
      if (Buffer.compare(bytes, packed) !== 0) throw new Error('a damaged file was read');
    });
    // A mutation may write what was there before.
    expect(unchanged).toBeGreaterThan(variants - 50);
  });
});

describe.skipIf(!hasAddon)('packed networks in the simulator (skipped without the addon)', () => {
  it.each(networks)('%s: the file gives the bytes that its graph gives', async (name, make) => {
    const graph = make();
    const path = join(folder, `${name}.nb`);
    await writeFile(path, packNetwork(graph, 0));
    const [plain, packed] = [new Simulator(graph), await openPacked(path)];
    const [expected, results] = [plain.run(samples(graph)), packed.run(samples(graph))];
    expect(results.map(({ bytes }) => bytes)).toEqual(expected.map(({ bytes }) => bytes));
    expect(results.map(({ tensor }) => tensor.name)).toEqual(expected.map(({ tensor }) => tensor.name));
    expect(new Set(results[0].bytes).size).toBeGreaterThan(2);
    plain.dispose();
    packed.dispose();
  });

  it('are refused for another device', () => {
    const packed = packNetwork(uint8Network(), 0x88);
    process.env.NIBBLE_SIM_PID = '0x99';
    try {
      expect(() => load(packed)).toThrow(/packed for PID 0x88, this device is PID 0x99/);
      expect(() => load(packNetwork(uint8Network(), 0))).not.toThrow();
      process.env.NIBBLE_SIM_PID = '0x88';
      expect(() => load(packed)).not.toThrow();
      process.env.NIBBLE_SIM_PID = 'A311D';
      expect(() => load(packed)).toThrow(/NIBBLE_SIM_PID is "A311D"/);
    } finally {
      delete process.env.NIBBLE_SIM_PID;
    }
  });

  it('are refused when they are of another version or kind', () => {
    const packed = packNetwork(uint8Network(), 0);
    const newer = Uint8Array.from(packed);
    newer[164] = 2;
    expect(() => load(newer)).toThrow(/format version 2\.0, this simulator reads 1\.0/);
    expect(() => load(Buffer.from('VPMN and so on'))).toThrow(/packed by the vendor's tools/);
    expect(() => load(new Uint8Array(0))).toThrow(/not a packed network/);
  });

  it('are refused when damaged, whatever is damaged', () => {
    const packed = packNetwork(uint8Network(), 0x88);
    const refused = attack(packed, (bytes) => refusing(() => load(bytes)));
    expect(refused).toBeGreaterThan(packed.length + 2950);
  });

  it('do no harm when they lie under right checksums', () => {
    const outcomes = { read: 0, refused: 0 };
    const random = seededRandom(7);
    for (const make of [uint8Network, mixedNetwork, smallNetwork]) {
      const packed = packNetwork(make(), 0);
      for (let round = 0; round < 1500; round++) outcomes[run(lie(packed, random))]++;
    }
    expect(outcomes.refused).toBeGreaterThan(1000);
    expect(outcomes.read).toBeGreaterThan(100);
  });
});

/** The addon throws plain errors; all of them are refusals. */
function refusing(action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new StudioError('simulator-failed', describeError(error));
  }
}

it.skipIf(!hasAddon)('refuses the numbers of an ovxlib whose lists do not say how long they are', () => {
  const packed = packNetwork(smallNetwork(), 0);
  const view = new DataView(packed.buffer, packed.byteOffset);
  expect(run(packed)).toBe('read');
  view.setUint32(176, 10_131, true);
  view.setUint32(252, crc32(packed.subarray(0, 252)), true);
  expect(() => loadAddon().loadPacked(packed)).toThrow(/numbers of ovxlib 10131/);
});

/** Loads a file and runs what it holds. */
function run(file: Uint8Array): 'read' | 'refused' {
  return readOrRefuse(() =>
    refusing(() => {
      const graph = loadAddon().loadPacked(file, { threads: 1 });
      graph.run();
      graph.dispose();
    }),
  );
}

const NUMBERS = [0, 1, 2, 3, 7, 8, 63, 64, 255, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 64, 2 ** 32 - 1];

/** The file with one or two words changed in its records, and checksums as if nothing had happened. */
function lie(packed: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(packed);
  const view = new DataView(copy.buffer);
  const sectionAt = (index: number): [entry: number, offset: number, size: number] => {
    const entry = HEADER_BYTES + index * SECTION_BYTES;
    return [entry, Number(view.getBigUint64(entry + 8, true)), Number(view.getBigUint64(entry + 16, true))];
  };
  const records = sectionNames.slice(1, -1).length;
  for (let changes = 1 + Math.floor(random() * 2); changes > 0; changes--) {
    const [entry, offset, size] = sectionAt(1 + Math.floor(random() * records));
    const word = offset + 4 * Math.floor((random() * size) / 4);
    const isNear = random() < 0.5;
    const value = isNear
      ? view.getUint32(word, true) + (random() < 0.5 ? 1 : -1)
      : NUMBERS[Math.floor(random() * NUMBERS.length)];
    view.setUint32(word, value >>> 0, true);
    view.setUint32(entry + 4, crc32(copy.subarray(offset, offset + size)), true);
  }
  const table = copy.subarray(HEADER_BYTES, HEADER_BYTES + sectionNames.length * SECTION_BYTES);
  view.setUint32(248, crc32(table), true);
  view.setUint32(252, crc32(copy.subarray(0, 252)), true);
  return copy;
}
