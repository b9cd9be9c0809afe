import { jobs, type JobName } from '../core/jobs/registry.ts';
import { describeError, StudioError } from '../core/network/errors.ts';
import { runJob } from '../core/worker/run-job.ts';
import { formatHelp, formatUsage, parseArguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong usage (as argparse), 130 interrupted. */
const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const commandNames = (Object.keys(jobs) as JobName[]).filter((name) => !jobs[name].libraryOnly);

/** Runs one pegasus command line; answers the exit code. */
export async function pegasus(words: readonly string[], terminal: Terminal): Promise<number> {
  const found = findJob(words);
  if (!found) return showCommands(words, terminal);
  const { name, rest } = found;
  const { optionSpecs } = await import('../core/jobs/options.ts');
  const specs = optionSpecs(await jobs[name].options());
  const program = `pegasus ${name}`;
  if (rest.some((word) => word === '-h' || word === '--help')) {
    terminal.print(formatHelp(program, jobs[name].summary, specs));
    return EXIT.done;
  }
  let options: Record<string, unknown>;
  try {
    const values = parseArguments(specs, rest);
    options = Object.fromEntries(
      specs.flatMap(({ key, name: option }) => (values.has(option) ? [[key, values.get(option)]] : [])),
    );
  } catch (error) {
    terminal.problem(`${formatUsage(program, specs)}\n${program}: error: ${describeError(error)}`);
    return EXIT.usage;
  }
  return runCommand(name, options, terminal);
}

async function runCommand(
  name: JobName,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const context = await terminal.context(controller.signal);
    // A thread of its own costs as much as the import of a small model.
    await (jobs[name].gentle ? jobs[name].run(options, context) : runJob(name, options, context));
    return EXIT.done;
  } catch (error) {
    terminal.log('E', controller.signal.aborted ? 'cancelled' : describeError(error));
    if (controller.signal.aborted) return EXIT.interrupted;
    return error instanceof StudioError && error.code === 'usage' ? EXIT.usage : EXIT.failed;
  } finally {
    terminal.close();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

/** The job whose words the command line begins with. */
function findJob(words: readonly string[]): { name: JobName; rest: readonly string[] } | undefined {
  for (const name of commandNames) {
    const parts = name.split(' ');
    if (parts.every((part, index) => words[index] === part)) return { name, rest: words.slice(parts.length) };
  }
  return undefined;
}

function showCommands(words: readonly string[], terminal: Terminal): number {
  const rows = commandNames.map((name) => `  pegasus ${name.padEnd(20)} ${jobs[name].summary}`);
  const text = [
    'usage: pegasus COMMAND [options]',
    '',
    ...rows,
    '',
    'pegasus COMMAND --help shows the options of one.',
  ].join('\n');
  const asked = words.length === 0 || ['-h', '--help', 'help'].includes(words[0]);
  if (asked) terminal.print(text);
  else terminal.problem(`${text}\npegasus: error: there is no command "${words.slice(0, 2).join(' ')}"`);
  return asked && words.length > 0 ? EXIT.done : EXIT.usage;
}
