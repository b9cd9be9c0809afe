import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { quietContext } from '../testing/temporary.ts';
import { checkenvJob, nodeCheck, showCheckenv } from './checkenv.ts';

afterEach(() => vi.unstubAllEnvs());

test('the vendor says so when all is well, and so do we', async () => {
  const result = await checkenvJob({}, quietContext());
  expect(result.checks.filter(({ ok, optional }) => !ok && !optional)).toEqual([]);
  expect(showCheckenv.text?.(result)).toBe('Env Pass: Env check SUCCESS!!!');
  expect(showCheckenv.failed?.(result)).toBe(false);
});

test('tools that only compiling needs are missed with a warning and a remedy', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const lines: string[] = [];
  const result = await checkenvJob(
    {},
    { ...quietContext(), log: (level, text) => lines.push(`${level} ${text}`) },
  );
  expect(lines.filter((line) => line.startsWith('W '))).toEqual([
    expect.stringMatching(/^W missing: make .*apt-get install g\+\+ make/),
    expect.stringMatching(/^W missing: g\+\+ .*apt-get install g\+\+ make/),
  ]);
  expect(showCheckenv.failed?.(result)).toBe(false);
});

test('whatever is missing fails the check and names a remedy', () => {
  const checks = [nodeCheck('18.20.1'), { name: 'x', ok: true, found: '' }];
  expect(checks[0].remedy).toMatch(/20\.19/);
  expect(showCheckenv.failed?.({ checks })).toBe(true);
  expect(showCheckenv.text?.({ checks })).toMatch(/^Env Fail/);
});

test('the oldest Node.js is the one that package.json asks for', () => {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  const wanted = /"node": ">=(\d+)\.(\d+)"/.exec(text);
  expect(wanted).not.toBeNull();
  const [major, minor] = (wanted ?? []).slice(1).map(Number);
  expect([nodeCheck(`${major}.${minor}.0`).ok, nodeCheck(`${major}.${minor - 1}.9`).ok]).toEqual([
    true,
    false,
  ]);
});
