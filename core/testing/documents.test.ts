import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packageRoot } from '../files/package-root.ts';

const root = packageRoot();

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name));
}

test('every heading of the troubleshooting page is part of a message', () => {
  const sources = ['core', 'cli', 'build']
    .flatMap((folder) => [...filesUnder(folder, '.ts'), ...filesUnder(folder, '.mjs')])
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8').replaceAll("\\'", "'"))
    .join('\n');
  const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, text]) => text);
  expect(headings.length).toBeGreaterThan(15);
  expect(headings.filter((text) => !sources.includes(text))).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const pages = [...filesUnder('docs', '.md'), join(root, 'README.md'), join(root, 'ARCHITECTURE.md')];
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(resolve(dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});
