import { fork, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import type { CaseResult } from './run-case.ts';

/** How cases are run. */
export interface PoolOptions {
  /** Script that runs {@link serveCases}. */
  script: string;
  /** Milliseconds one case may take. */
  limit: number;
  processes: number;
  onResult?: (result: CaseResult) => void;
}

/** Runs every case in a child process, so that a hang or a crash costs one case. In the order given. */
export async function runCases(folders: readonly string[], options: PoolOptions): Promise<CaseResult[]> {
  const results = new Array<CaseResult>(folders.length);
  let next = 0;
  const serve = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    while (next < folders.length) {
      const index = next++;
      child = child?.connected ? child : fork(options.script, ['--serve'], { silent: true });
      const result = await ask(child, folders[index], options.limit);
      if (result.dead) child = undefined;
      results[index] = result.result;
      options.onResult?.(result.result);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, folders.length) }, serve));
  return results;
}

function ask(
  child: ChildProcess,
  folder: string,
  limit: number,
): Promise<{ result: CaseResult; dead: boolean }> {
  return new Promise((resolve) => {
    const started = performance.now();
    const finish = (result: CaseResult, dead: boolean): void => {
      clearTimeout(timer);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
      resolve({ result, dead });
    };
    const lost = (reason: string): void => {
      const milliseconds = Math.round(performance.now() - started);
      finish({ name: basename(folder), op: '?', outcome: 'fail', reason, milliseconds }, true);
      child.on('error', () => undefined);
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => lost(`hang: not done after ${limit} ms`), limit);
    child.on('message', (result) => finish(result as CaseResult, false));
    child.on('error', (error) => lost(`crash: ${error.message}`));
    child.on('exit', (code, signal) => lost(`crash: the process ended with ${signal ?? `code ${code}`}`));
    child.send(folder);
  });
}

/** The child's side: runs what the parent asks for, one case at a time. */
export function serveCases(run: (folder: string) => Promise<CaseResult>): void {
  process.on('message', (folder: string) => {
    void run(folder).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => process.exit(0));
}
