import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { JobId } from './contract.ts';
import type { JobRecord } from './contract-project.ts';
import type { Ui } from './rpc.ts';
import { throttle } from './throttle.ts';
import { toWireError } from './wire-error.ts';

/** Jobs remembered, and lines of each. */
const MAX_JOBS = 50;
const MAX_LINES = 1000;

/** Runs one job at a time, tells the page how it goes, and remembers what was said. */
export class JobRunner {
  private readonly records: JobRecord[] = [];
  private running: { record: JobRecord; controller: AbortController } | undefined;
  private readonly ui: () => Ui;

  constructor(ui: () => Ui) {
    this.ui = ui;
  }

  /** @throws StudioError 'usage' while another job runs */
  async run<T>(id: JobId, title: string, work: (context: JobContext) => Promise<T>): Promise<T> {
    if (this.running) {
      const hint = 'Wait for it, or cancel it.';
      throw new StudioError('usage', `${this.running.record.title} is still running`, {}, hint);
    }
    const record: JobRecord = { id, title, phase: 'running', started: Date.now(), seconds: 0, log: [] };
    const controller = new AbortController();
    this.running = { record, controller };
    this.records.push(record);
    if (this.records.length > MAX_JOBS) this.records.shift();
    try {
      const result = await work(this.context(record, controller.signal));
      if (controller.signal.aborted) throw new StudioError('cancelled', 'the job was cancelled');
      record.phase = 'done';
      return result;
    } catch (error) {
      const { code, message } = toWireError(error);
      record.phase = code === 'cancelled' || controller.signal.aborted ? 'cancelled' : 'failed';
      if (record.phase === 'failed') keepLine(record, { level: 'E', text: message });
      throw error;
    } finally {
      record.seconds = (Date.now() - record.started) / 1000;
      this.running = undefined;
    }
  }

  /** Asks a job to stop; nothing happens when it is not running. */
  cancel(id: JobId): void {
    if (this.running?.record.id === id) this.running.controller.abort();
  }

  /** Oldest first. */
  history(): JobRecord[] {
    return this.records.map((record) =>
      record.phase === 'running' ? { ...record, seconds: (Date.now() - record.started) / 1000 } : record,
    );
  }

  private context(record: JobRecord, signal: AbortSignal): JobContext {
    const ui = this.ui();
    return {
      signal,
      progress: throttle((fraction: number, text: string) => ui.progress(record.id, fraction, text)),
      log: (level, text) => {
        keepLine(record, { level, text });
        ui.log(record.id, level, text);
      },
    };
  }
}

function keepLine({ log }: JobRecord, line: JobRecord['log'][number]): void {
  log.push(line);
  if (log.length > MAX_LINES) log.shift();
}
