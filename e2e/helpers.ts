import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type Locator, type Page } from '@playwright/test';

/** Absolute path of a file of this folder. */
export function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** The data folder of the server under test, projects included. */
export const DATA_FOLDER = here('../out/e2e-data');

/** Where the screenshots for people go. */
export function screenshot(name: string): { path: string } {
  return { path: here(`../out/screenshots/${name}.png`) };
}

/** Opens the studio and fails the test on any error of the page. */
export async function openStudio(page: Page): Promise<void> {
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto('');
  await expect(page.getByRole('button', { name: 'Choose a file…' })).toBeEnabled();
}

/** A file to drop: its text, or its bytes. */
export type DroppedFile = { name: string; text: string } | { name: string; bytes: Uint8Array };

/** Drops files on the window as a file manager would. */
export async function dropFiles(page: Page, files: readonly DroppedFile[]): Promise<void> {
  const encoded = files.map((file) => ({
    name: file.name,
    base64: Buffer.from('text' in file ? file.text : file.bytes).toString('base64'),
  }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, encoded);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

/** Deletes all projects of earlier tests. */
export function forgetProjects(): void {
  rmSync(DATA_FOLDER, { recursive: true, force: true });
}

/** Lets a test end the core of the next page, as if it had crashed. */
export async function killableCore(page: Page): Promise<{ kill: () => void }> {
  const core = { kill: (): void => undefined };
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    const server = socket.connectToServer();
    core.kill = () => {
      void server.close();
      void socket.close();
    };
  });
  return core;
}

/** Folder of a project of these tests. */
export function projectFolder(name: string): string {
  return `${DATA_FOLDER}/projects/${name}`;
}

/** Opens the bundled project from the first screen. */
export async function openSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Open the sample project' }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
}

/** Goes to a stage by the rail. */
export async function showStage(page: Page, title: string): Promise<void> {
  const rail = page.getByRole('navigation', { name: 'Stages' });
  await rail.getByRole('button', { name: new RegExp(`^${title}`) }).click();
}

/** Walks to a control with Tab alone. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let step = 0; step < 80; step++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not lead there');
}

/** Drops the small network of the fixtures and waits for its graph. */
export async function openTiny(page: Page): Promise<void> {
  await dropFiles(page, [{ name: 'tiny.json', text: readFileSync(here('fixtures/tiny.json'), 'utf8') }]);
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
}

/** A network of residual blocks, as text. */
export function residualNetwork(length: number): string {
  const layers: Record<string, unknown> = {
    input_0: {
      name: 'input',
      op: 'input',
      parameters: { shape: [1, 8, 8, 3] },
      inputs: [],
      outputs: ['out0'],
    },
  };
  const keys = ['input_0'];
  while (keys.length < length) {
    const uid = keys.length;
    const block = uid % 5 === 0 && uid > 5;
    const op = block ? 'add' : uid % 2 === 0 ? 'relu' : 'convolution';
    const inputs = [keys.at(-1), ...(block ? [keys.at(-5)] : [])].map((key) => `@${key}:out0`);
    const key = `block${Math.floor(uid / 5)}/${op}_${uid}`;
    layers[key] = { name: key, op, parameters: { ksize_h: 3, ksize_w: 3 }, inputs, outputs: ['out0'] };
    keys.push(key);
  }
  return JSON.stringify({
    MetaData: { Name: 'residual', AcuityVersion: '6', Platform: 'tensorflow' },
    Layers: layers,
  });
}

/** Starts a calibration of very many steps and waits until it is at work. */
export async function startLong(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /Custom/ }).check();
  await page.getByRole('textbox', { name: /^Steps/ }).fill('100000');
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('main').getByText(/calibrating: \d+ of 100000 samples/)).toBeVisible({
    timeout: 15_000,
  });
}
