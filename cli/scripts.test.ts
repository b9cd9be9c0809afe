import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { load } from 'js-yaml';
import { packageRoot } from '../core/files/package-root.ts';
import { readNetworkFile } from '../core/files/network-json.ts';
import { encodeTiny, noiseTensor } from '../core/importers/onnx/testing.ts';
import { temporaryFolder } from '../core/testing/temporary.ts';
import {
  canRunScripts,
  hasPython,
  runScript,
  sample,
  samplePictures,
  type ScriptOutcome,
} from './testing.ts';
import { exportCase, head, importModel, inference, quantizeModel } from './vendor-scripts.ts';

/**
 * Scripts in the manner of the vendor's demo folders, with the command lines of user guide 3.4 and 3.5, run unchanged
 * with our bin/ in place of the toolkit's: toolkit/bin beside toolkit/demo.
 */
const toolkit = temporaryFolder();
const demo = join(toolkit, 'demo');
const multi = join(toolkit, 'multi_input_demo');

async function run(script: string, cwd: string): Promise<ScriptOutcome> {
  const outcome = await runScript(script, cwd);
  expect([outcome.code, outcome.problem], outcome.out).toEqual([0, '']);
  return outcome;
}

/** Names of `output` layers, found as the demo's extractoutput.py does: by the line above `"op": "output"`. */
function scannedOutputs(json: string): string[] {
  const lines = json.split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() !== '"op": "output",') return [];
    const [, name] = /^\s*"name": "(.*)",$/.exec(lines[index - 1] ?? '') ?? [];
    return [name ?? `no name above line ${index + 1}`];
  });
}

describe.skipIf(!canRunScripts)(
  "the vendor's scripts (skipped where out/node is not built or bash is missing)",
  () => {
    beforeAll(() => {
      symlinkSync(join(packageRoot(), 'bin'), join(toolkit, 'bin'));
      for (const folder of [demo, multi]) {
        mkdirSync(join(folder, 'model'), { recursive: true });
        mkdirSync(join(folder, 'data'));
      }
      copyFileSync(join(sample, 'mobilenetv2-tiny.onnx'), join(demo, 'model/mobilenet.onnx'));
      const pictures = samplePictures('calibration').slice(0, 4);
      pictures.forEach((path, index) => {
        for (const folder of [demo, multi]) copyFileSync(path, join(folder, `data/${index}.png`));
      });
      writeFileSync(join(demo, 'dataset.txt'), './data/0.png\n');
    });

    test('0_import, 1_quantize, inference, 2_export', async () => {
      await run(importModel('mobilenet'), demo);
      await run(quantizeModel('mobilenet'), demo);
      const { out } = await run(inference('mobilenet'), demo);
      expect(out).toMatch(
        /^I Iter\(0\), top\(5\), tensor\(@attach_[^ ]+:out0\) :\n(I \d: -?\d+\.\d+(e-\d+)?\n){5}/m,
      );
      const tensors = readdirSync(demo).filter((name) => name.endsWith('.tensor'));
      // <key>_<port>_<dims>.tensor, "/" of the key as "_".
      expect(tensors.sort()).toEqual([
        'attach_Gemm__fc_Gemm_out0_0_out0_1_10.tensor',
        'input_48_out0_1_1_28_28.tensor',
      ]);
      for (const [name, count] of [
        [tensors[0], 10],
        [tensors[1], 784],
      ] as const) {
        const text = readFileSync(join(demo, name), 'utf8');
        const lines = text.slice(0, -1).split('\n');
        expect([lines.length, text.at(-1)]).toEqual([count, '\n']);
        // Python's repr of a float that was a float32.
        for (const line of lines) {
          expect(line).toMatch(/^-?\d+(\.\d+(e[-+]\d{2,})?|e[-+]\d{2,})$/);
          expect(Math.fround(Number(line))).toBe(Number(line));
        }
      }

      const exported = await run(exportCase('mobilenet'), demo);
      expect(exported.out.trimEnd().split('\n').at(-1)).toBe(
        'I ----------------Error(0),Warning(0)----------------',
      );
      // The lines of guide 3.4 that tidy the case up; there is no *.lib on Linux, which mv only complains of.
      await runScript(
        'mkdir normal_case_demo; mv *.h *.c .project .cproject *.vcxproj *.lib BUILD *.linux *.export.data normal_case_demo',
        demo,
      );
      expect(readdirSync(join(demo, 'normal_case_demo')).sort()).toEqual([
        '.cproject',
        '.project',
        'BUILD',
        'main.c',
        'makefile.linux',
        'mobilenet.export.data',
        'mobilenet.vcxproj',
        'vnn_global.h',
        'vnn_mobilenet.c',
        'vnn_mobilenet.h',
        'vnn_post_process.c',
        'vnn_post_process.h',
        'vnn_pre_process.c',
        'vnn_pre_process.h',
      ]);
    });

    test('extractoutput.py finds the outputs in our network file', async () => {
      const text = readFileSync(join(demo, 'mobilenet.json'), 'utf8');
      const { outputs } = await readNetworkFile(join(demo, 'mobilenet.json'));
      expect(scannedOutputs(text)).toEqual(outputs.map(({ name }) => name));
      expect(scannedOutputs(text)).toEqual(['attach_Gemm_/fc/Gemm/out0']);
    });

    test('hybrid quantization: entropy, an edited table, --hybrid, export of NAME.quantize.json', async () => {
      await run(quantizeModel('mobilenet', '--compute-entropy '), demo);
      expect(readFileSync(join(demo, 'entropy.txt'), 'utf8')).toMatch(/^@.+:out0, 0\.\d+$/m);
      const table = readFileSync(join(demo, 'mobilenet.quantize'), 'utf8');
      const layer = /"(Conv_\S+head\S+_\d+)": \{/.exec(
        readFileSync(join(demo, 'mobilenet.json'), 'utf8'),
      )?.[1];
      const edited = table.replace(
        /customized_quantize_layers:[\s\S]*/,
        `customized_quantize_layers: {${layer}: float32}\n`,
      );
      expect(edited).toContain(`${layer}: float32`);
      writeFileSync(join(demo, 'mobilenet.quantize'), edited);
      await run(
        `${head('mobilenet')}
$pegasus quantize \\
  --model "\${NAME}.json" \\
  --model-data "\${NAME}.data" \\
  --model-quantize "\${NAME}.quantize" \\
  --quantizer 'asymmetric_affine' \\
  --qtype 'uint8' \\
  --with-input-meta "\${NAME}_inputmeta.yml" \\
  --hybrid
`,
        demo,
      );
      expect(readFileSync(join(demo, 'mobilenet.quantize.json'), 'utf8')).toContain('dtype_converter');
      await run(exportCase('mobilenet', '${NAME}.quantize.json'), demo);
      const source = readFileSync(join(demo, 'vnn_mobilenet.c'), 'utf8');
      expect(source).toContain('VSI_NN_OP_DATACONVERT');
    });

    const addition = encodeTiny({
      inputs: { left: [1, 3, 8, 8], right: [1, 3, 8, 8] },
      constants: { w: noiseTensor([4, 3, 3, 3]) },
      nodes: [
        { op: 'Add', name: 'sum', inputs: ['left', 'right'], outputs: ['s'] },
        { op: 'Conv', name: 'conv', inputs: ['s', 'w'], outputs: ['y'] },
      ],
      outputs: ['y'],
    });

    /** The inputs of a multi-input model: one list with a column each, or a list each. */
    const inputMeta = (more: string): string => `${head('two')}
$pegasus import onnx --model ./model/\${NAME}.onnx --output-data \${NAME}.data --output-model \${NAME}.json \\
    --inputs "left right" --input-size-list "3,8,8#3,8,8" --outputs "y"
$pegasus generate inputmeta --model \${NAME}.json \\
    --input-meta-output \${NAME}_inputmeta.yml \\
    --channel-mean-value "128 128 128 0.0078125#106 115 67 0.00715" \\
    ${more}
`;

    test.each([
      ['one dataset', '--source-file dataset.txt', ['dataset.txt']],
      [
        '--separated-database',
        '--separated-database --source-file "dataset1.txt#dataset2.txt"',
        ['dataset1.txt', 'dataset2.txt'],
      ],
    ])('a model of two inputs with %s', async (_, more, lists) => {
      writeFileSync(join(multi, 'model/two.onnx'), addition);
      // As in the vendor's demo, no line end after the last line.
      writeFileSync(join(multi, 'dataset.txt'), './data/0.png ./data/1.png\n./data/2.png ./data/3.png');
      writeFileSync(join(multi, 'dataset1.txt'), './data/0.png\n./data/2.png\n');
      writeFileSync(join(multi, 'dataset2.txt'), './data/1.png\n./data/3.png\n');
      await run(inputMeta(more), multi);
      const meta = load(readFileSync(join(multi, 'two_inputmeta.yml'), 'utf8')) as {
        input_meta: { databases: { path: string; ports: { preprocess: { mean: number[] } }[] }[] };
      };
      const { databases } = meta.input_meta;
      expect(databases.map(({ path }) => path)).toEqual(lists);
      expect(databases.flatMap(({ ports }) => ports.map(({ preprocess }) => preprocess.mean))).toEqual([
        [128, 128, 128],
        [106, 115, 67],
      ]);
      await run(
        `${quantizeModel('two').trimEnd().replace(/# .*$/, '--batch-size 1 --iterations 2')}\n`,
        multi,
      );
      await run(inference('two', '--iterations 2 '), multi);
      const tensors = readdirSync(multi).filter((name) => name.endsWith('.tensor'));
      expect(
        tensors.filter((name) => /^iter_[01]_(left|right)_\d+_out0_1_3_8_8\.tensor$/.test(name)).length,
      ).toBe(4);
      // Both ways to write the lists give the same samples.
      const key = (name: string): string => readFileSync(join(multi, name), 'utf8');
      const inputs = tensors.filter((name) => /left|right/.test(name)).sort();
      firstInputs ??= inputs.map(key);
      expect(inputs.map(key)).toEqual(firstInputs);
      await run(exportCase('two'), multi);
      expect(existsSync(join(multi, 'two.export.data'))).toBe(true);
    });
    let firstInputs: string[] | undefined;

    test.skipIf(!hasPython)('programs that are called through Python (skipped without python3)', async () => {
      const check = await run('cd .. && python3 bin/checkenv.py && bin/checkenv --json 2>/dev/null', demo);
      expect(check.out).toContain('Env Pass: Env check SUCCESS!!!');
      const { code, problem } = await runScript(
        'python3 ../bin/pegasus.py quantize --model a; echo $?; ../bin/pegasus.py inference --model',
        demo,
      );
      expect(code).toBe(2);
      expect(problem).toMatch(
        /required: --model-data, --with-input-meta[\s\S]*argument --model: expected one argument/,
      );
      await run(inference('mobilenet', '--postprocess print_topn ', 'python3 ../bin/pegasus.py'), demo);
      expect(readdirSync(join(toolkit, 'bin')).filter((name) => name.includes('pycache'))).toEqual([]);
    });
  },
);
