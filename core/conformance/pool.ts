import { fork, type ChildProcess } from 'node:child_process';

/** How requests are run. */
export interface PoolOptions<Result> {
  /** Script that runs {@link serve}. */
  script: string;
  /** Milliseconds one request may take. */
  limit: number;
  processes: number;
  /** The result of a request whose process hung or crashed. */
  lost: (request: string, reason: string, milliseconds: number) => Result;
  /** Told every result; no further requests are begun once it answers false. */
  onResult?: (result: Result) => boolean;
}

/**
 * Runs every request in a child process, so that a hang or a crash costs one request. In the order given.
 * @returns the results of the requests that were begun
 */
export async function runPool<Result>(
  requests: readonly string[],
  options: PoolOptions<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    while (next < requests.length) {
      const index = next++;
      child = child?.connected ? child : fork(options.script, ['--serve'], { silent: true });
      const { result, dead } = await ask(child, requests[index], options);
      if (dead) child = undefined;
      results[index] = result;
      if (options.onResult?.(result) === false) next = requests.length;
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, requests.length) }, work));
  return results.filter(() => true);
}

function ask<Result>(
  child: ChildProcess,
  request: string,
  { limit, lost }: PoolOptions<Result>,
): Promise<{ result: Result; dead: boolean }> {
  return new Promise((resolve) => {
    const started = performance.now();
    const finish = (result: Result, dead: boolean): void => {
      clearTimeout(timer);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
      resolve({ result, dead });
    };
    const fail = (reason: string): void => {
      finish(lost(request, reason, Math.round(performance.now() - started)), true);
      child.on('error', () => undefined);
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => fail(`hang: not done after ${limit} ms`), limit);
    child.on('message', (result) => finish(result as Result, false));
    child.on('error', (error) => fail(`crash: ${error.message}`));
    child.on('exit', (code, signal) => fail(`crash: the process ended with ${signal ?? `code ${code}`}`));
    child.send(request);
  });
}

/** The child's side: runs what the parent asks for, one request at a time. */
export function serve<Result>(run: (request: string) => Promise<Result>): void {
  process.on('message', (request: string) => {
    void run(request).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => process.exit(0));
}
