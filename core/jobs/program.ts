import { constants } from 'node:os';
import { spawn } from 'node:child_process';
import { StudioError } from '../network/errors.ts';

/** What a program did. */
export interface ProgramEnd {
  /** Exit code; 128 and the signal's number where a signal ended it, as shells count. */
  code: number;
  /** The beginning of what it printed, output and errors mixed. */
  text: string;
}

/**
 * Runs a program to its end, without a shell.
 * @throws StudioError 'compiler-missing' when it is not installed; the signal's reason when it is cancelled
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; signal: AbortSignal; timeout?: number },
): Promise<ProgramEnd> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { ...options, shell: false, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const collect = (chunk: Buffer): void => {
      if (text.length < 1 << 20) text += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      fail(
        missing
          ? new StudioError(
              'compiler-missing',
              `"${command}" is not installed`,
              {},
              'Debian: apt-get install g++ make.',
            )
          : error,
      );
    });
    child.on('close', (code, signal) => {
      done({ code: code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0), text });
    });
  });
}

/** The line of a compiler's or program's output that says most. */
export function tellingLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? '';
}

/**
 * Compiles a case in its folder with its own makefile against an SDK folder.
 * @param settings make variables such as `CFLAGS=-Wextra`
 * @returns what make and the compiler printed
 */
export async function makeCase(
  folder: string,
  sdk: string,
  signal: AbortSignal,
  settings: readonly string[] = [],
): Promise<string> {
  // A cross compiler in the environment is for the board, not for this computer.
  const variables = ['USE_IDE_LIB=1', `VIVANTE_SDK_DIR=${sdk}`, 'CROSS_COMPILE=', ...settings];
  const { code, text } = await runProgram('make', ['-f', 'makefile.linux', '-j2', ...variables], {
    cwd: folder,
    signal,
  });
  if (code !== 0) {
    throw new StudioError('simulator-failed', `the case code does not compile: ${tellingLine(text)}`, {
      file: folder,
    });
  }
  return text;
}
