import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatNpy } from '../files/npy.ts';
import { floatTensor } from '../network/tensor.ts';
import { testCore, textFile } from './testing.ts';

/** A network that adds two inputs: a picture and a vector-like tensor. */
const TWO_INPUTS = JSON.stringify({
  MetaData: { Name: 'two', AcuityVersion: '6', Platform: 'tensorflow' },
  Layers: {
    left_0: { name: 'left', op: 'input', parameters: { shape: [1, 2, 2, 3] }, inputs: [], outputs: ['out0'] },
    right_1: { name: 'right', op: 'input', parameters: { shape: [1, 4] }, inputs: [], outputs: ['out0'] },
    relu_2: { name: 'a', op: 'relu', inputs: ['@left_0:out0'], outputs: ['out0'] },
    relu_3: { name: 'b', op: 'relu', inputs: ['@right_1:out0'], outputs: ['out0'] },
    end_4: { name: 'x', op: 'output', inputs: ['@relu_2:out0'], outputs: ['out0'] },
    end_5: { name: 'y', op: 'output', inputs: ['@relu_3:out0'], outputs: ['out0'] },
  },
});

async function twoInputs() {
  const made = testCore();
  await made.core.importModel({ files: [textFile('two.json', TWO_INPUTS)] }, 'open');
  return { ...made, folder: join(made.projects, 'two') };
}

/** A .npy file as the page sends it. */
function npy(name: string, shape: number[], values: number[]) {
  return {
    name,
    bytes: new Uint8Array(Buffer.concat(formatNpy(floatTensor(shape, Float32Array.from(values))))),
  };
}

describe('a network with two inputs', () => {
  it('has a list and a folder for each, and pairs their samples', async () => {
    const { core, folder } = await twoInputs();
    const { inputs } = await core.inputMeta();
    expect(inputs.map(({ lid }) => lid)).toEqual(['left_0', 'right_1']);
    const picture = npy('p.npy', [2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await core.addSamples({ input: 'left_0', classes: [], files: [picture] });
    const vectors = [npy('a.npy', [4], [1, 2, 3, 4]), npy('b.npy', [1, 4], [5, 6, 7, 8])];
    const result = await core.addSamples({
      input: 'right_1',
      classes: [],
      files: [...vectors, npy('c.npy', [5], [1, 2, 3, 4, 5])],
    });
    expect(result.added).toBe(2);
    expect(result.rejected[0]?.reason).toContain('the array has shape [5], input "right_1" needs [4]');
    expect(readFileSync(join(folder, 'dataset1.txt'), 'utf8')).toBe('samples/1/a.npy\nsamples/1/b.npy\n');
    expect(readdirSync(join(folder, 'samples/1'))).toEqual(['a.npy', 'b.npy']);
    const { samples, warnings } = await core.samples();
    expect(samples.map(({ files }) => files)).toEqual([
      ['p.npy', 'a.npy'],
      ['p.npy', 'b.npy'],
    ]);
    expect(warnings).toContain('dataset0.txt has 1 of 2 samples; it starts over when it ends.');
    const preview = await core.preview({ input: 'right_1', index: 1 });
    expect(preview).toMatchObject({ file: 'b.npy', original: null, seen: null, min: 5, max: 8, mean: 6.5 });
    const seen = await core.preview({ input: 'left_0', index: 1 });
    expect(seen).toMatchObject({ file: 'p.npy', original: null, seen: { width: 2, height: 2 }, max: 11 });
  });

  it('cannot grow where one list has a column for each input', async () => {
    const { core, folder } = await twoInputs();
    const { text } = await core.inputMeta();
    const joined = text.replace(/ {2}- path: dataset1\.txt\n {4}type: TEXT\n {4}ports:\n/, '');
    await core.saveInputMeta({ text: joined });
    writeFileSync(
      join(folder, 'p.npy'),
      npy(
        'p',
        [2, 2, 3],
        Array.from({ length: 12 }, () => 1),
      ).bytes,
    );
    writeFileSync(join(folder, 'v.npy'), npy('v', [4], [1, 2, 3, 4]).bytes);
    writeFileSync(join(folder, 'dataset0.txt'), 'p.npy v.npy 3\n');
    expect(await core.samples()).toMatchObject({
      samples: [{ files: ['p.npy', 'v.npy'], label: 3 }],
      fixed: expect.stringContaining('a column for each input') as string,
    });
    const batch = { input: 'left_0', classes: [], files: [npy('q.npy', [4], [1, 2, 3, 4])] };
    await expect(core.addSamples(batch)).rejects.toThrow('a column for each input');
    expect(readFileSync(join(folder, 'dataset0.txt'), 'utf8')).toBe('p.npy v.npy 3\n');
    expect((await core.preview({ input: 'right_1', index: 0 })).file).toBe('v.npy');
  });
});

describe('labels', () => {
  it('come from numbered folders, or from a list', async () => {
    const { core, folder } = await twoInputs();
    const sample = (name: string) => npy(name, [4], [name.length, 2, 3, 4]);
    const numbered = {
      input: 'right_1',
      classes: ['3', '12'],
      files: [sample('3/a.npy'), sample('12/bb.npy')],
    };
    await core.addSamples(numbered);
    expect(readFileSync(join(folder, 'dataset1.txt'), 'utf8')).toBe(
      'samples/1/a.npy 3\nsamples/1/bb.npy 12\n',
    );
    const list = textFile('labels.csv', 'a.npy,7\r\nimages/bb.npy,8\r\nother.npy,1\r\n');
    const result = await core.addSamples({ input: 'right_1', classes: [], files: [list] });
    expect(result).toEqual({ added: 0, labelled: 2, rejected: [] });
    expect(readFileSync(join(folder, 'dataset1.txt'), 'utf8')).toBe(
      'samples/1/a.npy 7\nsamples/1/bb.npy 8\n',
    );
    await core.addSamples({ input: 'right_1', classes: [], files: [textFile('classes.txt', 'cat\ndog\n')] });
    expect(readFileSync(join(folder, 'classes.txt'), 'utf8')).toBe('cat\ndog\n');
  });
});

describe('a page without paths', () => {
  it('cannot name lists elsewhere on this computer', async () => {
    const { core, folder } = await twoInputs();
    const { text } = await core.inputMeta();
    for (const path of ['/etc/passwd', '../../secret.txt', 'C:/x.txt', 'a/../../b.txt']) {
      const draft = { text: text.replace('dataset0.txt', path) };
      await expect(core.saveInputMeta(draft)).rejects.toThrow('outside of the project folder');
      await expect(core.checkInputMeta(draft)).rejects.toMatchObject({ code: 'inputmeta-invalid' });
    }
    const dropped = textFile('two_inputmeta.yml', text.replace('dataset0.txt', '/etc/passwd'));
    const files = [textFile('two.json', TWO_INPUTS), dropped];
    await expect(core.importModel({ files }, 'again')).rejects.toThrow('outside of the project folder');
    // What the owner wrote with an editor may stay.
    const own = text.replace('dataset0.txt', '/data/list.txt');
    writeFileSync(join(folder, 'two_inputmeta.yml'), own);
    expect((await core.saveInputMeta({ text: `${own}# seen\n` })).text).toContain('/data/list.txt');
  });
});
