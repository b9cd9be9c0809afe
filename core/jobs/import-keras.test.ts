import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { failure } from '../importers/onnx/testing.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { importKerasJob } from './import.ts';

const root = temporaryFolder();

/** A fixture's model as a file. */
async function modelFile(name: string): Promise<string> {
  const found = (await fixtureCases('keras')).find((one) => one.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  const path = join(root, `${name}${/\.\w+$/.exec(found.files[0].name)?.[0] ?? ''}`);
  writeFileSync(path, found.files[0].bytes);
  return path;
}

describe('pegasus import keras', () => {
  it.each(['dense-3-keras', 'dense-3-h5', 'dense-2-h5'])(
    '%s: writes NAME.json and NAME.data',
    async (name) => {
      const model = await modelFile(name);
      const { files, network } = await importKerasJob({ model }, quietContext());
      expect(basename(files.model)).toBe(`${name}.json`);
      expect(existsSync(files.data)).toBe(true);
      expect(network.meta).toMatchObject({ name, orgPlatform: 'keras', platform: 'tensorflow' });
      expect((await readNetworkFile(files.model)).inputs.map(({ name: input }) => input)).toEqual(['in0']);
    },
  );

  it('cuts at --inputs and --outputs, with sizes from --input-size-list, whatever --convert-engine says', async () => {
    const model = await modelFile('conv2d-2-h5');
    const options = {
      model,
      convertEngine: 'TFLite',
      inputs: 'in0',
      inputSizeList: '9,8,3',
      outputs: 'conv2d',
      outputModel: join(root, 'cut.json'),
      outputData: join(root, 'cut.data'),
    };
    const { network } = await importKerasJob(options, quietContext());
    expect(network.outputs).toHaveLength(1);
    expect(network.inputs[0].ints('shape')).toEqual([1, 9, 8, 3]);
    expect([...network.layers.values()].map(({ name }) => name)).toContain('conv2d');
    expect(JSON.parse(readFileSync(options.outputModel, 'utf8'))).toHaveProperty('MetaData');
  });

  it('refuses names that are not there', async () => {
    const model = await modelFile('conv2d-2-h5');
    const error = await failure(importKerasJob({ model, outputs: 'nowhere' }, quietContext()));
    expect(error.code).toBe('usage');
  });
});
