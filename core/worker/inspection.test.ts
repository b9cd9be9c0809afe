import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StudioCore } from './studio-core.ts';
import { testCore, textFile } from './testing.ts';

const NAME = 'mobilenetv2-tiny';

/** The sample project, quantized with few pictures. */
async function quantizedSample(options: Record<string, boolean | number> = {}) {
  const { core, projects } = testCore();
  await core.openSample('open');
  await core.runJob('quantize', { iterations: 8, ...options }, 'quantize');
  const folder = join(projects, NAME);
  return { core, folder, file: (ending: string) => join(folder, `${NAME}${ending}`) };
}

/** Layers with weights, highest entropy first. */
async function worst(core: StudioCore, count: number): Promise<string[]> {
  const view = await core.analysis();
  const weights = new Set(view?.tensors.filter(({ kind }) => kind === 'weight').map(({ layer }) => layer));
  return (view?.tensors ?? [])
    .filter(({ kind, layer }) => kind === 'activation' && weights.has(layer))
    .sort((a, b) => b.entropy - a.entropy)
    .slice(0, count)
    .map(({ layer }) => layer);
}

const wide = (layers: readonly string[]) =>
  Object.fromEntries(layers.map((layer) => [layer, 'dynamic_fixed_point-i16']));

describe('the errors of the layers', () => {
  it('are those that quantize measures, and belong to one table', async () => {
    const { core, folder, file } = await quantizedSample({ iterations: 20, computeEntropy: true });
    const wanted = await core.analysis();
    rmSync(file('.analysis.json'));
    expect(await core.analysis()).toBeNull();
    expect((await core.project())?.stages.inspect).toEqual({ state: 'todo', text: 'not measured' });
    const measured = await core.measureLayers('measure');
    expect(measured).toEqual(wanted);
    expect(measured.tensors.length).toBeGreaterThan(50);
    expect(existsSync(join(folder, `runs/${NAME}-1/${NAME}.analysis.json`))).toBe(true);
    expect(readFileSync(join(folder, 'entropy.txt'), 'utf8')).toMatch(/^@\S+:out0, 0\.\d+\n/);
    await core.runJob('quantize', { iterations: 2, quantizer: 'dynamic_fixed_point', qtype: 'int16' }, 'b');
    expect(await core.analysis()).toBeNull();
    await core.useRun(1);
    expect(await core.analysis()).toEqual(wanted);
    expect((await core.project())?.stages.inspect.text).toMatch(/^\d+ layers? needs? care$|^all layers/);
  });

  it('need a table', async () => {
    const { core } = testCore();
    await core.openSample('open');
    await expect(core.analysis()).rejects.toMatchObject({ code: 'file-missing' });
    await expect(core.measureLayers('a')).rejects.toMatchObject({ code: 'file-missing' });
    await expect(core.customized()).rejects.toMatchObject({ code: 'file-missing' });
    expect((await core.project())?.stages.inspect.text).toBe('quantize first');
  });
});

describe('customized layers', () => {
  it('are written as a list or as text, and the run stays the project’s', async () => {
    const { core, file } = await quantizedSample();
    const { layers, formats, text } = await core.customized();
    expect([layers, text]).toEqual([{}, 'customized_quantize_layers: {}\n']);
    expect(formats.map(({ value }) => value)).toContain('dynamic_fixed_point-i16');
    const key = (await core.graph()).nodes.find(({ op }) => op === 'convolution')?.key ?? '';
    const saved = await core.saveCustomized({ layers: { [key]: 'float16' } });
    expect(readFileSync(file('.quantize'), 'utf8')).toContain(saved.text);
    expect((await core.customized()).layers).toEqual({ [key]: 'float16' });
    expect((await core.project())?.currentRun).toBe(1);
    await core.useRun(1);
    expect((await core.customized()).layers).toEqual({ [key]: 'float16' });
    const types = ['float32', 'bfloat16', 'dynamic_fixed_point-i16'];
    await Promise.all(types.map((type) => core.saveCustomized({ layers: { [key]: type } })));
    expect((await core.customized()).layers).toEqual({ [key]: types[2] });
    expect((await core.project())?.currentRun).toBe(1);
  });

  it('every mistake has its line and the nearest names; nothing of it is saved', async () => {
    const { core, file } = await quantizedSample();
    const key = (await core.graph()).nodes.find(({ op }) => op === 'convolution')?.key ?? '';
    const before = readFileSync(file('.quantize'), 'utf8');
    const text = `customized_quantize_layers:\n    ${key}x: float16\n    ${key}: int3\n    '@${key}:out0': float32\n`;
    const view = await core.checkCustomized({ text });
    expect(view.problems.map(({ line }) => line)).toEqual([2, 3]);
    expect(view.problems[0].message).toContain(`nearest: ${key}`);
    expect(view.problems[1].message).toContain('"int3" is no quantized type');
    expect(view.layers).toEqual({ [key]: 'float32' });
    await expect(core.saveCustomized({ text })).rejects.toMatchObject({
      code: 'quantize-invalid',
      place: { line: 2 },
    });
    const broken = await core.checkCustomized({ text: 'customized_quantize_layers:\n  a: [\n' });
    expect(broken.problems).toHaveLength(1);
    expect((await core.checkCustomized({ text: 'other: 1' })).problems[0].message).toContain('other');
    await expect(core.saveCustomized({ layers: { none: 'float16' } })).rejects.toMatchObject({
      code: 'quantize-invalid',
    });
    expect(readFileSync(file('.quantize'), 'utf8')).toBe(before);
  });
});

describe('tables', () => {
  it('of runs, of the project and of any file are compared', async () => {
    const { core, file } = await quantizedSample();
    const text = readFileSync(file('.quantize'), 'utf8');
    const own = textFile('copy.quantize', text);
    expect(await core.diffTables(own, 'project')).toEqual([]);
    expect(await core.diffTables(1, own)).toEqual([]);
    const name = /^ {4}'?(@[^:]+:out0)/m.exec(text)?.[1] ?? '';
    const renamed = textFile('renamed.quantize', text.replaceAll(name, '@other_1:out0'));
    const found = await core.diffTables(renamed, 'project');
    expect(found.map(({ ref, a, b }) => [ref, a === null, b === null])).toEqual([
      ['@other_1:out0', false, true],
      [name, true, false],
    ]);
    expect(found[0].a).toEqual(found[1].b);
  });

  it('that cannot be read are refused with the file and the line', async () => {
    const { core } = await quantizedSample();
    const bad = textFile('bad.quantize', "quantize_parameters:\n  '@a_1:out0':\n    quantizer: odd\n");
    await expect(core.diffTables(bad, 1)).rejects.toMatchObject({
      code: 'quantize-invalid',
      place: { file: 'bad.quantize', line: 3 },
    });
    await expect(core.diffTables('project', textFile('../a', ''))).rejects.toMatchObject({ code: 'usage' });
    await expect(core.diffTables(0, 1)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('hybrid quantization', () => {
  it('is tried without a trace, then made a run that can be gone back from', async () => {
    const { core, folder, file } = await quantizedSample({ computeEntropy: true });
    const chosen = await worst(core, 2);
    expect(chosen).toHaveLength(2);
    const draft = { layers: wide(chosen), ranges: {} };
    const [listing, table] = [readdirSync(folder), readFileSync(file('.quantize'), 'utf8')];
    const tried = await core.whatIf(draft, 'try');
    expect(readdirSync(folder)).toEqual(listing);
    expect(readFileSync(file('.quantize'), 'utf8')).toBe(table);
    expect(readdirSync(join(folder, 'runs'))).toEqual([`${NAME}-1`]);
    expect(tried.samples).toBe(8);
    expect(tried.converters).toBeGreaterThan(0);
    expect(tried.after.outputs[0].sqnr).toBeGreaterThan(tried.before.outputs[0].sqnr ?? Infinity);
    // A weight takes 2 bytes instead of 1, a bias 8 instead of 4.
    let more = 0;
    for (const key of chosen) {
      for (const { name, count } of (await core.layer(key)).coefficients)
        more += count * (name === 'bias' ? 4 : 1);
    }
    expect(tried.after.weightBytes - tried.before.weightBytes).toBe(more);

    const run = await core.applyHybrid(draft, 'apply');
    expect(run).toMatchObject({ number: 2, qtype: 'uint8', extras: ['hybrid: 2 layers'], samples: 50 });
    expect(run.evaluation?.outputs[0].sqnr).toBeGreaterThan(20);
    expect(readFileSync(file('.quantize.json'), 'utf8').match(/"op": "dtype_converter"/g)?.length).toBe(
      tried.converters,
    );
    const types = (await core.analysis())?.tensors.filter(({ ref }) => ref === `@${chosen[0]}:out0`);
    expect(types?.map(({ delivered }) => delivered)).toEqual(['dynamic_fixed_point-i16']);
    expect((await core.project())?.currentRun).toBe(2);
    const refs = (await core.diffTables(1, 2)).map(({ ref }) => ref);
    expect(refs).toContain(`@${chosen[0]}:out0`);
    expect(refs).toContain(`@${chosen[1]}:weight`);
    expect(await core.diffTables(2, 2)).toEqual([]);
    // An emptied list undoes it.
    const undone = await core.applyHybrid({ layers: {}, ranges: {} }, 'undo');
    expect(undone).toMatchObject({ number: 3, extras: [], weightBytes: tried.before.weightBytes });
    await core.useRun(1);
    expect(existsSync(file('.quantize.json'))).toBe(false);
  });

  it('keeps corrected biases with the run', async () => {
    const { core, folder, file } = await quantizedSample({ biasCorrection: true, computeEntropy: true });
    const corrected = readFileSync(file('.data'));
    const draft = { layers: wide(await worst(core, 1)), ranges: {} };
    const { before } = await core.whatIf(draft, 'try');
    await core.applyHybrid(draft, 'apply');
    expect(readFileSync(join(folder, `runs/${NAME}-2/${NAME}.data`)).equals(corrected)).toBe(true);
    expect(readFileSync(file('.data')).equals(corrected)).toBe(true);
    await core.useRun(1);
    const { before: again } = await core.whatIf(draft, 'again');
    expect(again).toEqual(before);
  });

  it('takes ranges that were set by hand, and leaves nothing behind when it fails', async () => {
    const { core, folder } = await quantizedSample({ computeEntropy: true });
    const view = await core.analysis();
    const [layer] = await worst(core, 1);
    const ref = `@${layer}:out0`;
    const { min, max } = view?.entries[ref] ?? {};
    const narrow = { min: (min ?? 0) / 8, max: (max ?? 0) / 8 };
    const tried = await core.whatIf({ layers: {}, ranges: { [ref]: narrow } }, 'narrow');
    expect(tried.after.outputs[0].sqnr).toBeLessThan(tried.before.outputs[0].sqnr ?? 0);
    const bad = { layers: { none: 'float16' }, ranges: {} };
    await expect(core.applyHybrid(bad, 'bad')).rejects.toMatchObject({ code: 'quantize-invalid' });
    await expect(
      core.whatIf({ layers: {}, ranges: { '@none:out0': narrow } }, 'worse'),
    ).rejects.toMatchObject({ code: 'quantize-invalid' });
    await expect(
      core.whatIf({ layers: {}, ranges: { [ref]: { min: 1, max: 0 } } }, 'odd'),
    ).rejects.toMatchObject({ code: 'usage' });
    expect(readdirSync(join(folder, 'runs'))).toEqual([`${NAME}-1`]);
  });
});

describe('the next layer', () => {
  it('is measured for a range that is tried; what is fused hands it on', async () => {
    const { core, folder } = await quantizedSample();
    const { nodes } = await core.graph();
    const [listing, table] = [readdirSync(folder), (await core.customized()).text];
    const input = nodes.find(({ op }) => op === 'input')?.key ?? '';
    const wider = await core.nextLayerEffect(`@${input}:out0`, { min: -40, max: 40 });
    expect(wider).toHaveLength(1);
    expect(nodes.find(({ key }) => key === wider[0].layer)?.op).toBe('convolution');
    expect(wider[0].after.sqnr).toBeLessThan((wider[0].before.sqnr ?? Infinity) - 10);
    expect(wider[0].after.cosine).toBeLessThan(wider[0].before.cosine);
    const [first] = wider;
    const clamp = nodes.find(({ key }) => key.startsWith('Clip_/stem'))?.key ?? '';
    const fused = await core.nextLayerEffect(`@${first.layer}:out0`, { min: 0, max: 1 });
    expect(fused).toEqual(await core.nextLayerEffect(`@${clamp}:out0`, { min: 0, max: 1 }));
    const behind = fused.map(({ layer }) => nodes.find(({ key }) => key === layer)?.op);
    expect(behind.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual(['add', 'convolution']);
    expect([readdirSync(folder), (await core.customized()).text]).toEqual([listing, table]);
  });

  it('says in words why there is none', async () => {
    const { core, folder } = await quantizedSample();
    const { nodes } = await core.graph();
    const range = { min: 0, max: 1 };
    const last = nodes.find(({ op }) => op === 'fullconnect')?.key ?? '';
    const ofLast = core.nextLayerEffect(`@${last}:out0`, range);
    await expect(ofLast).rejects.toThrow(/^no layer computes with @Gemm/);
    await expect(core.nextLayerEffect('@none:out0', range)).rejects.toMatchObject({
      code: 'quantize-invalid',
    });
    const bad = [
      { min: 1, max: 0 },
      { min: NaN, max: 1 },
      { min: 0, max: Infinity },
    ];
    for (const one of bad) {
      await expect(core.nextLayerEffect(`@${last}:out0`, one)).rejects.toMatchObject({ code: 'usage' });
    }
    await expect(core.nextLayerEffect('', range)).rejects.toMatchObject({ code: 'usage' });
    const { samples } = await core.samples();
    await core.removeSamples(samples.map((_, index) => index));
    const input = nodes.find(({ op }) => op === 'input')?.key ?? '';
    const ofInput = () => core.nextLayerEffect(`@${input}:out0`, range);
    await expect(ofInput()).rejects.toThrow(/^the list has no samples/);
    rmSync(join(folder, 'dataset.txt'));
    await expect(ofInput()).rejects.toThrow(/^there are no samples/);
  });
});
