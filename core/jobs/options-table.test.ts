import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { sharedPath } from '../testing/shared.ts';
import { optionSpecs } from './options.ts';
import { jobs, type JobName } from './registry.ts';

/** One row of docs/options.md. */
interface Row {
  option: string;
  here: string;
  /** Path from the root. */
  file: string;
}

const root = packageRoot();

function tableOf(document: string): Map<string, Row[]> {
  const sections = document.split(/^## pegasus /m).slice(1);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf(' (')),
      [...section.matchAll(/^\| `--([\w-]+)` \| ([\w ]+?) *\| \[[^\]]+\]\(\.\.\/([^)]+)\) *\|$/gm)].map(
        ([, option, here, file]) => ({ option, here, file }),
      ),
    ]),
  );
}

/** A test file with the helpers beside it that it imports. */
function withHelpers(file: string): string {
  const text = readFileSync(join(root, file), 'utf8');
  const helpers = [...text.matchAll(/from '\.\/([\w-]+\.ts)'/g)].map(([, name]) =>
    join(root, dirname(file), name),
  );
  return [text, ...helpers.filter(existsSync).map((helper) => readFileSync(helper, 'utf8'))].join('\n');
}

const isJob = (name: string): name is JobName => Object.hasOwn(jobs, name);

const document = readFileSync(join(root, 'docs/options.md'), 'utf8');
const table = tableOf(document);

test('every line of the tables is understood', () => {
  const lines = document.split('\n').filter((line) => line.startsWith('| `'));
  expect([...table.values()].flat().length).toBe(lines.length);
  expect(table.size).toBe(11);
});

describe.each([...table])('pegasus %s', (command, rows) => {
  test('has these options, and what is not there yet is called so', async () => {
    if (!isJob(command)) throw new Error(`there is no command ${command}`);
    const specs = optionSpecs(await jobs[command].options());
    const states = rows.map(({ option }) => {
      const spec = specs.find(({ name }) => name === option);
      const later = spec?.help.includes('not available yet');
      return [option, spec ? (later ? 'not yet' : 'yes') : 'no such option'];
    });
    expect(states).toEqual(rows.map(({ option, here }) => [option, here]));
  });

  test('the tests that are named use the options', () => {
    for (const { option, file } of rows) {
      expect(existsSync(join(root, file)), file).toBe(true);
      const key = option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      // Options of a command line, of a job, or of a helper of the test.
      const uses = new RegExp(`--${option}(?![\\w-])|(?<![\\w-])${key}(?=[,:\\s}])`);
      expect(uses.test(withHelpers(file)), `${file} has nothing of --${option}`).toBe(true);
    }
  });
});

const guide = sharedPath('user-guide.md');

test.skipIf(!guide)('no option of the guide is missing (skipped without ../shared)', () => {
  const text = readFileSync(guide ?? '', 'utf8');
  const chapters = text.slice(text.lastIndexOf('## 3.4 Model Transcoding Procedure'));
  // `--hybird` is a misprint, `--quantized-rebuild` a name of the tool before pegasus.
  const others = new Set(['hybird', 'quantized-rebuild']);
  const named = [...chapters.matchAll(/(?<![\w-])--([A-Za-z][A-Za-z-]+)/g)].map(([, name]) => name);
  const options = new Set([...table.values()].flat().map(({ option }) => option));
  expect([...new Set(named)].filter((name) => !options.has(name) && !others.has(name))).toEqual([]);
  expect(new Set(named).size).toBeGreaterThan(40);
});
