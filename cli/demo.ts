import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { packageRoot } from '../core/files/package-root.ts';
import { readFileOf } from '../core/files/atomic.ts';
import { describeError } from '../core/network/errors.ts';
import type { JobName, JobResults } from '../core/jobs/registry.ts';
import { runJob } from '../core/worker/run-job.ts';

/** One row of the table of steps. */
interface Step {
  title: string;
  seconds: number;
}

const controller = new AbortController();
const steps: Step[] = [];

/** Runs a job under a progress bar; off a terminal one line per step is printed. */
async function step<Name extends JobName>(
  title: string,
  name: Name,
  options: unknown,
): Promise<JobResults[Name]> {
  const bar = new SingleBar(
    { format: `${title.padEnd(30)} {bar} {percentage} %  {text}`, hideCursor: true, noTTYOutput: false },
    Presets.shades_classic,
  );
  const started = performance.now();
  bar.start(100, 0, { text: '' });
  try {
    const result = await runJob(name, options, {
      signal: controller.signal,
      progress: (fraction, text) => bar.update(Math.min(99, Math.round(fraction * 100)), { text }),
      log: () => undefined,
    });
    const seconds = (performance.now() - started) / 1000;
    bar.update(100, { text: `${seconds.toFixed(2)} s` });
    steps.push({ title, seconds });
    if (!process.stdout.isTTY) console.log(`${title.padEnd(30)} done in ${seconds.toFixed(2)} s`);
    return result;
  } finally {
    bar.stop();
  }
}

/** The whole conversion of the bundled model; answers the exit code. */
async function demo(output: string): Promise<number> {
  const sample = join(packageRoot(), 'assets/sample');
  await rm(output, { recursive: true, force: true });
  await mkdir(join(output, 'inference'), { recursive: true });
  const project = await convert(sample, output);
  const test = await writeTestList(sample, output);
  const testMeta = join(output, 'mobilenetv2-tiny_test_inputmeta.yml');
  await step('input meta of the test set', 'generate inputmeta', {
    ...project.inputMeta,
    inputMetaOutput: testMeta,
    sourceFile: test.list,
  });
  const inference = {
    model: project.model,
    modelData: project.data,
    withInputMeta: testMeta,
    iterations: test.count,
  };
  const float = await step('inference, float32', 'inference', {
    ...inference,
    dtype: 'float32',
    postprocess: 'print_topn',
  });
  const quantized = await step('inference, uint8', 'inference', {
    ...inference,
    dtype: 'quantized',
    modelQuantize: project.table,
    postprocess: 'dump_result',
    outputDir: join(output, 'inference'),
  });
  const exported = await step('export case code', 'export ovxlib', {
    model: project.model,
    modelData: project.data,
    modelQuantize: project.table,
    withInputMeta: project.meta,
    dtype: 'quantized',
    outputPath: join(output, 'case/mobilenetv2-tiny'),
  });
  const inputs = quantized.files.filter((file) => /_input_\d+_out0_/.test(file)).map((file) => [file]);
  const compiled = await step('compile and run the case code', 'run case', {
    folder: exported.folder,
    samples: inputs,
  });
  report({ float, quantized, compiled });
  console.log(`\nWritten to ${output}`);
  await listFiles([
    project.model,
    project.data,
    project.meta,
    project.table,
    testMeta,
    exported.folder,
    join(exported.folder, 'mobilenetv2-tiny.export.data'),
    compiled.program,
    join(output, 'inference'),
  ]);
  return 0;
}

async function convert(sample: string, output: string) {
  const model = join(output, 'mobilenetv2-tiny.json');
  const data = join(output, 'mobilenetv2-tiny.data');
  const meta = join(output, 'mobilenetv2-tiny_inputmeta.yml');
  const table = join(output, 'mobilenetv2-tiny.quantize');
  const inputMeta = { model, channelMeanValue: '0 0 0 0.00392156862745098' };
  await step('import ONNX', 'import onnx', {
    model: join(sample, 'mobilenetv2-tiny.onnx'),
    outputModel: model,
    outputData: data,
  });
  const sourceFile = join(sample, 'fashion-mnist/calibration.txt');
  await step('input meta', 'generate inputmeta', { ...inputMeta, inputMetaOutput: meta, sourceFile });
  await step('quantize to uint8', 'quantize', {
    model,
    modelData: data,
    withInputMeta: meta,
    modelQuantize: table,
    rebuild: true,
    batchSize: 10,
    iterations: 5,
  });
  return { model, data, meta, table, inputMeta };
}

/** The labelled pictures as a dataset list of absolute paths. */
async function writeTestList(sample: string, output: string): Promise<{ list: string; count: number }> {
  const folder = join(sample, 'fashion-mnist');
  const text = new TextDecoder().decode(await readFileOf(join(folder, 'labels.txt')));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const list = join(output, 'test.txt');
  await writeFile(list, `${lines.map((line) => join(folder, line)).join('\n')}\n`);
  return { list, count: lines.length };
}

interface Results {
  float: JobResults['inference'];
  quantized: JobResults['inference'];
  compiled: JobResults['run case'];
}

function report({ float, quantized, compiled }: Results): void {
  const labels = quantized.samples.map((sample) => sample.label);
  const right = compiled.outputs.filter(
    ([bytes], index) => bytes.indexOf(Math.max(...bytes)) === labels[index],
  ).length;
  const same = compiled.outputs.filter(
    ([bytes], index) => Buffer.compare(bytes, quantized.samples[index].bytes[0]) === 0,
  ).length;
  const total = labels.length;
  const percent = (share: number | undefined): string =>
    share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
  console.log(`\nMobileNetV2-tiny on ${total} labelled Fashion-MNIST pictures`);
  row('accuracy, float32', percent(float.accuracy));
  row('accuracy, uint8 (simulator)', percent(quantized.accuracy));
  row('accuracy, compiled case code', percent(right / total));
  row('outputs equal byte for byte', `${same} of ${total} (simulator and compiled case)`);
  console.log('\nTime');
  for (const { title, seconds } of steps) row(title, `${seconds.toFixed(2)} s`);
  row('  of which compiling', `${compiled.compileSeconds.toFixed(2)} s`);
}

function row(title: string, value: string): void {
  console.log(`  ${title.padEnd(30)} ${value}`);
}

async function listFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const name = relative(process.cwd(), resolve(path));
    const info = await stat(path);
    const [size, text] = info.isDirectory() ? await folderRow(path, name) : [kilobytes(info.size), name];
    row(size, text);
  }
}

/** A folder as one row: size of all its files and how many they are. */
async function folderRow(folder: string, name: string): Promise<[string, string]> {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return [kilobytes(sizes.reduce((sum, size) => sum + size, 0)), `${name}/ (${files.length} files)`];
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} kB`;
}

process.once('SIGINT', () => controller.abort());
try {
  process.exitCode = await demo(resolve(process.argv[2] ?? 'demo-output'));
} catch (error) {
  console.error(`\nThe demo stopped: ${describeError(error)}`);
  process.exitCode = 1;
}
