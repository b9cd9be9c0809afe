import { parentPort, workerData } from 'node:worker_threads';
import { jobs, type JobName } from '../jobs/registry.ts';
import { bindStopFlag } from '../simulator/stop-flag.ts';
import { describeProblem } from './problem.ts';
import type { ThreadMessage, ThreadTask } from './run-job.ts';

/** Entry of the thread that runs one job and ends. */
const port = parentPort;
if (!port) throw new Error('job-thread.ts runs in a worker thread only');

const { name, options, cwd, stop } = workerData as ThreadTask<JobName>;
const controller = new AbortController();
port.once('message', () => controller.abort());
bindStopFlag(controller.signal, stop);

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
