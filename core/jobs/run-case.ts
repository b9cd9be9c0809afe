import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { readFileOf } from '../files/atomic.ts';
import { packageRoot } from '../files/package-root.ts';
import { StudioError } from '../network/errors.ts';
import type { JobContext } from './context.ts';
import { parseOptions } from './options.ts';
import { makeCase, runProgram } from './program.ts';

/** Options of `run case`: library and studio only, the vendor's tool has no such command. */
export const runCaseOptions = z.object({
  folder: z.string().min(1).describe('folder of an exported case'),
  sdk: z.string().optional().describe('SDK folder to build against (default: the simulator as an SDK)'),
  samples: z.array(z.array(z.string()).min(1)).describe('input files of each run, one per network input'),
});

/** What the compiled case gave. */
export interface RunCaseResult {
  program: string;
  compileSeconds: number;
  runSeconds: number;
  /** Per sample, the bytes of output0, output1, ... as the program saved them. */
  outputs: Uint8Array[][];
}

/** Compiles an exported case with the system compiler and runs it once per sample. */
export async function runCaseJob(options: unknown, context: JobContext): Promise<RunCaseResult> {
  const given = parseOptions(runCaseOptions, options);
  const folder = resolve(given.folder);
  const sdk = resolve(given.sdk ?? join(packageRoot(), 'out/sdk'));
  if (!existsSync(join(sdk, 'include'))) {
    throw new StudioError(
      'compiler-missing',
      'the simulator was not built as an SDK',
      { file: sdk },
      'Install a C++ compiler (Debian: apt-get install g++ make) and run "npm run build".',
    );
  }
  const { program, data } = await caseParts(folder);
  context.progress(0, 'compiling the case code');
  const started = performance.now();
  await makeCase(folder, sdk, context.signal);
  const compiled = performance.now();
  const outputs = await runSamples(given.samples, join(folder, program), join(folder, data), sdk, context);
  return {
    program: join(folder, program),
    compileSeconds: (compiled - started) / 1000,
    runSeconds: (performance.now() - compiled) / 1000,
    outputs,
  };
}

/** Program and data file (constants or packed network) of a case, from the files in its folder. */
async function caseParts(folder: string): Promise<{ program: string; data: string }> {
  const names = await readdir(folder).catch(() => {
    throw new StudioError('file-missing', 'there is no such folder', { file: folder });
  });
  const data = names.find((name) => name.endsWith('.export.data') || name.endsWith('.nb'));
  const source = names.find((name) => /^vnn_(?!pre_process|post_process)\w+\.c$/.test(name));
  if (!data || !source || !names.includes('makefile.linux')) {
    throw new StudioError(
      'file-missing',
      'the folder holds no exported case (vnn_*.c, makefile.linux, *.export.data or *.nb)',
      { file: folder },
      'Run "pegasus export ovxlib" first.',
    );
  }
  return { program: basename(source, '.c').slice('vnn_'.length), data };
}

async function runSamples(
  samples: readonly string[][],
  program: string,
  data: string,
  sdk: string,
  context: JobContext,
): Promise<Uint8Array[][]> {
  // The program writes its outputs into the current folder under fixed names.
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-case-'));
  const outputs: Uint8Array[][] = [];
  try {
    for (const [index, inputs] of samples.entries()) {
      const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib'), VIVANTE_SDK_DIR: sdk };
      const { code, text } = await runProgram(program, [data, ...inputs.map((file) => resolve(file))], {
        cwd: scratch,
        env,
        signal: context.signal,
      });
      if (code !== 0)
        throw new StudioError(
          'simulator-failed',
          `the compiled case ended with code ${code}: ${text.trim().split('\n').at(-1) ?? ''}`,
          { file: program },
        );
      outputs.push(await collectOutputs(scratch));
      context.progress((index + 1) / samples.length, `compiled case: ${index + 1} of ${samples.length}`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return outputs;
}

async function collectOutputs(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter((name) => /^output\d+_.*\.dat$/.test(name));
  const number = (name: string): number => Number(/^output(\d+)/.exec(name)?.[1]);
  names.sort((a, b) => number(a) - number(b));
  return Promise.all(names.map((name) => readFileOf(join(folder, name))));
}
