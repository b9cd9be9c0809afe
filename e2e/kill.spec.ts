import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { here, openSample, showStage, startLong } from './helpers.ts';

const data = mkdtempSync(join(tmpdir(), 'nibble-kill-'));
const project = join(data, 'projects/mobilenetv2-tiny');
let server: ChildProcess | undefined;

/** A studio of its own, which a test may kill. @returns its address */
async function start(): Promise<string> {
  const program = spawn(process.execPath, [here('../out/node/server.mjs'), '--no-open'], {
    env: { ...process.env, NIBBLE_STUDIO_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  server = program;
  const [line] = (await once(program.stdout, 'data')) as [Buffer];
  return /http:\S+/.exec(line.toString())?.[0] ?? '';
}

async function kill(): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

test.afterAll(async () => {
  await kill();
  rmSync(data, { recursive: true, force: true });
});

test('kill -9 during a calibration leaves the project as it was, and the next start goes on with it', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await page.goto(await start());
  await openSample(page);
  await showStage(page, 'Quantize');
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByText('in use')).toBeVisible({ timeout: 30_000 });
  const before = snapshot();
  await startLong(page);
  await kill();
  await expect(page.getByRole('alert')).toContainText('lost its core');
  expect(readdirSync(join(project, 'runs')).some((name) => name.startsWith('.unfinished'))).toBe(true);

  await page.goto(await start());
  await page.getByRole('button', { name: /^mobilenetv2-tiny/ }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await showStage(page, 'Quantize');
  await expect(page.getByRole('row', { name: /^1 .*in use/ })).toBeVisible();
  expect(snapshot()).toEqual(before);
  await page.getByRole('radio', { name: /Fast and safe/ }).check();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: '2' })).toBeVisible({ timeout: 30_000 });
  // What the killed run had begun is gone as well.
  expect(readdirSync(join(project, 'runs')).sort()).toEqual(['mobilenetv2-tiny-1', 'mobilenetv2-tiny-2']);
});

/** The files of the project that a calibration writes. */
function snapshot(): Record<string, string> {
  const names = ['json', 'data', 'quantize'].map((ending) => `mobilenetv2-tiny.${ending}`);
  return Object.fromEntries(
    names.map((name) => {
      const path = join(project, name);
      return [name, existsSync(path) ? readFileSync(path, 'base64') : ''];
    }),
  );
}
