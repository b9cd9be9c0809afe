import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../core/files/package-root.ts';
import { temporaryFolder } from '../core/testing/temporary.ts';

const root = packageRoot();
const model = join(root, 'assets/sample/mobilenetv2-tiny.onnx');
const built = existsSync(join(root, 'out/node/cli.mjs'));
const folder = temporaryFolder();

interface Outcome {
  code: number | null;
  out: string;
  problem: string;
}

/** Runs bin/pegasus in the test's folder; with `interrupt`, sends SIGINT as soon as that text appears. */
function pegasus(words: string[], interrupt?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'bin/pegasus'), ...words], { cwd: folder });
    const outcome: Outcome = { code: null, out: '', problem: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      outcome.out += chunk.toString();
      if (interrupt !== undefined && !child.killed && outcome.out.includes(interrupt)) child.kill('SIGINT');
    });
    child.stderr.on('data', (chunk: Buffer) => (outcome.problem += chunk.toString()));
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

describe.skipIf(!built)('pegasus (skipped where out/node is not built: npm run build)', () => {
  beforeAll(() => {
    copyFileSync(model, join(folder, 'net.onnx'));
    const bytes = readFileSync(model);
    writeFileSync(join(folder, 'cut.onnx'), bytes.subarray(0, 40_000));
    writeFileSync(join(folder, 'text.onnx'), 'Dear network,\nplease classify.\n');
    mkdirSync(join(folder, 'pictures'));
    copyFileSync(
      join(root, 'assets/sample/fashion-mnist/images/fashion_0000_c0.png'),
      join(folder, 'pictures/a.png'),
    );
    writeFileSync(join(folder, 'dataset.txt'), 'pictures/a.png\n');
    writeFileSync(join(folder, 'missing.txt'), 'pictures/a.png\npictures/gone.png\n');
  });

  test('the five commands, one by one', async () => {
    const commands = [
      ['import', 'onnx', '--model', 'net.onnx', '--output-model', 'net.json', '--output-data', 'net.data'],
      [
        'generate',
        'inputmeta',
        '--model',
        'net.json',
        '--channel-mean-value',
        '0 0 0 0.0039215',
        '--source-file',
        'dataset.txt',
      ],
      [
        'quantize',
        '--model',
        'net.json',
        '--model-data',
        'net.data',
        '--with-input-meta',
        'net_inputmeta.yml',
        '--rebuild',
        '--quantizer',
        'asymmetric_affine',
        '--qtype',
        'uint8',
      ],
      [
        'inference',
        '--model',
        'net.json',
        '--model-data',
        'net.data',
        '--with-input-meta',
        'net_inputmeta.yml',
        '--dtype',
        'quantized',
      ],
      [
        'export',
        'ovxlib',
        '--model',
        'net.json',
        '--model-data',
        'net.data',
        '--model-quantize',
        'net.quantize',
        '--with-input-meta',
        'net_inputmeta.yml',
        '--dtype',
        'quantized',
        '--output-path',
        'case/net',
      ],
    ];
    for (const words of commands) {
      const { code, out, problem } = await pegasus(words);
      expect([words[0], code, problem]).toEqual([words[0], 0, '']);
      // One picture is little to calibrate with, and quantize says so.
      const [level, warnings] = words[0] === 'quantize' ? ['W', 1] : ['I', 0];
      expect(out.trimEnd().split('\n').at(-1)).toBe(
        `${level} ----------------Error(0),Warning(${warnings})----------------`,
      );
    }
    const tensors = readdirSync(folder).filter((name) => name.endsWith('.tensor'));
    expect(tensors.sort()).toEqual([
      expect.stringMatching(/^attach_.*_out0_0_out0_1_10\.tensor$/),
      expect.stringMatching(/^input_\d+_out0_1_1_28_28\.tensor$/),
    ]);
    expect(statSync(join(folder, 'case/net.export.data')).size).toBeGreaterThan(10_000);
    expect(readdirSync(join(folder, 'case'))).toEqual(
      expect.arrayContaining([
        'vnn_net.c',
        'vnn_net.h',
        'main.c',
        'BUILD',
        'makefile.linux',
        'net.vcxproj',
        'vnn_global.h',
        'vnn_pre_process.c',
        'vnn_post_process.c',
      ]),
    );
  });

  const onnx = ['import', 'onnx', '--output-model', 'bad.json', '--output-data', 'bad.data', '--model'];
  const quantize = [
    'quantize',
    '--model',
    'net.json',
    '--model-data',
    'net.data',
    '--rebuild',
    '--model-quantize',
    'bad.quantize',
    '--with-input-meta',
  ];

  test.each([
    ['a missing file', [...onnx, 'nowhere.onnx'], 1, /^E nowhere\.onnx: .*(no such file|not exist|missing)/i],
    ['a truncated model', [...onnx, 'cut.onnx'], 1, /^E cut\.onnx: .*truncated/i],
    ['a text file', [...onnx, 'text.onnx'], 1, /^E text\.onnx: .*not an ONNX model/i],
    ['a folder', [...onnx, 'pictures'], 1, /^E pictures: /],
    [
      'too many sizes',
      [...onnx, 'net.onnx', '--input-size-list', '1,28,28#1,28,28'],
      2,
      /^E .*input-size-list.*2 sizes.*1 input/,
    ],
    [
      'a size that is no number',
      [...onnx, 'net.onnx', '--input-size-list', '1,x,28'],
      2,
      /^E .*"x" in "1,x,28"/,
    ],
    ['a size of another rank', [...onnx, 'net.onnx', '--input-size-list', '28'], 2, /^E .*28/],
  ])('%s: one line, nothing written', async (_, words, code, line) => {
    const outcome = await pegasus(words);
    expect([outcome.code, outcome.problem.trimEnd().split('\n')]).toEqual([
      code,
      [expect.stringMatching(line)],
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith('bad') || name.includes('tmp'))).toEqual([]);
  });

  test('a dataset line that names no file: list, line and file are named', async () => {
    const text = readFileSync(join(folder, 'net_inputmeta.yml'), 'utf8');
    writeFileSync(
      join(folder, 'bad_inputmeta.yml.in'),
      text.replace('path: dataset.txt', 'path: missing.txt'),
    );
    const { code, problem } = await pegasus([...quantize, 'bad_inputmeta.yml.in', '--iterations', '2']);
    expect([code, problem.trimEnd().split('\n')]).toEqual([
      1,
      [expect.stringMatching(/^E missing\.txt:2: .*pictures\/gone\.png/)],
    ]);
    expect(existsSync(join(folder, 'bad.quantize'))).toBe(false);
  });

  test.each([
    [['quantize', '--model', 'x'], /usage: pegasus quantize .*required: --model-data, --with-input-meta/s],
    [['import', 'mxnet', '--model', 'x'], /pegasus import: error: .*invalid choice: 'mxnet'.*'onnx'/],
    [
      [
        'quantize',
        '--model',
        'a',
        '--model-data',
        'b',
        '--with-input-meta',
        'c',
        '--rebuild',
        '--qtype',
        'int16',
      ],
      /can't use qtype "int16"; valid: uint8, int8/,
    ],
    [
      [
        'quantize',
        '--model',
        'a',
        '--model-data',
        'b',
        '--with-input-meta',
        'c',
        '--rebuild',
        '--rebuild-all',
      ],
      /exclude each other/,
    ],
  ])('%j is wrong usage: exit code 2', async (words, message) => {
    const { code, problem } = await pegasus(words);
    expect(code).toBe(2);
    expect(problem).toMatch(message);
  });

  test('Ctrl-C during a calibration leaves no half-written file', async () => {
    const outcome = await pegasus(
      [...quantize, 'net_inputmeta.yml', '--iterations', '1000000'],
      'Load input meta',
    );
    expect(outcome.code).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('bad.') || name.includes('.tmp'))).toEqual(
      [],
    );
  });

  test('help names every option', async () => {
    const { code, out } = await pegasus(['quantize', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--divergence-first-quantize-bits');
    expect((await pegasus(['--help'])).out).toContain('pegasus export ovxlib');
  });
});
