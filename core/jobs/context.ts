/** Severity of a log line, as the command line prints it. */
export type LogLevel = 'D' | 'I' | 'W' | 'E';

/**
 * What a job gets from whoever started it. A job is a function `(options, context) => Promise<result>`;
 * it reports through this and stops soon after `signal` aborts, leaving no half-written file.
 */
export interface JobContext {
  signal: AbortSignal;
  /** What relative paths inside files start from, and where entropy.txt goes. Default: the working directory. */
  cwd?: string | undefined;
  /** Fraction done, 0..1, and what is being done now. */
  progress(fraction: number, text: string): void;
  log(level: LogLevel, text: string): void;
}
