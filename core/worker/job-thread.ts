import { parentPort, workerData } from 'node:worker_threads';
import { StudioError } from '../network/errors.ts';
import { jobs, type JobName } from '../jobs/registry.ts';
import type { ThreadMessage, ThreadProblem, ThreadTask } from './run-job.ts';

/** Entry of the thread that runs one job and ends. */
const port = parentPort;
if (!port) throw new Error('job-thread.ts runs in a worker thread only');

const { name, options, cwd } = workerData as ThreadTask<JobName>;
const controller = new AbortController();
port.once('message', () => controller.abort());

const post = (message: ThreadMessage): void => port.postMessage(message);

try {
  const result = await jobs[name].run(options, {
    signal: controller.signal,
    cwd,
    progress: (fraction, text) => post({ kind: 'progress', fraction, text }),
    log: (level, text) => post({ kind: 'log', level, text }),
  });
  post({ kind: 'done', result });
} catch (error) {
  post({ kind: 'failed', problem: describeProblem(error, controller.signal.aborted) });
} finally {
  port.close();
}

/** An Error loses its fields on the way between threads; a StudioError must not. */
function describeProblem(error: unknown, cancelled: boolean): ThreadProblem {
  const nothing = { place: {}, hint: undefined, details: {} };
  if (cancelled) return { ...nothing, code: 'cancelled', message: 'cancelled', bug: false };
  if (error instanceof StudioError) {
    const { code, message, place, hint, details } = error;
    return { code, message, place, hint, details, bug: false };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...nothing, code: 'usage', message, bug: true };
}
