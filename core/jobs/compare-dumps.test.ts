import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readNodeData } from '../files/node-data/read.ts';
import { encodeTiny, noise, noiseTensor } from '../importers/onnx/testing.ts';
import { writeNpyFile } from '../files/npy.ts';
import { floatTensor } from '../network/tensor.ts';
import { addonPath } from '../simulator/addon.ts';
import { canRunCases } from '../testing/case-program.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { compareDumpsJob } from './compare-dumps.ts';
import { showCompareDumps } from './compare-dumps-text.ts';
import { exportOvxlibJob } from './export.ts';
import { importOnnxJob } from './import.ts';
import { inputMetaJob } from './inputmeta.ts';
import { quantizeJob } from './quantize/job.ts';
import { compileCase, startCompiled } from './run-case.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const context = quietContext();
const possible = canRunCases && existsSync(addonPath());

const files = { model: at('tiny.json'), modelData: at('tiny.data'), withInputMeta: at('tiny_inputmeta.yml') };
const table = { modelQuantize: at('tiny.quantize') };

/** Height and width differ, so that a wrong layout shows. */
const tiny = encodeTiny({
  inputs: { image: [1, 2, 6, 8] },
  constants: { w: noiseTensor([4, 2, 3, 3]) },
  nodes: [
    { op: 'Conv', name: 'conv', inputs: ['image', 'w'], outputs: ['conv'] },
    { op: 'Sigmoid', name: 'sigmoid', inputs: ['conv'], outputs: ['sigmoid'] },
    { op: 'Softmax', name: 'softmax', inputs: ['sigmoid'], outputs: ['y'], attributes: { axis: 3 } },
  ],
  outputs: ['y'],
});

/** Exports as a type, builds, and runs on the sample; the dumps are then in NAME/layer_dump. */
async function dumped(name: string, dtype: 'quantized' | 'float32'): Promise<string> {
  const quantized = dtype === 'quantized' ? table : {};
  await exportOvxlibJob({ ...files, ...quantized, dtype, outputPath: at(`${name}/tiny`) }, context);
  const built = await compileCase(at(name), context);
  const env = { NN_LAYER_DUMP: '1', CNN_PERF: '1', VNN_LOOP_TIME: '2' };
  Object.assign(process.env, env);
  try {
    const { code, text } = await startCompiled(built, [at('sample.tensor')], {
      cwd: at(name),
      signal: context.signal,
      requantization: 'exact',
    });
    expect(code).toBe(0);
    await writeFile(at(`${name}/perf.log`), text);
  } finally {
    for (const variable of Object.keys(env)) delete process.env[variable];
  }
  return at(`${name}/layer_dump`);
}

/** A changed copy of a folder of dumps. */
async function changed(
  dumps: string,
  name: string,
  change: (folder: string) => Promise<void>,
): Promise<string> {
  await cp(dumps, at(name), { recursive: true });
  await change(at(name));
  return at(name);
}

const named = async (dumps: string, start: string): Promise<string> =>
  join(dumps, (await readdir(dumps)).find((name) => name.startsWith(start)) ?? start);

describe.skipIf(!possible)('compare dumps (skipped without the addon, out/sdk, g++ or make)', () => {
  let quantized = '';
  let float = '';
  const compare = (dumps: string, more: object = {}) =>
    compareDumpsJob({ ...files, ...table, dumps, sample: at('sample.tensor'), ...more }, context);

  beforeAll(async () => {
    await writeFile(at('tiny.onnx'), tiny);
    await importOnnxJob({ model: at('tiny.onnx') }, context);
    const values = noise(96, 7);
    await writeNpyFile(at('sample.npy'), floatTensor([1, 2, 6, 8], Float32Array.from(values)));
    await writeFile(at('sample.tensor'), values.join('\n'));
    await writeFile(at('samples.txt'), `${at('sample.npy')}\n`);
    await inputMetaJob({ model: at('tiny.json'), sourceFile: at('samples.txt') }, context);
    await quantizeJob({ ...files, rebuildAll: true }, context);
    quantized = await dumped('quantized', 'quantized');
    float = await dumped('float', 'float32');
  }, 120_000);

  test('the simulator as a board is as simulated, and times come with it', async () => {
    const found = await compare(quantized, { perfLog: at('quantized/perf.log'), output: at('values.json') });
    expect(found.layers.map(({ op, differing }) => [op, differing])).toEqual([
      ['CONV2D', 0],
      ['SIGMOID', 0],
      ['SOFTMAX', 0],
    ]);
    expect(found).toMatchObject({ absent: 0, odd: [] });
    expect(Math.min(...found.layers.map(({ cosine }) => cosine))).toBeGreaterThan(0.999999);
    expect(found.times.map(({ layer }) => layer)).toEqual(found.layers.map(({ layer }) => layer));
    expect(showCompareDumps.text?.(found)).toMatch(/All 3 tensors are the same\.$/);
    const data = readNodeData(await readFile(at('values.json')), 'values.json');
    expect(data.map(({ name }) => name)).toEqual([
      'cosine to dump',
      'largest error of dump',
      'other values in dump (%)',
      'time on device (us)',
    ]);
    expect(data[0].values.size).toBe(3);
    const floats = await compare(float, { dtype: 'float32', sample: '0' });
    expect(floats.layers.every(({ differing }) => differing === 0)).toBe(true);
  });

  test('float dumps against the quantized network differ by what quantization does', async () => {
    const found = await compare(quantized, { dtype: 'float32' });
    expect(found.layers[0].differing).toBeGreaterThan(0);
    expect(found.layers[0].cosine).toBeGreaterThan(0.999);
    expect(found.layers[0].cosine).toBeLessThan(1);
  });

  test('the first layer that differs is named', async () => {
    const broken = await changed(quantized, 'broken', async (dumps) => {
      const file = await named(dumps, 'SIGMOID_uid_');
      const lines = (await readFile(file, 'utf8')).split('\n');
      await writeFile(file, ['0.9', 'nan', ...lines.slice(2)].join('\n'));
    });
    const found = await compare(broken);
    const [, sigmoid] = found.layers;
    expect(sigmoid).toMatchObject({ differing: 2, cosine: 0, maxError: Infinity });
    expect(showCompareDumps.text?.(found)).toContain(`First that differs: ${sigmoid.layer} (SIGMOID, uid`);
  });

  test('stored integers are understood, and a prefix in front of the operator', async () => {
    const { scale, zero } = await conversion();
    const stored = await changed(quantized, 'stored', async (dumps) => {
      const file = await named(dumps, 'CONV2D_uid_');
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      await writeFile(file, `${lines.map((line) => Math.round(Number(line) / scale + zero)).join('\n')}\n`);
      await rename(file, file.replace('CONV2D', 'board_CONV2D'));
    });
    const [conv] = (await compare(stored)).layers;
    expect(conv).toMatchObject({ op: 'CONV2D', differing: 0 });
  });

  /** Scale and zero point of the convolution's output. */
  async function conversion(): Promise<{ scale: number; zero: number }> {
    const text = await readFile(at('tiny.quantize'), 'utf8');
    const entry = /'?@Conv_conv_\d+:out0'?:([\s\S]*?)(?=\n\s*'?@)/.exec(text)?.[1] ?? '';
    const of = (member: string): number =>
      Number(new RegExp(`${member}:\\s*(?:-\\s*|\\[\\s*)?([\\d.e-]+)`).exec(entry)?.[1]);
    return { scale: of('scale'), zero: of('zero_point') };
  }

  test('files that do not fit are told, with the line where there is one', async () => {
    const odd = await changed(quantized, 'odd', async (dumps) => {
      await writeFile(join(dumps, 'CONV2D_uid_999_t_0_s_6_4_4_1.txt'), '');
      await writeFile(join(dumps, 'notes.txt'), 'no dump');
      const sigmoid = await named(dumps, 'SIGMOID_uid_');
      await rename(sigmoid, sigmoid.replace('_6_4_4_1', '_4_6_4_1'));
      await rm(await named(dumps, 'SOFTMAX_uid_'));
    });
    const found = await compare(odd);
    expect(found.layers).toHaveLength(1);
    expect(found.absent).toBe(2);
    expect(found.odd.map(({ reason }) => reason)).toEqual([
      'the network has no CONV2D with uid 999 and output 0',
      expect.stringMatching(/^it is 4x6x4x1, Sigmoid_\S+ has 6x4x4x1$/),
    ]);
    const spoil = (name: string, text: (whole: string) => string) =>
      changed(quantized, name, async (dumps) => {
        const file = await named(dumps, 'CONV2D_uid_');
        await writeFile(file, text(await readFile(file, 'utf8')));
      });
    const wrong = await spoil('wrong', (whole) => whole.replace(/^.*$/m, 'rm -rf'));
    await expect(compare(wrong)).rejects.toMatchObject({ code: 'file-malformed', place: { line: 1 } });
    const cut = await spoil('cut', (whole) => whole.slice(0, 100));
    await expect(compare(cut)).rejects.toThrow(/holds \d+ numbers, the name says 96/);
    const long = await spoil('long', (whole) => whole.repeat(100));
    await expect(compare(long)).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  test('a folder without dumps of this network is refused', async () => {
    await mkdir(at('empty'), { recursive: true });
    await expect(compare(at('empty'))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(compare(at('nowhere'))).rejects.toThrow(/no such folder/);
    await mkdir(at('other'), { recursive: true });
    await writeFile(at('other/RELU_uid_1_t_0_s_4.txt'), '1\n');
    await expect(compare(at('other'))).rejects.toThrow(
      /none of the 1 layer dumps is of this network; of RELU_uid_1/,
    );
    await expect(compare(quantized, { perfLog: at('samples.txt') })).rejects.toThrow(/no times of layers/);
  });
});
