import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../core/files/package-root.ts';
import { temporaryFolder } from '../core/testing/temporary.ts';
import { canRunScripts, runScript } from './testing.ts';

const root = packageRoot();
const base = temporaryFolder();

/** One command block of a page, and what it is said to print. */
interface Example {
  line: number;
  script: string;
  /** Lines of the block marked `text` behind it; each is part of a line of the output. */
  printed: string[];
}

/** The blocks marked `sh` of a page, in order. A block marked `text` belongs to the `sh` block before it. */
function examplesOf(page: string): Example[] {
  const examples: Example[] = [];
  for (const block of page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const [, language, text] = block;
    const line = page.slice(0, block.index).split('\n').length;
    if (language === 'sh') examples.push({ line, script: text, printed: [] });
    if (language === 'text') examples.at(-1)?.printed.push(...text.trimEnd().split('\n'));
  }
  return examples;
}

/** Pages of docs/guide: their commands are run one after the other in a folder of their own. */
const pages = readdirSync(join(root, 'docs/guide')).filter((name) => name.endsWith('.md'));

describe.skipIf(!canRunScripts)('commands of docs/guide (skipped where out/node is not built)', () => {
  test.each(pages)(
    '%s',
    async (page) => {
      const folder = join(base, page);
      mkdirSync(folder);
      const examples = examplesOf(readFileSync(join(root, 'docs/guide', page), 'utf8'));
      for (const { line, script, printed } of examples) {
        const place = `${page}:${line}`;
        const text = script.replaceAll('/path/to/nibble-studio', root);
        const { code, out, problem } = await runScript(`set -e -o pipefail\n${text}`, folder);
        expect(`${place}: exit code ${code}\n${problem}`).toBe(`${place}: exit code 0\n`);
        for (const wanted of printed) expect(out, place).toContain(wanted);
      }
    },
    120_000,
  );

  test('some page has commands', () => {
    const all = pages.flatMap((page) => examplesOf(readFileSync(join(root, 'docs/guide', page), 'utf8')));
    expect(all.length).toBeGreaterThan(3);
  });
});
