import type { JobContext } from '../core/jobs/context.ts';
import { jobs, type JobEntry, type JobName, type JobResults } from '../core/jobs/registry.ts';
import type { OptionSpec } from '../core/jobs/options.ts';
import type { Shown } from '../core/jobs/show.ts';
import { describeError, StudioError } from '../core/network/errors.ts';
import { runJob } from '../core/worker/run-job.ts';
import { formatHelp, formatUsage, parseArguments, type Arguments } from './arguments.ts';
import { findCommand } from './commands.ts';
import { problemJson, toJson } from './json.ts';
import { namespaceLine } from './namespace.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong usage (as argparse), 130 interrupted. */
const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The one option that is not a job's but ours. */
const JSON_OPTION: OptionSpec = {
  key: 'json',
  name: 'json',
  kind: 'flag',
  required: false,
  help: 'print the result as JSON on standard output and the log on standard error; beyond the vendor',
};

/** Runs one pegasus command line; answers the exit code. */
export async function pegasus(words: readonly string[], terminal: Terminal): Promise<number> {
  const command = findCommand(words);
  switch (command.kind) {
    case 'help':
      terminal.print(command.text);
      return EXIT.done;
    case 'wrong':
      terminal.problem(command.text);
      return EXIT.usage;
    case 'job':
      return parseAndRun(command.name, command.rest, terminal);
  }
}

async function parseAndRun(name: JobName, words: readonly string[], terminal: Terminal): Promise<number> {
  const { optionSpecs } = await import('../core/jobs/options.ts');
  const specs = [...optionSpecs(await jobs[name].options()), JSON_OPTION];
  const program = `pegasus ${name}`;
  if (words.some((word) => word === '-h' || word === '--help')) {
    terminal.print(formatHelp(program, jobs[name].summary, specs));
    return EXIT.done;
  }
  let values: Arguments;
  try {
    values = parseArguments(specs, words);
  } catch (error) {
    terminal.problem(`${formatUsage(program, specs)}\n${program}: error: ${describeError(error)}`);
    return EXIT.usage;
  }
  const json = values.delete(JSON_OPTION.name);
  if (json) terminal.keepOutputForResult();
  terminal.log('I', namespaceLine(name, specs.slice(0, -1), values));
  const options = specs.flatMap(({ key, name: option }) =>
    values.has(option) ? [[key, values.get(option)] as const] : [],
  );
  return runCommand(name, Object.fromEntries(options), { terminal, json });
}

async function runCommand(
  name: JobName,
  options: Record<string, unknown>,
  { terminal, json }: { terminal: Terminal; json: boolean },
): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const context = await terminal.context(controller.signal);
    return await runAndShow(name, options, { context, terminal, json });
  } catch (error) {
    const cancelled = controller.signal.aborted;
    if (json) terminal.print(problemJson(error, cancelled));
    terminal.log('E', cancelled ? 'cancelled' : describeError(error));
    if (cancelled) return EXIT.interrupted;
    return error instanceof StudioError && error.code === 'usage' ? EXIT.usage : EXIT.failed;
  } finally {
    terminal.close();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

// The parameter ties the job to its result.
// oxlint-disable-next-line no-unnecessary-type-parameters
async function runAndShow<Name extends JobName>(
  name: Name,
  options: Record<string, unknown>,
  { context, terminal, json }: { context: JobContext; terminal: Terminal; json: boolean },
): Promise<number> {
  const job: JobEntry<Name> = jobs[name];
  // A thread of its own costs as much as the import of a small model.
  const result = await (job.gentle ? job.run(options, context) : runJob(name, options, context));
  const shown: Shown<JobResults[Name]> = (await job.shown?.()) ?? {};
  const text = json ? toJson(shown.json ? shown.json(result) : result) : shown.text?.(result);
  if (text !== undefined) terminal.print(text);
  return shown.failed?.(result) ? EXIT.failed : EXIT.done;
}
