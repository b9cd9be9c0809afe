import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { canRunCases, compileCase, runCase } from '../testing/case-program.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { exportOvxlibJob } from './export.ts';
import { importOnnxJob } from './import.ts';
import { inferenceJob, type InferenceResult } from './inference.ts';
import { inputMetaJob } from './inputmeta.ts';
import { postProcessFileJob } from './postprocess-file.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const dataset = join(packageRoot(), 'assets/sample/fashion-mnist');
const network = { model: at('net.json'), modelData: at('net.data'), withInputMeta: at('net_inputmeta.yml') };
const classes = ['top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'boot'];

beforeAll(async () => {
  mkdirSync(at('out'));
  const model = join(packageRoot(), 'assets/sample/mobilenetv2-tiny.onnx');
  await importOnnxJob({ model, outputModel: network.model, outputData: network.modelData }, quietContext());
  const lines = readFileSync(join(dataset, 'labels.txt'), 'utf8').split('\n').slice(0, 6);
  writeFileSync(at('list.txt'), lines.map((line) => join(dataset, line)).join('\n'));
  writeFileSync(at('labels.txt'), `${classes.join('\n')}\n`);
  const channelMeanValue = '0 0 0 0.00392156862745098';
  await inputMetaJob({ model: network.model, sourceFile: at('list.txt'), channelMeanValue }, quietContext());
});

/** Runs an inference with a post-processing file; answers what it logged and found. */
async function infer(text: string, more: object = {}): Promise<{ lines: string[]; result: InferenceResult }> {
  writeFileSync(at('post.yml'), text);
  const lines: string[] = [];
  const context = { ...quietContext(), log: (_: string, line: string) => lines.push(line) };
  const options = { ...network, postprocessFile: at('post.yml'), outputDir: at('out'), ...more };
  return { result: await inferenceJob(options, context), lines };
}

describe('generate postprocess-file', () => {
  it('suggests a step for the outputs, which inference and export take', async () => {
    const { file, kinds } = await postProcessFileJob({ model: network.model }, quietContext());
    expect([file, kinds]).toEqual([at('net_postprocess_file.yml'), ['classification']]);
    const text = readFileSync(file, 'utf8');
    // The network ends with the logits.
    expect(text).toContain('      topn: 5\n      softmax: true\n');
    const { result } = await infer(text);
    const [step] = result.samples[0].steps;
    if (step.kind !== 'classification') throw new Error(step.kind);
    expect(step.classes.map(({ label }) => label)).toEqual(
      result.samples[0].top[0].map(({ index }) => index),
    );
    expect(step.classes.reduce((sum, { score }) => sum + score, 0)).toBeGreaterThan(0.9);
  });
});

describe('inference --postprocess-file', () => {
  const acuity = (text: string): string => `postprocess:\n  acuity_postprocs: {${text}}\n`;

  it('prints the top n and nothing else', async () => {
    const { lines, result } = await infer(acuity('print_topn: {topn: 3}'));
    const start = lines.findIndex((line) => line.startsWith('Iter(0), top(3), tensor(@'));
    expect(lines.slice(start + 1).map((line) => line.split(':')[0])).toEqual(
      result.samples[0].top[0].slice(0, 3).map(({ index }) => String(index)),
    );
    expect(result.files).toEqual([]);
  });

  it('dumps tensors, or does both, or is mute', async () => {
    const printed = (lines: string[]): boolean => lines.some((line) => line.includes('top('));
    const dumped = await infer(acuity('dump_results: {file_type: TENSOR}'));
    expect([dumped.result.files.length, printed(dumped.lines)]).toEqual([2, false]);
    const both = await infer(acuity('classification_classic: true'));
    expect([both.result.files.length, printed(both.lines)]).toEqual([2, true]);
    const mute = await infer(acuity('classification_classic: true, mute_built_in_actions: true'));
    expect([mute.result.files.length, printed(mute.lines)]).toEqual([0, false]);
  });

  it('validates against the labels of the list', async () => {
    const { lines, result } = await infer(acuity('classification_validate: {topn: 2}'), { iterations: 6 });
    const hits = result.samples.filter(({ label, top }) => top[0][0].index === label).length;
    expect(lines).toContain(`top(1) accuracy: ${((100 * hits) / 6).toFixed(2)} % (${hits} of 6)`);
    expect(lines.some((line) => line.startsWith('top(2) accuracy: '))).toBe(true);
    const warned = await infer(acuity('detection_validate: true'));
    expect(warned.lines.some((line) => line.startsWith('detection_validate: the file has no detector'))).toBe(
      true,
    );
  });

  it('excludes --postprocess', async () => {
    await expect(infer(acuity(''), { postprocess: 'print_topn' })).rejects.toThrow('exclude each other');
  });
});

const step = (output: string, labels: string): string => `postprocess:
  app_postprocs:
  - lid: ${output}
    postproc_params:
      add_postproc_node: true
      perm: [1, 0]
      force_float32: true
  nibble_postprocs:
  - kind: classification
    lids: [${output}]
    parameters: {topn: 2, softmax: true, labels: '${labels}'}
`;

describe('nibble_postprocs', () => {
  const output = 'attach_Gemm_/fc/Gemm/out0_0';

  it('are printed and saved, sample by sample', async () => {
    const { lines, result } = await infer(step(output, at('labels.txt')), { batchSize: 2, iterations: 2 });
    const [found] = result.samples[3].steps;
    if (found.kind !== 'classification') throw new Error(found.kind);
    const [{ label, score }] = found.classes;
    expect(lines[lines.indexOf('Iter(1), sample(1), classification:') + 1]).toBe(
      `${label} ${classes[label]}: ${score.toFixed(6)}`,
    );
    expect(result.files).toEqual([at('out/iter_0_postprocess.json'), at('out/iter_1_postprocess.json')]);
    const saved: unknown = JSON.parse(readFileSync(result.files[1], 'utf8'));
    expect(saved).toMatchObject({
      1: [{ kind: 'classification', result: [{ label, name: classes[label], score }, {}] }],
    });
  });

  it('give places in the picture of the list, whatever its size', async () => {
    await sharp(join(dataset, readFileSync(join(dataset, 'labels.txt'), 'utf8').split(' ')[0]))
      .resize(280, 56, { fit: 'fill' })
      .png()
      .toFile(at('large.png'));
    writeFileSync(at('large.txt'), `${at('large.png')}\n`);
    const meta = readFileSync(network.withInputMeta, 'utf8').replace(at('list.txt'), at('large.txt'));
    writeFileSync(at('large_inputmeta.yml'), meta);
    // Ten logits as one box and six classes: what matters is where it lands.
    const text = `postprocess:
  nibble_postprocs:
  - kind: yolo_table
    lids: [${output}]
    parameters: {classes: 6, input_size: [28, 28], image_size: [1, 1], score_threshold: 0}
`;
    const { result } = await infer(text, { withInputMeta: at('large_inputmeta.yml') });
    const dumped = await infer(text.replace('nibble', 'acuity_postprocs: {dump_results: true}\n  nibble'), {
      withInputMeta: at('large_inputmeta.yml'),
    });
    const values = readFileSync(dumped.result.files[1], 'utf8').trim().split('\n').map(Number);
    const [found] = result.samples[0].steps;
    if (found.kind !== 'detections') throw new Error(found.kind);
    const cut = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);
    const [x, y, width, height] = values;
    const wanted = [
      cut((x - width / 2) * 10, 280),
      cut((y - height / 2) * 2, 56),
      cut((x + width / 2) * 10, 280),
      cut((y + height / 2) * 2, 56),
    ];
    expect(found.detections).toHaveLength(1);
    found.detections[0].box.forEach((value, index) => expect(value).toBeCloseTo(wanted[index], 3));
  });

  it('need labels for every class, and outputs that exist', async () => {
    writeFileSync(at('none.txt'), '\n');
    await expect(infer(step(output, at('none.txt')))).rejects.toThrow('0 labels for 1 classes');
    await expect(infer(step('out', at('labels.txt')))).rejects.toThrow('"out" is no output of the network');
  });

  it.skipIf(!canRunCases)(
    'become C code behind the nodes of app_postprocs (skipped without out/sdk, gcc, g++ or make)',
    async () => {
      const text = step(output, at('labels.txt'));
      const { result } = await infer(
        text.replace('nibble', 'acuity_postprocs: {dump_results: true}\n  nibble'),
      );
      const options = { ...network, postprocessFile: at('post.yml'), outputPath: at('case/net') };
      await exportOvxlibJob(options, quietContext());
      await compileCase(at('case'), new Map());
      const log = runCase(at('case'), 'net', [result.files[0]]);
      const [found] = result.samples[0].steps;
      if (found.kind !== 'classification') throw new Error(found.kind);
      const [{ label, score }] = found.classes;
      const line = log.split('\n').at(-3) ?? '';
      expect(line.startsWith(`${label} ${classes[label]}: `)).toBe(true);
      // The network of the case is float16.
      expect(Math.abs(Number(line.split(': ')[1]) - score)).toBeLessThan(5e-3);
      // float32 in the permuted order: [10,1] of the network, W,H 1 and 10.
      expect(readFileSync(at('case/output0_1_10.dat'))).toHaveLength(40);
    },
    60_000,
  );
});
