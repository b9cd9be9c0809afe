import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeNpyFile } from '../files/npy.ts';
import { writeTensorFile } from '../files/tensor-file.ts';
import type { InputMeta, InputPort, Preprocess } from '../network/input-meta.ts';
import { attack, readOrRefuse } from '../testing/hostile.ts';
import { batches, type Batch } from './batches.ts';
import { decodeBmp } from './bmp.ts';
import { readPicture, resizePicture } from './image.ts';
import { loadSample } from './sample.ts';

let folder = '';
/** 2 x 2 pixels: red, green / blue, grey. */
const pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 100, 100, 100];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nibble-'));
  const raw = { width: 2, height: 2, channels: 3 } as const;
  await sharp(Uint8Array.from(pixels), { raw }).png().toFile(file('rgb.png'));
  await sharp(Uint8Array.from(pixels), { raw })
    .png()
    .withMetadata({ orientation: 6 })
    .toFile(file('turned.png'));
  const alpha = Uint8Array.from(
    [0, 1, 2, 3].flatMap((pixel) => [...pixels.slice(pixel * 3, pixel * 3 + 3), pixel * 60]),
  );
  await sharp(alpha, { raw: { ...raw, channels: 4 } })
    .png()
    .toFile(file('alpha.png'));
  await sharp(Uint8Array.of(0, 50, 100, 255), { raw: { ...raw, channels: 1 } })
    .png()
    .toFile(file('grey.png'));
  await writeFile(file('rgb.bmp'), bmp());
  await writeFile(file('broken.png'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => join(folder, name);

/** A BMP with the test pixels: rows from the bottom, blue first, rows padded to 4 bytes. */
function bmp(): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(2, 18);
  header.writeInt32LE(2, 22);
  header.writeUInt16LE(24, 28);
  return Buffer.concat([header, Buffer.from([255, 0, 0, 100, 100, 100, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0])]);
}

function port(shape: number[], layout: 'nhwc' | 'nchw', preprocess: Partial<Preprocess> = {}): InputPort {
  return {
    lid: 'x_0',
    category: 'image',
    dtype: 'float32',
    sparse: false,
    tensorName: null,
    layout,
    shape,
    fitting: 'scale',
    preprocess: {
      reverseChannel: false,
      mean: [],
      scale: 1,
      addPreprocNode: false,
      preprocType: 'IMAGE_RGB',
      preprocPerm: [],
      ...preprocess,
    },
    redirectToOutput: false,
  };
}

describe('pictures', () => {
  test.each(['rgb.png', 'turned.png', 'alpha.png', 'rgb.bmp'])('%s gives its plain pixels', async (name) => {
    const picture = await readPicture(file(name), 3);
    expect([picture.width, picture.height, picture.channels, [...picture.data]]).toEqual([2, 2, 3, pixels]);
  });

  test('grey and colour are converted as PIL does', async () => {
    expect([...(await readPicture(file('rgb.png'), 1)).data]).toEqual([76, 150, 29, 100]);
    expect([...(await readPicture(file('grey.png'), 3)).data]).toEqual([
      0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255,
    ]);
    expect([...(await readPicture(file('grey.png'), 1)).data]).toEqual([0, 50, 100, 255]);
  });

  test('resizing is bilinear between pixel centres', () => {
    const line = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 100) };
    expect([...resizePicture(line, 1, 4).data]).toEqual([0, 25, 75, 100]);
    expect([
      ...resizePicture({ ...line, width: 4, data: Uint8Array.of(0, 100, 200, 40) }, 1, 2).data,
    ]).toEqual([50, 120]);
    expect([...resizePicture(line, 2, 2).data]).toEqual([0, 100, 0, 100]);
  });

  test('broken pictures are refused', async () => {
    await expect(readPicture(file('broken.png'), 3)).rejects.toMatchObject({
      code: 'file-malformed',
      place: { file: file('broken.png') },
    });
    expect(attack(bmp(), (bytes) => decodeBmp(bytes))).toBeGreaterThan(60);
    const huge = bmp();
    huge.writeInt32LE(2 ** 31 - 1, 18);
    expect(readOrRefuse(() => decodeBmp(huge))).toBe('refused');
  });
});

describe('samples', () => {
  test('mean, scale, channel order and layout', async () => {
    const mean = [10, 20, 30];
    expect(
      [...(await loadSample(file('rgb.png'), port([1, 2, 2, 3], 'nhwc', { mean, scale: 0.5 })))].slice(0, 6),
    ).toEqual([122.5, -10, -15, -5, 117.5, -15]);
    // Blue first, then mean per channel of the new order, then planes.
    const planar = port([1, 3, 2, 2], 'nchw', { mean, scale: [1, 2, 4], reverseChannel: true });
    expect([...(await loadSample(file('rgb.png'), planar))]).toEqual([
      -10, -10, 245, 90, -40, 470, -40, 160, 900, -120, -120, 280,
    ]);
  });

  test('arrays with or without batch, dumps and raw bytes', async () => {
    const data = Uint8Array.from(pixels);
    const nhwc = port([1, 2, 2, 3], 'nhwc', { mean: [128], scale: 0.0078125 });
    const wanted = pixels.map((pixel) => (pixel - 128) / 128);
    await writeNpyFile(file('a.npy'), { type: 'uint8', shape: [2, 2, 3], data });
    await writeNpyFile(file('b.npy'), {
      type: 'float32',
      shape: [1, 2, 2, 3],
      data: Float32Array.from(pixels),
    });
    await writeTensorFile(file('c.tensor'), { type: 'uint8', shape: [12], data });
    await writeFile(file('d.bin'), data);
    await writeFile(file('e.raw'), Buffer.from(Float32Array.from(pixels).buffer));
    for (const name of ['a.npy', 'b.npy', 'c.tensor', 'd.bin', 'e.raw']) {
      expect([...(await loadSample(file(name), nhwc))]).toEqual(wanted);
    }
  });

  test('tensors that are no pictures have the same arithmetic on the channel axis', async () => {
    await writeNpyFile(file('v.npy'), { type: 'int64', shape: [1, 3], data: BigInt64Array.of(1n, 2n, 3n) });
    const vector = port([1, 3], 'nchw', { mean: [1, 1, 1], scale: 2, reverseChannel: true });
    expect([...(await loadSample(file('v.npy'), vector))]).toEqual([4, 2, 0]);
  });

  test('errors carry list and line', async () => {
    const place = { file: 'list.txt', line: 7 };
    await expect(loadSample(file('a.npy'), port([1, 4], 'nhwc'), place)).rejects.toMatchObject({
      code: 'dataset-invalid',
      message: 'a.npy: the array has shape [2,2,3], input "x_0" needs [4]',
      place,
    });
    await expect(loadSample(file('rgb.png'), port([1, 4], 'nhwc'), place)).rejects.toMatchObject({
      code: 'dataset-invalid',
      place,
    });
    await expect(loadSample(file('broken.png'), port([1, 2, 2, 3], 'nhwc'), place)).rejects.toMatchObject({
      code: 'file-malformed',
      place,
    });
    await expect(loadSample(file('gone.png'), port([1, 2, 2, 3], 'nhwc'))).rejects.toMatchObject({
      code: 'file-missing',
    });
  });
});

describe('batches', () => {
  const meta = (path: string, ...ports: InputPort[]): InputMeta => ({
    databases: [{ path, type: 'TEXT', ports }],
  });
  const collect = async (generator: AsyncGenerator<Batch>): Promise<Batch[]> => {
    const all: Batch[] = [];
    for await (const batch of generator) all.push(batch);
    return all;
  };

  beforeAll(async () => {
    for (const number of [0, 1, 2])
      await writeFile(file(`${number}.bin`), Uint8Array.of(number, number + 10));
    await writeFile(file('list.txt'), '0.bin 7\n1.bin 8\n2.bin 9\n');
    await writeFile(file('pairs.txt'), '0.bin 1.bin\n2.bin 0.bin');
  });

  test('a short list wraps round', async () => {
    const all = await collect(
      batches(meta('list.txt', port([1, 2], 'nhwc')), { batchSize: 2, iterations: 2, cwd: folder }),
    );
    expect(all.map((batch) => [batch.index, [...(batch.inputs.get('x_0') ?? [])], batch.labels])).toEqual([
      [0, [0, 10, 1, 11], [7, 8]],
      [1, [2, 12, 0, 10], [9, 7]],
    ]);
    expect(all[0]?.shapes.get('x_0')).toEqual([2, 2]);
  });

  test('several ports of one list, several databases, arrays of samples', async () => {
    const second = { ...port([1, 2], 'nhwc'), lid: 'y_1' };
    const third = { ...port([1, 2], 'nhwc'), lid: 'z_2' };
    await writeNpyFile(file('samples.npy'), { type: 'uint8', shape: [1, 2], data: Uint8Array.of(5, 6) });
    const both: InputMeta = {
      databases: [
        ...meta('pairs.txt', port([1, 2], 'nhwc'), second).databases,
        { path: 'samples.npy', type: 'NPY', ports: [third] },
      ],
    };
    const [first, next] = await collect(batches(both, { iterations: 2, cwd: folder }));
    expect([...(first?.inputs ?? [])].map(([key, values]) => [key, [...values]])).toEqual([
      ['x_0', [0, 10]],
      ['y_1', [1, 11]],
      ['z_2', [5, 6]],
    ]);
    expect([...(next?.inputs.get('y_1') ?? [])]).toEqual([0, 10]);
  });

  test('an abort stops it, bad numbers and types are refused', async () => {
    const one = meta('list.txt', port([1, 2], 'nhwc'));
    await expect(collect(batches(one, { cwd: folder, signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(collect(batches(one, { cwd: folder, iterations: 0 }))).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(
      collect(batches({ databases: [{ path: 'x', type: 'LMDB', ports: [] }] })),
    ).rejects.toMatchObject({ code: 'inputmeta-invalid' });
    const controller = new AbortController();
    const generator = batches(one, { cwd: folder, iterations: 100, signal: controller.signal });
    await generator.next();
    controller.abort();
    await expect(generator.next()).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a bad sample behind the first batch is told with its line', async () => {
    await writeFile(file('three.bin'), Uint8Array.of(1, 2, 3));
    await writeFile(file('late.txt'), '0.bin\nthree.bin\n');
    const generator = batches(meta('late.txt', port([1, 2], 'nhwc')), { iterations: 2, cwd: folder });
    expect((await generator.next()).done).toBe(false);
    await expect(generator.next()).rejects.toMatchObject({
      code: 'dataset-invalid',
      place: { file: 'late.txt', line: 2 },
    });
  });
});
