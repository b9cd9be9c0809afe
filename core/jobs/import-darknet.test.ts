import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixtureCases } from '../conformance/fixtures.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { importDarknetJob } from './import.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const cases = await fixtureCases('darknet');

/** Writes the files of a case; its weights under the name given. */
function lay(name: string, weights = 'yolo.weights'): { model: string; weights: string } {
  const [cfg, numbers] = cases.find((one) => one.name === name)?.files ?? [];
  writeFileSync(at('yolo.cfg'), cfg.bytes);
  writeFileSync(at(weights), numbers.bytes);
  return { model: at('yolo.cfg'), weights: at(weights) };
}

/** Runs the import; the second item are the warnings. */
async function imported(options: Record<string, unknown>) {
  const warnings: string[] = [];
  const log = (level: string, text: string): void => void (level === 'W' && warnings.push(text));
  const { network, files } = await importDarknetJob(options, { ...quietContext(), log });
  return { network, files, warnings };
}

test('--model and --weights, whatever the ending: the network beside the model; ends are told', async () => {
  const { network, files, warnings } = await imported(lay('yolo-two', 'final.bin'));
  expect(files).toEqual({ model: at('yolo.json'), data: at('yolo.data') });
  expect(existsSync(files.model) && existsSync(files.data)).toBe(true);
  expect(network.outputs).toHaveLength(2);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^the network ends in front of \[yolo\] in line \d+: 2 classes, anchors 10, 13, 16, 30$/,
    ),
    expect.stringMatching(/^the network ends in front of \[yolo\] in line \d+: 2 classes, anchors 33, 23$/),
  ]);
});

test('--output-model and --output-data', async () => {
  const { files } = await imported({
    ...lay('connected'),
    outputModel: at('a.json'),
    outputData: at('b.data'),
  });
  expect(files).toEqual({ model: at('a.json'), data: at('b.data') });
});

test('without --weights nothing is imported', async () => {
  const { model } = lay('connected');
  await expect(imported({ model })).rejects.toThrow(/weights/);
  await expect(imported({ model, weights: at('missing.weights') })).rejects.toMatchObject({
    code: 'file-missing',
    place: { file: at('missing.weights') },
  });
});

test('the file of a problem is the .cfg, with a line, or the .weights', async () => {
  const { model, weights } = lay('connected');
  writeFileSync(weights, Buffer.alloc(64));
  await expect(imported({ model, weights })).rejects.toMatchObject({ place: { file: 'yolo.weights' } });
  writeFileSync(model, '[net]\nwidth=4\nheight=4\nchannels=3\n[convolution]\n');
  await expect(imported({ model, weights })).rejects.toMatchObject({ place: { file: model, line: 5 } });
});
