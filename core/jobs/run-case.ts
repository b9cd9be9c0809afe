import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { readFileOf } from '../files/atomic.ts';
import { outsidePath } from '../files/package-root.ts';
import { StudioError } from '../network/errors.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import type { JobContext } from './context.ts';
import { parseOptions } from './options.ts';
import { makeCase, runProgram, type ProgramEnd } from './program.ts';
import { requantizationOf, requantizationOptions } from './requantization.ts';

/** Options of `run case`: library and studio only, the vendor's tool has no such command. */
export const runCaseOptions = z.object({
  folder: z.string().min(1).describe('folder of an exported case'),
  sdk: z.string().optional().describe('SDK folder to build against (default: the simulator as an SDK)'),
  samples: z.array(z.array(z.string()).min(1)).describe('input files of each run, one per network input'),
  ...requantizationOptions,
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
  const how = { requantization: await requantizationOf(given, context), signal: context.signal };
  const built = await compileCase(given.folder, context, given.sdk);
  const started = performance.now();
  const outputs: Uint8Array[][] = [];
  for (const [index, inputs] of given.samples.entries()) {
    outputs.push((await runCompiled(built, inputs, how)).outputs);
    context.progress(
      (index + 1) / given.samples.length,
      `compiled case: ${index + 1} of ${given.samples.length}`,
    );
  }
  const { program, compileSeconds } = built;
  return { program, compileSeconds, runSeconds: (performance.now() - started) / 1000, outputs };
}

/** A case that was compiled. */
export interface CompiledCase {
  folder: string;
  /** Path of the program. */
  program: string;
  /** Path of what it loads: constants or packed network. */
  data: string;
  /** The SDK folder it was built against. */
  sdk: string;
}

/**
 * Compiles an exported case in its folder.
 * @param sdk default: the simulator as an SDK
 * @throws StudioError 'compiler-missing', 'file-missing', 'simulator-failed' when it does not compile
 */
export async function compileCase(
  folder: string,
  context: JobContext,
  sdk?: string,
): Promise<CompiledCase & { compileSeconds: number; text: string }> {
  const compiled = await findCompiled(folder, sdk);
  context.progress(0, 'compiling the case code');
  const started = performance.now();
  const text = await makeCase(compiled.folder, compiled.sdk, context.signal);
  return { ...compiled, text, compileSeconds: (performance.now() - started) / 1000 };
}

/** Where the parts of a case are, or will be once it is compiled. */
export async function findCompiled(folder: string, sdk?: string): Promise<CompiledCase> {
  const where = resolve(folder);
  const place = resolve(sdk ?? outsidePath('out/sdk'));
  if (!existsSync(join(place, 'include'))) {
    throw new StudioError(
      'compiler-missing',
      'the simulator was not built as an SDK',
      { file: place },
      'Install a C++ compiler (Debian: apt-get install g++ make) and run "npm run build".',
    );
  }
  const { program, data } = await caseParts(where);
  return { folder: where, program: join(where, program), data: join(where, data), sdk: place };
}

/** How to run a compiled case. */
export interface CompiledOptions {
  /** Where the program is linked with the simulator: how integer sums become codes. */
  requantization: NativeRequantization;
  signal: AbortSignal;
}

/** Runs a program with its data file and these arguments. Its code is the caller's to judge. */
export function startCompiled(
  { program, data, sdk }: CompiledCase,
  args: readonly string[],
  { requantization, cwd, signal }: CompiledOptions & { cwd: string },
): Promise<ProgramEnd> {
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(sdk, 'lib'),
    VIVANTE_SDK_DIR: sdk,
    NIBBLE_SIM_REQUANTIZATION: requantization,
  };
  return runProgram(program, [data, ...args], { cwd, signal, env });
}

/** Program and data file (constants or packed network) of a case, from the files in its folder. */
async function caseParts(folder: string): Promise<{ program: string; data: string }> {
  const names = await readdir(folder).catch(() => {
    throw new StudioError('file-missing', 'there is no such folder', { file: folder });
  });
  const data = names.find((name) => name.endsWith('.export.data') || name.endsWith('.nb'));
  const source = names.find((name) =>
    /^vnn_(?!(?:pre_process|post_process|self_test)\.c$)\w+\.c$/.test(name),
  );
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

/**
 * Runs a compiled case on one sample.
 * @param inputs one file per network input
 * @returns the bytes of output0, output1, ... as the program saved them, and what it printed
 * @throws StudioError 'simulator-failed' when it ends badly
 */
export async function runCompiled(
  compiled: CompiledCase,
  inputs: readonly string[],
  how: CompiledOptions,
): Promise<{ outputs: Uint8Array[]; text: string }> {
  // The program writes its outputs into the current folder under fixed names.
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-case-'));
  try {
    const args = inputs.map((file) => resolve(file));
    const { code, text } = await startCompiled(compiled, args, { ...how, cwd: scratch });
    if (code === 0) return { outputs: await collectOutputs(scratch), text };
    throw new StudioError(
      'simulator-failed',
      `the compiled case ended with code ${code}: ${text.trim().split('\n').at(-1) ?? ''}`,
      { file: compiled.program },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function collectOutputs(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter((name) => /^output\d+_.*\.dat$/.test(name));
  const number = (name: string): number => Number(/^output(\d+)/.exec(name)?.[1]);
  names.sort((a, b) => number(a) - number(b));
  return Promise.all(names.map((name) => readFileOf(join(folder, name))));
}
