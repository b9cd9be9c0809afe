import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { at, imported, model, quantize } from '../testing/quantize-sample.ts';
import { quietContext } from '../testing/temporary.ts';
import { exportOvxlibJob } from './export.ts';
import { inferenceJob } from './inference.ts';

const context = quietContext();
const base = { model, modelData: imported, withInputMeta: at('calibration.yml') };

beforeAll(async () => {
  await quantize({ iterations: 2 });
});

/** The C source of an export with these options. */
async function source(name: string, options: Record<string, unknown>): Promise<string> {
  await exportOvxlibJob({ ...base, outputPath: at(`${name}/net`), ...options }, context);
  return readFileSync(at(`${name}/vnn_net.c`), 'utf8');
}

/** The element types of a C source's tensors. */
const types = (text: string): string[] =>
  [...new Set([...text.matchAll(/VSI_NN_TYPE_(\w+)/g)].map(([, type]) => type))].sort();

test('--dtype: float is float16, float32 is itself, quantized is what the table says', async () => {
  const float = await source('float', {});
  expect(types(float)).toContain('FLOAT16');
  expect(await source('float', { dtype: 'float' })).toBe(float);
  expect(await source('float', { dtype: 'float16' })).toBe(float);
  expect(types(await source('float32', { dtype: 'float32' }))).toEqual(['FLOAT32']);
  const quantized = { dtype: 'quantized', modelQuantize: at('net.quantize') };
  expect(types(await source('quantized', quantized))).toContain('UINT8');
  await expect(source('none', { dtype: 'quantized' })).rejects.toThrow(/--model-quantize/);
});

test('options that change nothing here are taken, and change nothing', async () => {
  const plain = await source('plain', {});
  const options = {
    optimize: 'VIPNANOQI_PID0X88',
    vivSdk: '../bin/vcmdtools',
    buildPlatform: 'make',
    targetIdeProject: 'linux64',
    customerLids: 'a',
    customerOps: 'b',
    batchSize: 1,
  };
  expect(await source('plain', options)).toBe(plain);
});

test.each([
  [{ packNbgUnify: true, packNbgViplite: true, optimize: '0X88' }],
  [{ packNbgUnify: true }],
  [{ packNbgViplite: true, optimize: 'None' }],
  [{ packNbgUnify: true, optimize: '0X88', saveFusedGraph: true }],
  [{ packNbgUnify: true, optimize: '0X88', forceRemovePermute: true }],
])('%j: refused, packing needs a device and goes with neither of the others', async (options) => {
  await expect(
    exportOvxlibJob({ ...base, outputPath: at('refused/net'), ...options }, context),
  ).rejects.toMatchObject({
    name: 'StudioError',
    message: expect.stringMatching(/pack|optimize/) as string,
  });
  expect(readdirSync(at('.'))).not.toContain('refused');
});

test('a post-processing description that does not exist', async () => {
  const options = { ...base, postprocessFile: at('gone.yml') };
  await expect(exportOvxlibJob({ ...options, outputPath: at('gone/net') }, context)).rejects.toThrow();
  await expect(inferenceJob({ ...options, outputDir: at('gone') }, context)).rejects.toThrow();
});

test('--device GPU is computed on the CPU', async () => {
  const infer = (device: string) =>
    inferenceJob({ ...base, device, postprocess: 'print_topn', outputDir: at('gpu') }, context);
  expect((await infer('GPU')).samples).toEqual((await infer('CPU')).samples);
  await quantize({ iterations: 2, device: 'GPU', modelQuantize: at('gpu.quantize') });
  expect(readFileSync(at('gpu.quantize'), 'utf8')).toBe(readFileSync(at('net.quantize'), 'utf8'));
});

test('--postprocess: print_topn writes nothing, dump_result prints nothing, the default does both', async () => {
  const run = async (postprocess: string | undefined) => {
    const lines: string[] = [];
    const { files } = await inferenceJob(
      { ...base, outputDir: at(`post-${postprocess}`), ...(postprocess ? { postprocess } : {}) },
      { ...context, log: (_, text) => lines.push(text) },
    );
    return { files: files.length, tops: lines.filter((line) => line.includes('top(5)')).length };
  };
  expect(await run('print_topn')).toEqual({ files: 0, tops: 1 });
  expect(await run('dump_result')).toEqual({ files: 2, tops: 0 });
  expect(await run('classification_classic')).toEqual({ files: 2, tops: 1 });
  expect(await run(undefined)).toEqual({ files: 2, tops: 1 });
});
