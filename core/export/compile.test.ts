import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { packageRoot } from '../files/package-root.ts';
import type { InputMeta } from '../network/input-meta.ts';
import { addonPath, loadAddon } from '../simulator/addon.ts';
import { Simulator } from '../simulator/simulator.ts';
import { toTensorSpec } from '../simulator/spec.ts';
import {
  convolution,
  GraphBuilder,
  smallNetwork,
  uint8,
  uint8Network,
  withFloatType,
} from '../testing/device-graphs.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { caseFiles, packedCaseFiles, type CaseFiles } from './case-files.ts';
import { writeCase } from './write-case.ts';

const sdk = process.env.NIBBLE_SDK ?? join(packageRoot(), 'out', 'sdk');
const canCompile = existsSync(join(sdk, 'include')) && works('gcc') && works('g++') && works('make');
const canCompare = canCompile && existsSync(addonPath());
const noMeta: InputMeta = { databases: [] };

function works(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two inputs, two outputs, a shared depthwise weight, concat, permute, an infinite bound. */
function branchedNetwork(): DeviceGraph {
  const build = new GraphBuilder();
  const a = build.input('a_8', [4, 4, 2, 1]);
  const b = build.input('b_9', [4, 4, 2, 1]);
  const weight = build.weights('dw_1:weight', [3, 3, 2, 1]);
  const left = build.node('CONV2D', 'dw_1', [a, weight, -1], [4, 4, 2, 1], convolution(3, 2, 1, 1));
  const right = build.node('CONV2D', 'dw_2', [b, weight, -1], [4, 4, 2, 1], convolution(3, 2, 1, 1));
  const cat = build.node('CONCAT', 'concat_3', [left, right], [4, 4, 4, 1], { axis: 2 });
  build.output(build.node('CLIP', 'clip_4', [cat], [4, 4, 4, 1], { min: 0, max: Infinity }));
  build.output(build.node('PERMUTE', 'perm_5', [left], [2, 4, 4, 1], { perm: [2, 0, 1, 3], dim_num: 4 }));
  return build.build();
}

/** What a model's author might call a layer to do harm. */
const HOSTILE = [
  'new\nline\r\n#error broken_1',
  'ends */ #error broken /*_2',
  'quo"tes\'and\\backslash\\_3',
  '??/ trigraph ??/_4',
  'uni\u202ecode \u0000 \u{1f4a3}_5',
  `${'long'.repeat(2500)}_6`,
  '@{tool} ${x} %s %n_7',
];

/** A chain of layers with such names, the ports included. */
function hostileNetwork(): DeviceGraph {
  const build = new GraphBuilder();
  const [input, ...inner] = HOSTILE;
  let last = build.input(input, [4, 4, 2, 1]);
  for (const name of inner) {
    const weight = build.weights(`${name}:weight`, [1, 1, 2, 2]);
    last = build.node('CONV2D', name, [last, weight, -1], [4, 4, 2, 1], convolution(1, 2));
  }
  build.output(last);
  return build.build(HOSTILE.join(''));
}

function interleavedCase(): CaseFiles {
  const build = new GraphBuilder();
  const data = build.input('in_1', [3, 8, 8, 1], uint8(0.0078125, 128));
  build.output(build.node('RELU', 'relu_2', [data], [3, 8, 8, 1], {}, uint8(0.0078125, 128)));
  const meta = imageMeta('in_1', [1, 8, 8, 3], { scale: [0.1, 0.2, 0.3] });
  meta.databases[0].ports[0].layout = 'nhwc';
  return caseFiles(build.build(), meta, { name: 'nhwc' });
}

const cases: [string, () => CaseFiles][] = [
  ['a small network', () => caseFiles(smallNetwork(), imageMeta('input_9', [1, 3, 8, 8]), { name: 'small' })],
  ['two inputs and outputs', () => caseFiles(branchedNetwork(), noMeta, { name: 'branched' })],
  ['interleaved pictures', interleavedCase],
  ['a packed network', () => packedCaseFiles(smallNetwork(), noMeta, { name: 'packed' })],
  ['hostile layers', () => caseFiles(hostileNetwork(), noMeta, { name: HOSTILE.join('') })],
  ['hostile layers packed', () => packedCaseFiles(hostileNetwork(), noMeta, { name: HOSTILE[1] })],
  ['a hostile name', () => caseFiles(smallNetwork(), noMeta, { name: '*/ ??/ "\\' })],
];

describe.skipIf(!canCompile)('generated C (skipped without out/sdk, gcc, g++ or make)', () => {
  it.each(cases)('compiles without warnings: %s', async (name, files) => {
    const project = join(folder, name.replaceAll(' ', '-'));
    await writeCase(project, files());
    const args = [
      '-f',
      'makefile.linux',
      'USE_IDE_LIB=1',
      `VIVANTE_SDK_DIR=${sdk}`,
      'CFLAGS=-Wall -Wextra -Werror',
    ];
    execFileSync('make', args, { cwd: project, stdio: 'pipe', timeout: 25_000 });
  });
});

describe.skipIf(!canCompare)(
  'generated C computes what the simulator computes (skipped without the addon)',
  () => {
    const networks: [string, () => DeviceGraph][] = [
      ['float32', smallNetwork],
      ['float16', () => withFloatType(smallNetwork(), 'float16', toFloat16)],
      ['uint8', uint8Network],
      ['branched', branchedNetwork],
      ['hostile', hostileNetwork],
    ];

    it.each(networks)('%s', async (name, makeGraph) => {
      const graph = makeGraph();
      const project = join(folder, `run-${name}`);
      await writeCase(project, caseFiles(graph, noMeta, { name }));
      const args = ['-f', 'makefile.linux', 'USE_IDE_LIB=1', `VIVANTE_SDK_DIR=${sdk}`];
      execFileSync('make', args, { cwd: project, stdio: 'pipe', timeout: 25_000 });

      const inputs = graph.inputs.map((id, index) => {
        const count = graph.tensors[id].size.reduce((product, dim) => product * dim, 1);
        return Float32Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * (index + 1)) * 0.9));
      });
      const files = inputs.map((_, index) => `in${index}.tensor`);
      await Promise.all(inputs.map((data, index) => writeFile(join(project, files[index]), data.join('\n'))));
      const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib') };
      const log = execFileSync(`./${name}`, [`${name}.export.data`, ...files], {
        cwd: project,
        env,
      }).toString();
      expect(log).toMatch(
        /Create Neural Network: \d+ms or \d+us\nVerify\.\.\.\nVerify Graph: .*\nStart run graph \[1\]/,
      );
      expect(log).toContain(' --- Top5 ---');

      const simulator = new Simulator(graph);
      const outputs = simulator.run(inputs);
      for (const [index, { tensor, bytes }] of outputs.entries()) {
        const saved = await readFile(join(project, `output${index}_${tensor.size.join('_')}.dat`));
        expect(new Uint8Array(saved)).toEqual(bytes);
        expect(new Set(bytes).size).toBeGreaterThan(2);
      }
      simulator.dispose();
    });
  },
);

function toFloat16(data: Float32Array): Uint8Array {
  const size = [data.length];
  const half = {
    id: 0,
    name: '',
    size,
    type: 'float16',
    quantization: { kind: 'none' },
    role: 'const',
    order: [0],
  } as const;
  return loadAddon().floatToDtype(data, toTensorSpec(half));
}
