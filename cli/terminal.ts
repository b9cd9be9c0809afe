import type { SingleBar } from 'cli-progress';
import type { JobContext, LogLevel } from '../core/jobs/context.ts';

const COLOURS: Readonly<Record<LogLevel, number>> = { D: 36, I: 32, W: 33, E: 31 };

/** Where a command writes: log lines on standard output, problems on standard error, a bar on terminals. */
export class Terminal {
  private readonly output: NodeJS.WriteStream;
  private readonly errors: NodeJS.WriteStream;
  /** Makes a bar; only on terminals, where its package is loaded for. */
  private newBar: (() => SingleBar) | undefined;
  private bar: SingleBar | undefined;
  private counts = { errors: 0, warnings: 0 };
  private finished = false;

  constructor(output: NodeJS.WriteStream, errors: NodeJS.WriteStream) {
    this.output = output;
    this.errors = errors;
  }

  print(text: string): void {
    this.output.write(`${text}\n`);
  }

  problem(text: string): void {
    this.errors.write(`${text}\n`);
  }

  /** One line `I text`, coloured on a terminal unless NO_COLOR is set; errors go to standard error. */
  log(level: LogLevel, text: string): void {
    if (level === 'E') this.counts.errors++;
    if (level === 'W') this.counts.warnings++;
    this.removeBar();
    const stream = level === 'E' ? this.errors : this.output;
    const coloured = stream.isTTY && process.env['NO_COLOR'] === undefined;
    const line = `${level} ${text.replaceAll('\n', ' ')}`;
    stream.write(coloured ? `\u001B[${COLOURS[level]}m${line}\u001B[0m\n` : `${line}\n`);
  }

  /** A job context that reports here. */
  async context(signal: AbortSignal): Promise<JobContext> {
    if (this.output.isTTY) {
      const { Presets, SingleBar } = await import('cli-progress');
      const look = { format: '{bar} {percentage} %  {text}', hideCursor: true, clearOnComplete: true };
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
    this.print(`${level} ----------------Error(${errors}),Warning(${warnings})----------------`);
  }
}
