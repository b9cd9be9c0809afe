import { Writable } from 'node:stream';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { packageVersion } from '../core/files/package-root.ts';
import { temporaryFolder } from '../core/testing/temporary.ts';
import { pegasus } from './pegasus.ts';
import { Terminal, type Sink } from './terminal.ts';
import { sample } from './testing.ts';

const folder = temporaryFolder();
const at = (file: string): string => join(folder, file);
const model = at('net.onnx');

beforeAll(() => copyFileSync(join(sample, 'mobilenetv2-tiny.onnx'), model));

beforeEach(() => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TERM']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

class Recorder extends Writable {
  text = '';
  constructor(readonly isTTY = false) {
    super();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs a command line in this process. */
async function run(words: string[], terminal = false) {
  const [out, problem] = [new Recorder(terminal), new Recorder(terminal)] satisfies Sink[];
  const code = await pegasus(words, new Terminal(out, problem));
  return { code, out: out.text, problem: problem.text };
}

describe('commands', () => {
  test.each([
    [[], /^usage: pegasus \[-h\] \{import,generate,quantize,.*\npegasus: error: .*required: COMMAND/],
    [['convert'], /pegasus: error: argument COMMAND: invalid choice: 'convert' \(choose from 'import', /],
    [['import'], /^usage: pegasus import \[-h\] \{caffe,tensorflow,tflite,darknet,onnx,pytorch,keras\} .../],
    [['import', '--model', 'x'], /invalid choice: '--model'/],
    [['generate', 'outputmeta'], /pegasus generate: error: argument generate: invalid choice: 'outputmeta'/],
    [['export', 'tflite'], /choose from 'ovxlib'/],
    [['run', 'case'], /invalid choice: 'run'/],
    [['help', 'convert'], /invalid choice: 'convert'/],
  ])('%j: usage on standard error, exit code 2', async (words, message) => {
    const { code, out, problem } = await run(words);
    expect([code, out]).toEqual([2, '']);
    expect(problem).toMatch(message);
  });

  test('help lists every command, and the options of one', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    for (const name of ['import caffe', 'generate inputmeta', 'dump', 'measure', 'checkenv', 'target']) {
      expect(out).toContain(`pegasus ${name} `);
    }
    expect(out).toMatch(/import pytorch +Turns a PyTorch model/);
    expect((await run(['import', '-h'])).out).not.toContain('quantize');
    const help = await run(['help', 'export', 'ovxlib']);
    expect(help).toEqual(await run(['export', 'ovxlib', '--help']));
    expect(help.out).toMatch(/--with-input-meta WITH_INPUT_META\n.*\(required\)/);
    expect((await run(['--version'])).out).toBe(`Nibble Studio ${packageVersion()}\n`);
  });
});

describe('imports', () => {
  test.each([
    ['caffe', '--model', []],
    ['tflite', '--model', []],
    ['darknet', '--model, --weights', []],
  ])('%s: what is required is asked for first', async (framework, required) => {
    const { code, problem } = await run(['import', framework]);
    expect(code).toBe(2);
    expect(problem).toContain(
      `pegasus import ${framework}: error: the following arguments are required: ${required}\n`,
    );
  });

  test('wrong values are wrong usage', async () => {
    const { code, problem } = await run(['import', 'caffe', '--model', 'a', '--proto', 'onnx']);
    expect([code, problem]).toEqual([
      2,
      expect.stringContaining("invalid choice: 'onnx' (choose from 'caffe'") as string,
    ]);
    expect((await run(['import', 'keras', '--model', 'a', '--size-with-batch', 'True'])).problem).toContain(
      'unrecognized arguments: --size-with-batch',
    );
  });
});

describe('a run', () => {
  const words = [
    'import',
    'onnx',
    '--model',
    model,
    `--output-m=${at('net.json')}`,
    '--output-d',
    at('net.data'),
  ];

  test('prefixes and --opt=value; the namespace first, the closing line last', async () => {
    const { code, out, problem } = await run(words);
    expect([code, problem]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe(
      `I Namespace(import='onnx', input_dtype_list=None, input_size_list=None, inputs=None, model='${model}', ` +
        `output_data='${at('net.data')}', output_model='${at('net.json')}', output_quantize=None, outputs=None, ` +
        `size_with_batch=None, which='import')`,
    );
    expect(lines.slice(1)).toEqual([
      'I Start importing onnx...',
      'I End importing onnx...',
      `I Save net to ${at('net.data')}`,
      `I Dump net to ${at('net.json')}`,
      'I ----------------Error(0),Warning(0)----------------',
    ]);
  });

  test('an ambiguous prefix names what it could mean', async () => {
    const { code, problem } = await run(['inference', '--model-', 'x']);
    expect([code, problem]).toEqual([
      2,
      expect.stringContaining(
        'ambiguous option: --model- could match --model-data, --model-quantize',
      ) as string,
    ]);
  });

  test('--json: the result on standard output, the log on standard error', async () => {
    await run(words);
    const { code, out, problem } = await run(['measure', '--model', at('net.json'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'net', total: { macs: 5_004_448, parameters: 37_274 } });
    expect(problem).toMatch(/^I Namespace\(.*\nI Load model in .*\nI -+Error\(0\),Warning\(0\)-+\n$/);
    const again = await run([...words, '--json']);
    expect(JSON.parse(again.out)).toEqual({
      files: { model: at('net.json'), data: at('net.data') },
      layers: 38,
    });
    const meta = await run(['generate', 'inputmeta', '--model', at('net.json'), '--json']);
    const written = JSON.parse(meta.out) as { file: string; meta: { databases: unknown[] } };
    expect(readFileSync(written.file, 'utf8')).toContain('dataset.txt');
    expect(written.meta.databases.length).toBe(1);
  });

  test('--json: a problem is an object with code, place and hint', async () => {
    const { code, out, problem } = await run(['measure', '--json', '--model', at('gone.json')]);
    expect(code).toBe(1);
    const { error } = JSON.parse(out) as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      code: 'file-missing',
      file: at('gone.json'),
      message: 'there is no such file',
    });
    expect(problem).toMatch(/\nE .*gone\.json: there is no such file/);
  });

  test('people get a table', async () => {
    await run(words);
    const { out } = await run(['measure', '--model', at('net.json')]);
    expect(out).toMatch(/\ntotal of 37 +5,004,448 .*\nI -+Error/);
  });

  test('bad news of a command that went well is exit code 1', async () => {
    const { code, out, problem } = await run(['target', '--serial', '36aa']);
    expect([code, problem]).toEqual([1, '']);
    expect(out).toMatch(/W serial 36aa: .*\n[\s\S]*chip: not known\nW -+Error\(0\),Warning\(1\)-+\n$/);
  });
});

describe('colours and bars', () => {
  const GREEN = '\u001B[32mI ';
  const words = ['target', '--serial', '290b'];

  test.each<[string, boolean, Record<string, string>, boolean]>([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR on a terminal', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR without a terminal', false, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR over NO_COLOR', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, false],
    ['a terminal that knows no colours', true, { TERM: 'dumb' }, false],
  ])('%s', async (_, terminal, env, coloured) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { out } = await run(words, terminal);
    expect(out.includes(GREEN)).toBe(coloured);
    expect(out.includes('\u001B')).toBe(coloured);
  });

  test('bars are drawn on terminals only, and never on standard output', async () => {
    const command = ['import', 'onnx', '--model', model, '--output-model', at('b.json')];
    const shown = await run(command, true);
    expect(shown.problem).toMatch(/\d+ % /);
    expect(shown.out).not.toMatch(/\d+ % /);
    expect((await run(command, false)).problem).toBe('');
  });
});
