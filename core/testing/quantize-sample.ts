import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { importOnnxJob } from '../jobs/import.ts';
import { inferenceJob } from '../jobs/inference.ts';
import { inputMetaJob } from '../jobs/inputmeta.ts';
import { quantizeJob } from '../jobs/quantize/job.ts';
import type { QuantizeResult } from '../jobs/quantize/result.ts';
import { quietContext, temporaryFolder } from './temporary.ts';

const sample = join(packageRoot(), 'assets/sample');
/** The bundled MobileNetV2, imported before the tests of a file; each file has a folder of its own. */
export const folder = temporaryFolder();
export const at = (file: string): string => join(folder, file);
export const model = at('net.json');
export const imported = at('imported.data');
export const COUNT = 20;

/** A data file of its own for each test that may change it. */
export function freshData(name: string): string {
  copyFileSync(imported, at(name));
  return at(name);
}

beforeAll(async () => {
  const context = quietContext();
  await importOnnxJob(
    { model: join(sample, 'mobilenetv2-tiny.onnx'), outputModel: model, outputData: imported },
    context,
  );
  for (const list of ['calibration', 'labels']) {
    const lines = readFileSync(join(sample, 'fashion-mnist', `${list}.txt`), 'utf8').split('\n');
    const paths = lines.filter((line) => line !== '').map((line) => join(sample, 'fashion-mnist', line));
    writeFileSync(at(`${list}.txt`), paths.join('\n'));
    await inputMetaJob(
      {
        model,
        sourceFile: at(`${list}.txt`),
        inputMetaOutput: at(`${list}.yml`),
        channelMeanValue: '0 0 0 0.0039215686',
      },
      context,
    );
  }
});

/** What a job reported. */
export interface Logged {
  lines: string[];
  progress: number[];
}

/** Quantizes the sample with {@link COUNT} calibration pictures. */
export function quantize(
  options: Record<string, unknown>,
  logged: Logged = { lines: [], progress: [] },
  signal = new AbortController().signal,
): Promise<QuantizeResult> {
  const base = {
    model,
    modelData: imported,
    withInputMeta: at('calibration.yml'),
    rebuild: true,
    batchSize: 1,
  };
  return quantizeJob(
    { ...base, iterations: COUNT, modelQuantize: at('net.quantize'), ...options },
    {
      signal,
      progress: (fraction) => logged.progress.push(fraction),
      log: (level, text) => logged.lines.push(`${level} ${text}`),
    },
  );
}

/** Share of the 200 test pictures that the quantized network classifies correctly. */
export async function accuracy(data: string, table: string): Promise<number> {
  const result = await inferenceJob(
    {
      model,
      modelData: data,
      modelQuantize: table,
      withInputMeta: at('labels.yml'),
      iterations: 200,
      batchSize: 1,
      dtype: 'quantized',
      postprocess: 'print_topn',
    },
    quietContext(),
  );
  return result.accuracy ?? 0;
}
