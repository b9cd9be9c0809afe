import type { SingleBar } from 'cli-progress';
import type { JobContext, LogLevel } from '../core/jobs/context.ts';

const COLOURS: Readonly<Record<LogLevel, number>> = { D: 36, I: 32, W: 33, E: 31 };

/** A stream that may be a terminal. */
export type Sink = NodeJS.WritableStream & { isTTY?: boolean };

/** Where a command writes: log lines on standard output, problems on standard error, where a bar is on terminals. */
export class Terminal {
  private readonly output: Sink;
  private readonly errors: Sink;
  /** Where log lines go. */
  private logs: Sink;
  /** Makes a bar; only on terminals, where its package is loaded for. */
  private newBar: (() => SingleBar) | undefined;
  private bar: SingleBar | undefined;
  private counts = { errors: 0, warnings: 0 };
  private finished = false;

  constructor(output: Sink, errors: Sink) {
    this.output = output;
    this.errors = errors;
    this.logs = output;
  }

  /** Log lines go to standard error from now on: a machine reads the other. */
  keepOutputForResult(): void {
    this.logs = this.errors;
  }

  print(text: string): void {
    this.removeBar();
    this.output.write(`${text}\n`);
  }

  problem(text: string): void {
    this.errors.write(`${text}\n`);
  }

  /** One line `I text`, coloured on a terminal; errors go to standard error. */
  log(level: LogLevel, text: string): void {
    if (level === 'E') this.counts.errors++;
    if (level === 'W') this.counts.warnings++;
    this.removeBar();
    this.write(level === 'E' ? this.errors : this.logs, level, text);
  }

  private write(stream: Sink, level: LogLevel, text: string): void {
    const line = `${level} ${text.replaceAll('\n', ' ')}`;
    stream.write(isColoured(stream) ? `\u001B[${COLOURS[level]}m${line}\u001B[0m\n` : `${line}\n`);
  }

  /** A job context that reports here. */
  async context(signal: AbortSignal): Promise<JobContext> {
    // Bars are drawn on standard error.
    if (this.errors.isTTY && process.env['TERM'] !== 'dumb') {
      const { Presets, SingleBar } = await import('cli-progress');
      const look = {
        format: '{bar} {percentage} %  {text}',
        hideCursor: true,
        clearOnComplete: true,
        stream: this.errors,
      };
      this.newBar = () => new SingleBar(look, Presets.shades_classic);
    }
    return {
      signal,
      log: (level, text) => this.log(level, text),
      progress: (fraction, text) => this.progress(fraction, text),
    };
  }

  private progress(fraction: number, text: string): void {
    if (!this.bar) {
      this.bar = this.newBar?.();
      this.bar?.start(100, 0, { text });
    }
    this.bar?.update(Math.round(fraction * 100), { text });
  }

  private removeBar(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  /** Ends the bar and prints the closing line that scripts look for. */
  close(): void {
    if (this.finished) return;
    this.finished = true;
    this.removeBar();
    const { errors, warnings } = this.counts;
    const level = errors > 0 ? 'E' : warnings > 0 ? 'W' : 'I';
    this.write(this.logs, level, `----------------Error(${errors}),Warning(${warnings})----------------`);
  }
}

/** FORCE_COLOR (0 = never) decides, then NO_COLOR, then whether it is a terminal: as Node.js itself has it. */
function isColoured(stream: Sink): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}
