import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { packageRoot } from '../core/files/package-root.ts';

const root = packageRoot();

/** The bundled model and its labelled pictures. */
export const sample = join(root, 'assets/sample');

/** Whether the command line is built, and there is a shell for scripts. */
export const canRunScripts =
  existsSync(join(root, 'out/node/cli.mjs')) && spawnSync('bash', ['--version']).status === 0;

/** Whether scripts can call Python. */
export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** What a script did. */
export interface ScriptOutcome {
  code: number | null;
  out: string;
  problem: string;
}

/** Runs a text as a bash script; `pegasus` and the node that runs the tests are on the PATH. */
export function runScript(text: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<ScriptOutcome> {
  const path = [join(root, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', text], { cwd, env: { ...process.env, PATH: path, ...env } });
    const outcome: ScriptOutcome = { code: null, out: '', problem: '' };
    child.stdout.on('data', (chunk: Buffer) => (outcome.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (outcome.problem += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

/** Paths of the bundled pictures that a list names, one label after each where the list has some. */
export function samplePictures(list: 'calibration' | 'labels'): string[] {
  return readFileSync(join(sample, `fashion-mnist/${list}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => join(sample, 'fashion-mnist', line));
}
