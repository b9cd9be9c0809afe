import { jobs, type JobName } from '../core/jobs/registry.ts';
import { packageVersion } from '../core/files/package-root.ts';

/** What the words of a command line ask for. */
export type Command =
  | { kind: 'job'; name: JobName; rest: readonly string[] }
  /** Help that was asked for. */
  | { kind: 'help'; text: string }
  /** Words that are no command: usage and error, as argparse prints them. */
  | { kind: 'wrong'; text: string };

const names = (Object.keys(jobs) as JobName[]).filter((name) => !jobs[name].libraryOnly);

/** Commands of one word, and the first words of the others. */
const firstWords = [...new Set(names.map((name) => name.split(' ')[0])), 'help'];

const isHelp = (word: string | undefined): boolean => word === '-h' || word === '--help';

/** Finds the command that a command line begins with. */
export function findCommand(words: readonly string[]): Command {
  const [first, second] = words;
  if (first === undefined)
    return wrong('pegasus', firstWords, 'the following arguments are required: COMMAND');
  if (first === '--version') return { kind: 'help', text: `Nibble Studio ${packageVersion()}` };
  if (isHelp(first)) return { kind: 'help', text: overview('pegasus', names) };
  if (first === 'help') return helpOf(words.slice(1));
  const name = names.find((candidate) => candidate === first || candidate === `${first} ${second}`);
  if (name !== undefined) return { kind: 'job', name, rest: words.slice(name.split(' ').length) };
  const members = names.filter((candidate) => candidate.startsWith(`${first} `));
  if (members.length === 0) {
    return wrong('pegasus', firstWords, `argument COMMAND: ${invalidChoice(first, firstWords)}`);
  }
  if (isHelp(second)) return { kind: 'help', text: overview(`pegasus ${first}`, members) };
  const choices = members.map((member) => member.slice(first.length + 1));
  const problem =
    second === undefined
      ? `the following arguments are required: ${first}`
      : `argument ${first}: ${invalidChoice(second, choices)}`;
  return wrong(`pegasus ${first}`, choices, problem);
}

/** `pegasus help quantize` is `pegasus quantize --help`. */
function helpOf(words: readonly string[]): Command {
  return findCommand([...words, '--help']);
}

function invalidChoice(word: string, choices: readonly string[]): string {
  return `invalid choice: '${word}' (choose from ${choices.map((choice) => `'${choice}'`).join(', ')})`;
}

const usage = (program: string, choices: readonly string[]): string =>
  `usage: ${program} [-h] {${choices.join(',')}} ...`;

function wrong(program: string, choices: readonly string[], problem: string): Command {
  return { kind: 'wrong', text: `${usage(program, choices)}\n${program}: error: ${problem}` };
}

function overview(program: string, list: readonly JobName[]): string {
  const width = Math.max(...list.map((name) => name.length));
  return [
    `usage: ${program} COMMAND [options]`,
    '',
    ...list.map((name) => `  pegasus ${name.padEnd(width)}  ${jobs[name].summary}`),
    '',
    'pegasus COMMAND --help shows the options of one.',
  ].join('\n');
}
