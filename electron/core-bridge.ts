import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MessageChannelMain, type WebContents } from 'electron';
import { freeLock, newLockBoard } from '../core/worker/lock-board.ts';
import { CHANNELS } from './channels.ts';
import { readerHost } from './reader-host.ts';

/** Gives a page a core thread of its own. Both end together; a page that asks again gets a new one. */
export class CoreBridge {
  private readonly script: string;
  private readonly reader: string;
  private readonly version: string;
  private readonly data: string;
  private readonly stops = new Map<number, () => void>();

  /**
   * @param script the built core/worker/worker.ts
   * @param reader the built core/worker/reader/process.ts
   * @param data the user's data folder
   */
  constructor(script: string, reader: string, version: string, data: string) {
    this.script = script;
    this.reader = reader;
    this.version = version;
    this.data = data;
  }

  connect(contents: WebContents): void {
    this.stops.get(contents.id)?.();
    const { version, data } = this;
    const reader = readerHost(this.reader);
    const lock = newLockBoard();
    const workerData = { version, paths: true, projects: join(data, 'projects'), data, reader, lock };
    const core = new Worker(this.script, { workerData, transferList: [reader] });
    core.once('exit', () => freeLock(lock));
    const { port1, port2 } = new MessageChannelMain();
    const stop = (): void => {
      port1.close();
      void core.terminate();
      if (this.stops.get(contents.id) === stop) this.stops.delete(contents.id);
    };
    this.stops.set(contents.id, stop);
    port1.on('message', (event) => core.postMessage(event.data));
    port1.on('close', stop);
    core.on('message', (message) => port1.postMessage(message));
    core.on('error', stop);
    core.on('exit', stop);
    contents.once('destroyed', stop);
    port1.start();
    contents.postMessage(CHANNELS.port, null, [port2]);
  }

  /** Ends all cores. */
  close(): void {
    for (const stop of this.stops.values()) stop();
  }
}
