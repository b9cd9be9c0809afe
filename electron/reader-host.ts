import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { app, utilityProcess } from 'electron';
import type { HostNote, ReaderOrder } from '../core/worker/reader/hosted.ts';

/** Milliseconds between two looks at a process. */
const LOOK = 250;

/**
 * Starts a utility process for each model that a core thread wants read: apart from the window, from the core and from
 * the other models, without arguments or environment, and gone when the model is read.
 * @param script the built core/worker/reader/process.ts
 * @returns the port to hand to a core thread
 */
export function readerHost(script: string): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', (order: ReaderOrder) => startReader(script, order));
  port1.unref();
  return port2;
}

function startReader(script: string, { heapMegabytes, port }: ReaderOrder): void {
  const child = utilityProcess.fork(script, [], {
    serviceName: 'Nibble Studio model reader',
    env: {},
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    stdio: 'ignore',
  });
  const note = (message: HostNote): void => port.postMessage(message);
  const watch = setInterval(() => {
    const metric = app.getAppMetrics().find(({ pid }) => pid === child.pid);
    if (metric) note({ kind: 'memory', bytes: metric.memory.workingSetSize * 1024 });
  }, LOOK);
  port.on('message', (request: unknown) => child.postMessage(request));
  port.on('close', () => {
    clearInterval(watch);
    child.kill();
  });
  child.on('message', (answer: unknown) => port.postMessage(answer));
  child.on('exit', () => {
    note({ kind: 'ended' });
    port.close();
  });
}
