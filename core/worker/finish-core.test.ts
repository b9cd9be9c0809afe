import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import type { NamedBytes } from './contract.ts';
import { testCore } from './testing.ts';

const NAME = 'mobilenetv2-tiny';

/** The sample project, quantized with a few of its pictures where asked. */
async function sample({ quantized = false } = {}) {
  const made = testCore();
  await made.core.openSample('open');
  const folder = join(made.projects, NAME);
  if (quantized) await made.core.runJob('quantize', { iterations: 3 }, 'quantize');
  const stage = async (name: 'export' | 'verify' | 'target') => {
    const found = (await made.core.project())?.stages[name];
    return `${found?.state}: ${found?.text}`;
  };
  return { ...made, folder, stage };
}

describe('the chip', () => {
  it('is recognized from what a board prints', async () => {
    const { core } = testCore();
    const text = 'processor : 0\nSerial\t\t: 290b70004ba55adb38423231474c4d4\nHardware : Amlogic\n';
    expect(await core.recognizeTargets(text)).toEqual([
      { serial: '290b70004ba55adb38423231474c4d4', pid: '0X88', nearest: [] },
    ]);
    const [unknown] = await core.recognizeTargets('290f0000');
    expect(unknown.pid).toBeNull();
    expect(unknown.nearest[0]).toMatchObject({ sameFamily: true });
    expect(await core.recognizeTargets('hello')).toEqual([]);
    await expect(core.recognizeTargets('x'.repeat(2 ** 20 + 1))).rejects.toMatchObject({ code: 'usage' });
    const known = (await core.chips()).find(({ pid }) => pid === '0X99');
    expect(known).toMatchObject({ names: expect.arrayContaining(['S905D3']) as string[], int16: false });
    expect(known?.types.slow).toContain('int16');
  });

  it('says what of the quantization it lacks', async () => {
    const { core, stage } = await sample();
    expect(await core.targetFit('0X99')).toEqual({ tensors: null, misfits: [] });
    await core.runJob(
      'quantize',
      { quantizer: 'dynamic_fixed_point', qtype: 'int16', iterations: 1 },
      'quantize',
    );
    const { tensors, misfits } = await core.targetFit('0X99');
    expect(misfits).toHaveLength(1);
    expect(misfits[0].reason).toMatch(/S905D3 .*have no int16/);
    expect(misfits[0].remedy).toContain('uint8');
    expect(misfits[0].tensors).toBeLessThanOrEqual(tensors ?? 0);
    expect((await core.targetFit('0X88')).misfits).toEqual([]);
    await core.setTarget('0X99');
    const notes = await core.modelNotes();
    expect(notes.length).toBeGreaterThan(10);
    expect(new Set(notes.map(({ kind }) => kind)).size).toBe(1);
    expect(notes[0].kind).toMatch(/S905D3 .*have no int16: use asymmetric_affine uint8/);
    const keys = (await core.graph()).nodes.map(({ key }) => key);
    for (const { layer } of notes) expect(keys).toContain(layer);
    await core.setTarget('0X88');
    expect(await core.modelNotes()).toEqual([]);
    await core.setTarget(null);
    await expect(core.targetFit('0XFF')).rejects.toMatchObject({ code: 'usage' });
    expect(await stage('target')).toBe('todo: not chosen');
    await core.setTarget('0X88');
    expect(await stage('target')).toBe('done: A311D, 0X88');
  }, 60_000);
});

describe('post-processing', () => {
  it('is suggested, checked with the line, saved and deleted', async () => {
    const { core, folder } = await sample();
    const suggested = await core.postProcess();
    expect(suggested).toMatchObject({ saved: false, kinds: ['classification'], problem: null });
    expect(suggested.text).toContain('labels: classes.txt');
    expect(existsSync(join(folder, suggested.file))).toBe(false);
    const wrong = suggested.text.replace('kind: classification', 'kind: clasification');
    const line = wrong.split('\n').findIndex((text) => text.includes('clasification')) + 1;
    await expect(core.savePostProcess(wrong)).rejects.toMatchObject({
      code: 'postprocess-invalid',
      place: { line },
    });
    expect(existsSync(join(folder, suggested.file))).toBe(false);
    expect(await core.savePostProcess(suggested.text)).toMatchObject({ saved: true });
    writeFileSync(join(folder, suggested.file), 'postprocess: [');
    const broken = await core.postProcess();
    expect(broken.problem?.message).toBeTruthy();
    expect(await core.savePostProcess(null)).toMatchObject({ saved: false, problem: null });
  });

  it('reads no files outside of the project', async () => {
    const { core, folder } = await sample();
    writeFileSync(join(folder, '../secret.txt'), 'a\nb\n');
    const { text } = await core.postProcess();
    for (const path of [
      '../secret.txt',
      join(folder, '../secret.txt'),
      '/etc/passwd',
      'a/../../secret.txt',
    ]) {
      const draft = text.replace('labels: classes.txt', `labels: ${path}`);
      await expect(core.savePostProcess(draft)).rejects.toThrow(/outside of the project/);
    }
  });
});

describe('an export', () => {
  it('lists its files, shows their beginning, and nothing else', async () => {
    const { core, folder, stage, projects } = await sample({ quantized: true });
    expect(await core.caseFiles()).toBeNull();
    expect(await stage('export')).toBe('todo: not exported');
    await expect(core.caseFile(`${NAME}/main.c`)).rejects.toMatchObject({ code: 'usage' });
    const options = await core.exportOptions();
    expect(options.find(({ key }) => key === 'dtype')?.default).toBe('quantized');
    expect(options.map(({ key }) => key)).not.toContain('vivSdk');
    await core.setTarget('0X88');
    const { folders, warnings } = await core.exportCase({ packNbgUnify: true }, 'export');
    expect(folders.map(({ kind }) => kind)).toEqual(['case', 'unify']);
    expect(warnings.join()).toContain('runs in the simulator only');
    expect(await stage('export')).toBe('done: quantized, not built here');

    const source = await core.caseFile(`${NAME}/vnn_mobilenetv2tiny.c`);
    expect(source).toMatchObject({ binary: false });
    expect(source.text).toContain('VSI_NN_OP_CONV2D');
    const names = folders.flatMap(({ files }) => files.map(({ name }) => name));
    const binary = names.find((name) => name.endsWith('.export.data')) ?? '';
    const shown = await core.caseFile(binary);
    expect(shown).toMatchObject({ binary: true, cut: true });
    expect(shown.text.split('\n')).toHaveLength(128);

    writeFileSync(join(projects, 'secret.txt'), 'secret');
    for (const name of [
      '../secret.txt',
      `${NAME}/../../../secret.txt`,
      join(projects, 'secret.txt'),
      NAME,
      `${NAME}/`,
      'main.c',
      `${NAME}/main.c\0`,
      '__proto__',
    ]) {
      await expect(core.caseFile(name)).rejects.toMatchObject({ code: 'usage' });
    }
    const main = join(folder, 'export', NAME, 'main.c');
    rmSync(main);
    await expect(core.caseFile(`${NAME}/main.c`)).rejects.toMatchObject({ code: 'file-missing' });
    symlinkSync(join(projects, 'secret.txt'), main);
    await expect(core.caseFile(`${NAME}/main.c`)).rejects.toMatchObject({ code: 'file-missing' });
    rmSync(join(folder, 'export', NAME, 'self_test'), { recursive: true });
    mkdirSync(join(projects, 'self_test'));
    writeFileSync(join(projects, 'self_test/layers.dat'), 'secret');
    symlinkSync(join(projects, 'self_test'), join(folder, 'export', NAME, 'self_test'));
    await expect(core.caseFile(`${NAME}/self_test/layers.dat`)).rejects.toMatchObject({
      code: 'file-missing',
    });
    const listed = await core.caseFiles();
    expect(listed?.folders[0].files.find(({ name }) => name.endsWith('/main.c'))?.bytes).toBeNull();

    const net = join(folder, 'export', NAME, 'vnn_mobilenetv2tiny.h');
    writeFileSync(net, 'é'.repeat(2 ** 20));
    const large = await core.caseFile(`${NAME}/vnn_mobilenetv2tiny.h`);
    expect(large).toMatchObject({ bytes: 2 ** 21, cut: true, binary: false });
    expect(large.text.length).toBeLessThanOrEqual(2 ** 20);
    truncateSync(net, 2 ** 33);
    expect((await core.caseFile(`${NAME}/vnn_mobilenetv2tiny.h`)).bytes).toBe(2 ** 33);
  }, 60_000);

  it('takes no paths from a hostile settings file', async () => {
    const { core, folder } = await sample();
    await core.exportCase({ selfTest: false }, 'export');
    const settings = join(folder, 'nibble.json');
    const text = readFileSync(settings, 'utf8');
    for (const name of ['../../x', '/etc/passwd', 'a/../../b', '..', 'a//b', './a']) {
      writeFileSync(settings, text.replace('"main.c"', JSON.stringify(name)));
      expect(await core.caseFiles()).toBeNull();
    }
  }, 60_000);

  it('refuses what cannot be, and removes what an earlier export left', async () => {
    const { core, folder, stage } = await sample();
    await expect(core.exportCase({ dtype: 'quantized' }, 'a')).rejects.toThrow(/not quantized/);
    await expect(core.exportCase({ vivSdk: '/opt/sdk' }, 'a')).rejects.toThrow(/no folder/);
    await expect(core.exportCase({ outputPath: '/tmp/x' }, 'a')).rejects.toMatchObject({ code: 'usage' });
    await expect(core.exportCase({ packNbgUnify: true }, 'a')).rejects.toThrow(/--optimize/);
    await expect(core.buildCase('case', 'a')).rejects.toThrow(/nothing has been exported/);
    await core.setTarget('0X88');
    await core.exportCase({ packNbgUnify: true }, 'b');
    const [self, packed] = ['', '_nbg_unify'].map((end) => join(folder, `export/${NAME}${end}`));
    expect(existsSync(join(self, 'self_test/layers.dat'))).toBe(true);
    writeFileSync(join(self, 'mine.c'), '/* mine */');
    await core.exportCase({ selfTest: false }, 'c');
    expect([existsSync(packed), existsSync(join(self, 'self_test'))]).toEqual([false, false]);
    expect(existsSync(join(self, 'mine.c'))).toBe(true);
    await core.setTarget('0X99');
    expect(await stage('export')).toBe('stale: exported before the chip changed');
  }, 60_000);
});

describe('building and comparing', () => {
  it('passes its self test and gives the bytes of the simulator', async () => {
    const { core, folder, stage } = await sample({ quantized: true });
    const { text } = await core.postProcess();
    await core.savePostProcess(text);
    const before = await core.verify({ index: 1 }, 'early');
    expect(before.columns.map(({ missing }) => missing)).toEqual([
      null,
      null,
      'Nothing has been exported yet.',
    ]);
    expect(await stage('verify')).toMatch(/^done: cosine 0\.9\d+$/);
    await core.exportCase({}, 'export');
    const build = await core.buildCase('case', 'build');
    expect(build.output).toContain('Self test: PASS');
    expect(build.passed).toBe(true);
    expect(existsSync(join(folder, 'export', NAME, 'main.o'))).toBe(false);
    expect(await stage('export')).toBe('done: quantized, self test passed');

    const view = await core.verify({ index: 1 }, 'verify');
    const [float, quantized, compiled] = view.columns;
    expect(view).toMatchObject({ label: { label: 1, name: 'Trouser' }, picture: { width: 28 } });
    expect(compiled).toMatchObject({ missing: null, sameBytes: true });
    expect(compiled.outputs[0].top).toEqual(quantized.outputs[0].top);
    expect(compiled.outputs[0].similarity).toEqual(quantized.outputs[0].similarity);
    expect(float.outputs[0].top[0]).toMatchObject({ label: 1, name: 'Trouser' });
    expect(compiled.steps).toEqual(quantized.steps);
    const last = view.depth.at(-1);
    expect(last?.cosine).toBeCloseTo(quantized.outputs[0].similarity?.cosine ?? 0, 4);
    expect(view.depth.length).toBeGreaterThan(20);
    expect(await stage('verify')).toMatch(/C as simulated$/);

    expect(view.nnVersion).toBeNull();

    // Both integer networks round as the chip's cores do, and so agree.
    const rounded = await core.verify({ index: 1 }, 'rounded', 'npu');
    expect(rounded.nnVersion).toBe(7);
    expect(rounded.columns[2]).toMatchObject({ missing: null, sameBytes: true });
    expect(rounded.columns[0].outputs).toEqual(float.outputs);
    expect(rounded.depth).not.toEqual(view.depth);
    expect(await stage('verify')).toMatch(/as NN cores 7 round, C as simulated$/);
    await expect(core.verify({ index: 1 }, 'a', 'npu9' as 'npu')).rejects.toMatchObject({ code: 'usage' });
    await core.setTarget('0XBE');
    expect((await core.verify({ index: 1 }, 'eight', 'npu')).nnVersion).toBe(8);
    await core.setTarget(null);

    const bytes = new Uint8Array(readFileSync(join(folder, 'samples', view.sample)));
    const dropped = await core.verify({ file: { name: 'my own.PNG', bytes } }, 'drop');
    expect(dropped).toMatchObject({ sample: 'my own.PNG', label: null, picture: { width: 28 } });
    expect(dropped.columns[0].outputs).toEqual(float.outputs);

    const file = { name: '../x.png', bytes };
    await expect(core.verify({ file }, 'a')).rejects.toMatchObject({ code: 'usage' });
    await expect(core.verify({ index: 999 }, 'a')).rejects.toMatchObject({ code: 'usage' });
    const text2 = { name: 'x.png', bytes: new TextEncoder().encode('no picture') };
    await expect(core.verify({ file: text2 }, 'a')).rejects.toMatchObject({ place: { file: 'x.png' } });

    await core.savePostProcess(null);
    const after = await core.verify({ index: 0 }, 'again');
    expect(after.columns[2].missing).toContain('before the post-processing changed');
    rmSync(join(folder, 'build', NAME), { recursive: true });
    rmSync(join(folder, 'export', NAME, 'main.c'));
    await expect(core.buildCase('case', 'b')).rejects.toThrow(/a file of the export is gone/);
  }, 120_000);

  it('reads back what the program wrote of every layer', async () => {
    const { core, folder } = await sample({ quantized: true });
    await core.exportCase({}, 'export');
    await core.buildCase('case', 'build');
    const sdk = join(packageRoot(), 'out/sdk');
    const cwd = join(folder, 'build', NAME);
    const variables = { LD_LIBRARY_PATH: join(sdk, 'lib'), NN_LAYER_DUMP: '1', CNN_PERF: '1' };
    const run = { cwd, env: { ...process.env, ...variables } };
    // Its last run is of the second sample.
    const log = execFileSync(`./${NAME.replace('-', '')}`, [`${NAME}.export.data`, '--self-test'], run);
    const dumps = join(cwd, 'layer_dump');
    const files = readdirSync(dumps).map((name) => ({
      name,
      bytes: new Uint8Array(readFileSync(join(dumps, name))),
    }));
    const perf = { name: 'board.log', bytes: new Uint8Array(log) };
    const request = {
      files: [...files, perf],
      against: 'quantized',
      sample: { index: 1 },
      requantization: 'exact',
    } as const;
    const same = await core.compareDumps({ ...request, files: [...request.files] }, 'same');
    expect(same).toMatchObject({ first: null, absent: 0, oddCount: 0 });
    expect(same.points).toHaveLength(files.length);
    expect(same.microseconds).toBeGreaterThan(0);
    expect(same.data.map(({ values }) => values.length)).toEqual(Array(4).fill(files.length));

    const odd = { name: 'README.md', bytes: new Uint8Array(3) };
    const float = await core.compareDumps(
      { ...request, files: [...files, odd], against: 'float32' },
      'float',
    );
    expect(float.first?.differing).toBeGreaterThan(0);
    expect(float).toMatchObject({ oddCount: 1, odd: [{ file: 'README.md' }], microseconds: null });

    const [first, ...rest] = files;
    const broken = { ...first, bytes: new TextEncoder().encode('1.0\nx\n') };
    const compare = (given: NamedBytes[]) => core.compareDumps({ ...request, files: given }, 'a');
    await expect(compare([broken, ...rest])).rejects.toMatchObject({ place: { file: first.name, line: 2 } });
    await expect(compare([odd, perf])).rejects.toThrow(/none of the files is a layer dump/);
    await expect(compare([{ ...first, name: `../${first.name}` }])).rejects.toMatchObject({ code: 'usage' });
  }, 120_000);

  it('finds the program whatever it is called, and takes the network in floats', async () => {
    const { core, projects } = testCore();
    const bytes = new Uint8Array(readFileSync(join(packageRoot(), `assets/sample/${NAME}.onnx`)));
    // After "self_test" in a folder, and a name that begins like one of the helpers.
    await core.importModel({ files: [{ name: 'self_test_zebra.onnx', bytes }] }, 'import');
    const picture = readFileSync(
      join(packageRoot(), 'assets/sample/fashion-mnist/images/fashion_0000_c0.png'),
    );
    const { inputs } = await core.inputMeta();
    const files = [{ name: 'a.png', bytes: new Uint8Array(picture) }];
    await core.addSamples({ input: inputs[0].lid, files, classes: [] });
    const { dtype } = await core.exportCase({}, 'export');
    expect(dtype).toBe('float16');
    expect((await core.buildCase('case', 'build')).output).toContain('Self test: PASS');
    const { columns } = await core.verify({ index: 0 }, 'verify');
    expect(columns[1].missing).toContain('not quantized');
    expect(columns[2]).toMatchObject({ missing: null, sameBytes: true });
    expect(columns[2].outputs[0].similarity?.cosine).toBeGreaterThan(0.9999);
    expect(existsSync(join(projects, 'self_test_zebra/build/self_test_zebra'))).toBe(true);
  }, 60_000);

  it('builds the case around the packed network as well, and remembers both', async () => {
    const { core, folder } = await sample({ quantized: true });
    await expect(core.buildCase('unify', 'a')).rejects.toThrow(/nothing has been exported/);
    await core.setTarget('0X88');
    await core.exportCase({ packNbgUnify: true }, 'b');
    const build = await core.buildCase('unify', 'c');
    expect(build.output).toContain('Self test: PASS');
    expect(existsSync(join(folder, `build/${NAME}_nbg_unify`))).toBe(true);
    expect(existsSync(join(folder, `build/${NAME}`))).toBe(false);
    expect(await core.caseFiles()).toMatchObject({ build: null, packedBuild: build });
    await core.buildCase('case', 'd');
    expect(await core.caseFiles()).toMatchObject({ build: { passed: true }, packedBuild: build });
  }, 120_000);
});
