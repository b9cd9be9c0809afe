import { Worker } from 'node:worker_threads';
import type { JobContext, LogLevel } from '../jobs/context.ts';
import type { JobName, JobResults } from '../jobs/registry.ts';
import { StudioError } from '../network/errors.ts';
import { newStopFlag, raiseStopFlag } from '../simulator/stop-flag.ts';
import { builtFile } from './built-file.ts';
import { problemError, type ThreadProblem } from './problem.ts';

/** What the thread is started with. */
export interface ThreadTask<Name extends JobName> {
  name: Name;
  options: unknown;
  cwd: string | undefined;
  /** Raised when the job is cancelled: the thread hears no message while the simulator runs in it. */
  stop: SharedArrayBuffer;
}

/** What the thread says. */
export type ThreadMessage =
  | { kind: 'progress'; fraction: number; text: string }
  | { kind: 'log'; level: LogLevel; text: string }
  | { kind: 'done'; result: unknown }
  | { kind: 'failed'; problem: ThreadProblem };

/** Time a cancelled job gets to tidy up before its thread is ended. */
const GRACE_MS = 5000;

/** Runs a job in a thread of its own; rejects with the job's StudioError. */
export function runJob<Name extends JobName>(
  name: Name,
  options: unknown,
  context: JobContext,
): Promise<JobResults[Name]> {
  return new Promise((resolve, reject) => {
    const workerData: ThreadTask<Name> = { name, options, cwd: context.cwd, stop: newStopFlag() };
    const worker = new Worker(builtFile('job-thread.mjs'), { workerData });
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      raiseStopFlag(workerData.stop);
      worker.postMessage('cancel');
      timer = setTimeout(() => void worker.terminate(), GRACE_MS);
    };
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', cancel);
      finish();
    };
    worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'progress') context.progress(message.fraction, message.text);
      else if (message.kind === 'log') context.log(message.level, message.text);
      else if (message.kind === 'done') settle(() => resolve(message.result as JobResults[Name]));
      else settle(() => reject(problemError(message.problem)));
    });
    worker.on('error', (error) => settle(() => reject(error)));
    worker.on('exit', () =>
      settle(() => reject(new StudioError('cancelled', 'the job ended before it was done'))),
    );
    if (context.signal.aborted) cancel();
    else context.signal.addEventListener('abort', cancel, { once: true });
  });
}
