import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseFiles } from '../export/case-files.ts';
import { writeCase } from '../export/write-case.ts';
import { packageRoot } from '../files/package-root.ts';
import { addonPath } from '../simulator/addon.ts';

const sdk = process.env.NIBBLE_SDK ?? join(packageRoot(), 'out', 'sdk');

/** Can case code be compiled and compared with the simulator here? */
export const canRunCases =
  existsSync(join(sdk, 'include')) && existsSync(addonPath()) && ['gcc', 'g++', 'make'].every(isInstalled);

function isInstalled(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Writes a case into a folder and compiles it, any warning being an error; with `flags` as well. */
export async function compileCase(folder: string, files: CaseFiles, flags = ''): Promise<void> {
  await writeCase(folder, files);
  const args = ['-f', 'makefile.linux', 'USE_IDE_LIB=1', 'DEBUG=1', `VIVANTE_SDK_DIR=${sdk}`];
  execFileSync('make', [...args, `CFLAGS=-Wall -Wextra -Werror ${flags}`, `LDFLAGS=${flags}`], {
    cwd: folder,
    stdio: 'pipe',
    timeout: 60_000,
  });
}

/** Runs a compiled case on input files in its folder; answers what it printed. */
export function runCase(
  folder: string,
  name: string,
  inputs: readonly string[],
  environment: Record<string, string> = {},
): string {
  const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib'), ...environment };
  return execFileSync(`./${name}`, [`${name}.export.data`, ...inputs], {
    cwd: folder,
    env,
    stdio: 'pipe',
  }).toString();
}

/** Writes inputs as text files; answers their names. */
export async function writeInputs(folder: string, inputs: readonly Float32Array[]): Promise<string[]> {
  const names = inputs.map((_, index) => `in${index}.tensor`);
  await Promise.all(inputs.map((data, index) => writeFile(join(folder, names[index]), data.join('\n'))));
  return names;
}

/** Compiles files in a folder with gcc or g++, alone; any warning is an error. */
export function compileStrictly(
  folder: string,
  language: 'c' | 'c++',
  flags: readonly string[],
  files: readonly string[],
): void {
  const compiler = language === 'c' ? 'gcc' : 'g++';
  const args = ['-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Werror', ...flags, ...files];
  execFileSync(compiler, args, { cwd: folder, stdio: 'pipe', timeout: 60_000 });
}

/** Runs a program that tells by its exit code whether all is well; answers what it printed. */
export function runProgram(path: string): string {
  return execFileSync(path, { stdio: 'pipe', timeout: 20_000 }).toString();
}
