import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { writeNpyFile } from '../files/npy.ts';
import { encodeTiny, noise } from '../importers/onnx/testing.ts';
import { affine, QuantizedModel, quantizedNetwork } from '../importers/onnx/testing-quantized.ts';
import { floatTensor } from '../network/tensor.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { exportOvxlibJob } from './export.ts';
import { importOnnxJob } from './import.ts';
import { inferenceJob } from './inference.ts';
import { inputMetaJob } from './inputmeta.ts';
import { quantizeJob } from './quantize/job.ts';
import { runCaseJob } from './run-case.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);

/** Writes and imports a model. @returns the log */
async function importModel(name: string, bytes: Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  writeFileSync(at(`${name}.onnx`), bytes);
  const log = (level: string, text: string): void => void lines.push(`${level} ${text}`);
  await importOnnxJob({ model: at(`${name}.onnx`) }, { ...quietContext(), log });
  return lines;
}

describe.each([
  ['uint8', quantizedNetwork('uint8', false, false)],
  ['channels', quantizedNetwork('int8', true, true)],
])('a model that is quantized already: %s', (name, model) => {
  const files = {
    model: at(`${name}.json`),
    modelData: at(`${name}.data`),
    withInputMeta: at(`${name}_inputmeta.yml`),
  };
  const table = at(`${name}.quantize`);

  test('runs and is exported without a quantization of ours', async () => {
    const lines = await importModel(name, encodeTiny(model));
    expect(lines.filter((line) => line.includes('own quantization'))).toHaveLength(1);
    expect(existsSync(table)).toBe(true);
    const samples = [1, 2, 3].map((seed) => at(`${name}${seed}.npy`));
    for (const [index, file] of samples.entries()) {
      const values = Float32Array.from(noise(3 * 12 * 12, index), (value) => 2 * value);
      await writeNpyFile(file, floatTensor([3, 12, 12], values));
    }
    writeFileSync(at(`${name}.txt`), samples.join('\n'));
    await inputMetaJob({ model: files.model, sourceFile: at(`${name}.txt`) }, quietContext());
    const dump = { postprocess: 'dump_result', outputDir: folder, iterations: 3 };
    const inference = await inferenceJob({ ...files, ...dump, dtype: 'quantized' }, quietContext());
    const outputPath = at(`case_${name}/${name}`);
    const exported = await exportOvxlibJob(
      { ...files, modelQuantize: table, dtype: 'quantized', outputPath },
      quietContext(),
    );
    if (!existsSync(join(packageRoot(), 'out/sdk/include'))) return;
    const inputs = inference.files.filter((file) => /_x_|x_\d+_out0/.test(file)).map((file) => [file]);
    expect(inputs).toHaveLength(3);
    const { outputs } = await runCaseJob({ folder: exported.folder, samples: inputs }, quietContext());
    expect(outputs.map(([bytes]) => [...bytes])).toEqual(inference.samples.map(({ bytes }) => [...bytes[0]]));
  });

  test('is quantized anew when asked to', async () => {
    const before = await readQuantizeFile(table);
    await quantizeJob(
      { ...files, rebuild: true, quantizer: 'dynamic_fixed_point', qtype: 'int8' },
      quietContext(),
    );
    const after = await readQuantizeFile(table);
    expect([...after.entries.keys()]).toEqual([...before.entries.keys()]);
    expect(new Set([...after.entries.values()].map(({ quantizer }) => quantizer))).toEqual(
      new Set(['dynamic_fixed_point']),
    );
  });
});

test('a model without parameters brings no table, and leaves one that is there', async () => {
  const m = new QuantizedModel();
  writeFileSync(at('plain.quantize'), 'kept');
  await importModel('plain', encodeTiny(m.model({ x: [1, 4] }, [m.node('Relu', ['x'])])));
  expect(readFileSync(at('plain.quantize'), 'utf8')).toBe('kept');
});

test('weights alone are stored as reals', async () => {
  const m = new QuantizedModel();
  const w = m.stored([4, 2], [1, 2, 3, 4, 5, 6, 7, 8], affine('int8', -1, 1));
  await importModel('weights', encodeTiny(m.model({ x: [1, 4] }, [m.node('MatMul', ['x', w])])));
  expect(existsSync(at('weights.quantize'))).toBe(false);
});
