import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import type { JobOptions } from './contract-project.ts';
import { LOCK_FILE } from './project-lock.ts';
import { chainNetwork, testCore, textFile } from './testing.ts';

/** The sample project in a fresh core. */
async function sampleCore() {
  const made = testCore();
  await made.core.openSample('open');
  const folder = join(made.projects, 'mobilenetv2-tiny');
  const { inputs } = await made.core.inputMeta();
  return { ...made, folder, input: inputs[0] };
}

/** How a stage stands, in one line. */
async function stage(
  core: Awaited<ReturnType<typeof sampleCore>>['core'],
  name: 'inputs' | 'quantize' | 'model',
) {
  const view = await core.project();
  const found = view?.stages[name];
  return `${found?.state}: ${found?.text}`;
}

/** Names of what a folder holds, sorted; without the lock of whoever works there. */
const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== LOCK_FILE)
    .sort();

describe('the sample project', () => {
  it('is a folder with the files of pegasus, and opens as it was left', async () => {
    const { core, folder, data, projects } = await sampleCore();
    expect(namesIn(folder)).toEqual([
      'classes.txt',
      'dataset.txt',
      'mobilenetv2-tiny.data',
      'mobilenetv2-tiny.json',
      'mobilenetv2-tiny_inputmeta.yml',
      'nibble.json',
      'samples',
      'source',
    ]);
    expect(readFileSync(join(folder, 'dataset.txt'), 'utf8').split('\n')[1]).toBe(
      'samples/fashion_0020_c1.png 1',
    );
    expect(await stage(core, 'inputs')).toBe('done: 50 images');
    expect(await stage(core, 'quantize')).toBe('todo: not run');
    const again = testCore({ projects, data }).core;
    expect(await again.recentProjects()).toMatchObject([{ id: 'mobilenetv2-tiny', folder }]);
    await again.openProject('mobilenetv2-tiny', 'a');
    expect((await again.samples()).labelled).toBe(50);
    rmSync(folder, { recursive: true });
    expect(await again.recentProjects()).toEqual([]);
  });

  it('shows a sample as it is and as the network gets it', async () => {
    const { core, input } = await sampleCore();
    const seen = await core.preview({ input: input.lid, index: 0 });
    expect(seen).toMatchObject({ count: 784, min: 0, original: { width: 28, height: 28 } });
    expect(seen.max).toBeCloseTo(1, 5);
    expect([...(seen.original?.png.subarray(1, 4) ?? [])]).toEqual([...Buffer.from('PNG')]);
    const moved = await core.preview({
      input: input.lid,
      index: 0,
      draft: { ...input, mean: [255], scale: 1 / 51 },
    });
    expect(moved.min).toBeCloseTo(-5, 5);
    expect(moved.mean).toBeCloseTo((seen.mean * 255 - 255) / 51, 4);
    expect(await core.thumbnail(input.lid, 3)).toMatchObject({ width: 28 });
    await expect(core.thumbnail(input.lid, 50)).rejects.toMatchObject({ code: 'usage' });
  });

  it('turns forms into YAML and back, and names the line of a mistake', async () => {
    const { core, input, folder } = await sampleCore();
    const { text } = await core.checkInputMeta({ inputs: [{ ...input, mean: [12.5] }] });
    expect(text).toContain('        - 12.5\n');
    const bad = text.replace('layout: nchw', 'layout: nxyz');
    const line = bad.split('\n').findIndex((content) => content.includes('nxyz')) + 1;
    await expect(core.saveInputMeta({ text: bad })).rejects.toMatchObject({
      code: 'inputmeta-invalid',
      place: { line },
    });
    await expect(core.checkInputMeta({ inputs: [{ ...input, mean: [1, 2] }] })).rejects.toMatchObject({
      code: 'inputmeta-invalid',
    });
    expect((await core.inputMeta()).inputs[0]).toEqual(input);
    const commented = `${text}# mine\n`;
    await core.saveInputMeta({ text: commented });
    expect(readFileSync(join(folder, 'mobilenetv2-tiny_inputmeta.yml'), 'utf8')).toBe(commented);
    expect((await core.inputMeta()).inputs[0]).toMatchObject({ mean: [12.5] });
  });
});

describe('quantizing a project', () => {
  it('makes runs that can be compared and gone back to, and notices changes', async () => {
    const { core, folder, input } = await sampleCore();
    await core.setTarget('0X88');
    const first = await core.runJob('quantize', { iterations: 8 }, 'one');
    expect(first).toMatchObject({ number: 1, quantizer: 'asymmetric_affine', qtype: 'uint8', samples: 8 });
    expect(first.evaluation).toMatchObject({ samples: 8, labelled: 8 });
    expect(first.evaluation?.outputs[0]?.sqnr).toBeGreaterThan(10);
    expect(await stage(core, 'quantize')).toBe('done: uint8, run 1');
    const data = readFileSync(join(folder, 'mobilenetv2-tiny.data'));
    const table = readFileSync(join(folder, 'mobilenetv2-tiny.quantize'), 'utf8');
    const second = await core.runJob(
      'quantize',
      { iterations: 4, biasCorrection: true, computeEntropy: true },
      'two',
    );
    expect(second).toMatchObject({ number: 2, extras: ['bias correction'] });
    expect(second.meanSqnr).toBeGreaterThan(10);
    expect(existsSync(join(folder, 'mobilenetv2-tiny.analysis.json'))).toBe(true);
    expect(existsSync(join(folder, 'entropy.txt'))).toBe(true);
    await core.useRun(1);
    expect(readFileSync(join(folder, 'mobilenetv2-tiny.quantize'), 'utf8')).toBe(table);
    expect(readFileSync(join(folder, 'mobilenetv2-tiny.data')).equals(data)).toBe(true);
    expect(existsSync(join(folder, 'entropy.txt'))).toBe(false);
    expect((await core.project())?.currentRun).toBe(1);
    await core.saveInputMeta({ inputs: [{ ...input, mean: [3] }] });
    expect(await stage(core, 'quantize')).toBe('stale: quantized before the inputs changed');
    await core.saveInputMeta({ inputs: [input] });
    expect(await stage(core, 'quantize')).toBe('done: uint8, run 1');
    expect(first.weightBytes).toBeGreaterThan(data.length / 5);
    expect(first.weightBytes).toBeLessThan(data.length / 2);
    expect((await core.jobHistory()).map(({ phase }) => phase)).toEqual(['done', 'done', 'done']);
  });

  it('keeps a hybrid network with its run', async () => {
    const { core, folder } = await sampleCore();
    const hybrid = join(folder, 'mobilenetv2-tiny.quantize.json');
    const run = await core.runJob(
      'quantize',
      { iterations: 4, algorithm: 'auto', targetCosine: 0.9999 },
      'one',
    );
    expect(run.extras[0]).toMatch(/^\d+ layers? in a wider type$/);
    expect(run.evaluation?.outputs[0]?.cosine).toBeGreaterThan(0.9999);
    expect(existsSync(hybrid)).toBe(true);
    await core.runJob('quantize', { iterations: 2 }, 'two');
    expect(existsSync(hybrid)).toBe(false);
    await core.useRun(1);
    expect(existsSync(hybrid)).toBe(true);
    await expect(core.useRun(7)).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('leaves nothing behind when it is cancelled or refused', async () => {
    const { core, folder } = await sampleCore();
    const before = namesIn(folder);
    const running = core.runJob('quantize', { iterations: 100_000 }, 'long');
    await expect(core.runJob('quantize', {}, 'other')).rejects.toMatchObject({ code: 'usage' });
    setTimeout(() => void core.cancel('long'), 500);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const bad: JobOptions[] = [
      { model: '/etc/passwd' },
      { outputData: 'x' },
      { iterations: -1 },
      { qtype: 'u9' },
    ];
    for (const options of bad)
      await expect(core.runJob('quantize', options, 'bad')).rejects.toMatchObject({ code: 'usage' });
    expect(namesIn(folder).filter((name) => name !== 'runs')).toEqual(before);
    expect(readdirSync(join(folder, 'runs'))).toEqual([]);
  });

  it('judges a table of the command line by time', async () => {
    const { core, folder } = await sampleCore();
    await core.runJob('quantize', { iterations: 2 }, 'one');
    rmSync(join(folder, 'nibble.json'));
    expect(await stage(core, 'quantize')).toContain('done: by the command line');
    const later = Date.now() / 1000 + 60;
    utimesSync(join(folder, 'dataset.txt'), later, later);
    expect(await stage(core, 'quantize')).toBe('stale: quantized before dataset.txt changed');
    utimesSync(join(folder, 'mobilenetv2-tiny.json'), later, later);
    expect(await stage(core, 'model')).toContain('stale');
  });
});

describe('samples', () => {
  it('takes pictures with class folders and says why others are refused', async () => {
    const { core, folder, input } = await sampleCore();
    const png = readFileSync(join(folder, 'samples/fashion_0000_c0.png'));
    const batch = {
      input: input.lid,
      classes: ['Bag', 'Zebra'],
      files: [
        { name: 'Bag/my bag.png', bytes: png },
        { name: 'Zebra/my bag.png', bytes: png.subarray(0, 100) },
        { name: 'Zebra/broken.npy', bytes: Buffer.from('nothing') },
        { name: 'notes.txt', bytes: Buffer.from('hello\nworld\n') },
      ],
    };
    const result = await core.addSamples(batch);
    expect(result.added).toBe(1);
    expect(result.rejected.map(({ name }) => name)).toEqual([
      'Zebra/my bag.png',
      'Zebra/broken.npy',
      'notes.txt',
    ]);
    const { samples, classes } = await core.samples();
    expect(samples.at(-1)).toEqual({ files: ['my_bag.png'], label: 8 });
    expect(classes.slice(8)).toEqual(['Bag', 'Ankle boot', 'Zebra']);
    await core.removeSamples([50, 0]);
    expect((await core.samples()).samples).toHaveLength(49);
    expect(existsSync(join(folder, 'samples/my_bag.png'))).toBe(false);
    expect(existsSync(join(folder, 'samples/fashion_0000_c0.png'))).toBe(false);
  });

  it('reports files that went missing', async () => {
    const { core, folder } = await sampleCore();
    writeFileSync(join(folder, 'dataset.txt'), 'samples/none.png\n');
    expect(await stage(core, 'inputs')).toContain('failed: 1 file of the dataset cannot be found');
    await expect(core.samples()).rejects.toMatchObject({ code: 'dataset-invalid' });
  });
});

describe('project folders', () => {
  it('get a free, harmless name, and broken settings do not stop them', async () => {
    const { core, projects, logs } = testCore();
    for (const id of ['a', 'b'])
      await core.importModel({ files: [textFile('.. my net.json', chainNetwork(1))] }, id);
    expect(readdirSync(projects).sort()).toEqual(['_my_net', '_my_net-2']);
    writeFileSync(join(projects, '_my_net/nibble.json'), '{');
    writeFileSync(join(projects, '_my_net/.nibble-99999999-0123456789ab.tmp'), 'half');
    await core.openProject('_my_net', 'c');
    expect(await core.project()).toMatchObject({ runs: [], target: null });
    expect(logs.map(([, text]) => text)).toContainEqual(expect.stringContaining('kept as nibble.json.bak'));
    expect(namesIn(join(projects, '_my_net'))).toEqual(['_my_net.json', 'nibble.json.bak']);
    for (const id of ['../_my_net', '/etc', '.', 'none', 'a\0'])
      await expect(core.openProject(id, 'd')).rejects.toMatchObject({
        code: expect.stringMatching(/usage|missing/) as string,
      });
  });

  it('on the desktop a network opens in place, and a model gets its network beside it', async () => {
    const { core, projects } = testCore({ paths: true });
    await core.openSample('a');
    const folder = join(projects, 'mobilenetv2-tiny');
    const summary = await core.importModel({ paths: [join(folder, 'mobilenetv2-tiny.json')] }, 'b');
    expect(summary.files).toEqual(['mobilenetv2-tiny.json', 'mobilenetv2-tiny.data']);
    expect(await stage(core, 'inputs')).toBe('done: 50 images');
    expect((await core.recentProjects()).map(({ id }) => id)).toEqual([
      join(folder, 'mobilenetv2-tiny.json'),
    ]);
    await core.importModel({ paths: [folder] }, 'c');
    expect((await core.project())?.folder).toBe(folder);
  });

  it('on the desktop a model is imported beside its file, once', async () => {
    const { core, data } = testCore({ paths: true });
    const path = join(data, 'tiny.onnx');
    mkdirSync(data, { recursive: true });
    copyFileSync(join(packageRoot(), 'assets/sample/mobilenetv2-tiny.onnx'), path);
    expect((await core.importModel({ paths: [path] }, 'a')).format).toBe('ONNX');
    expect(namesIn(data)).toEqual(['nibble.json', 'recent.json', 'tiny.data', 'tiny.json', 'tiny.onnx']);
    expect((await core.importModel({ paths: [path] }, 'b')).files).toEqual(['tiny.json', 'tiny.data']);
    const later = Date.now() / 1000 + 60;
    utimesSync(path, later, later);
    expect((await core.importModel({ paths: [path] }, 'c')).files).toEqual(['tiny.onnx']);
  });
});
