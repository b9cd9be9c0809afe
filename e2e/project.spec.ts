import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import {
  dropFiles,
  forgetProjects,
  here,
  killableCore,
  openSample,
  openStudio,
  openTiny,
  projectFolder,
  showStage,
  startLong,
} from './helpers.ts';

const FOLDER = projectFolder('mobilenetv2-tiny');

test.beforeEach(async ({ page }) => {
  forgetProjects();
  await openStudio(page);
});

test('the sample goes from inputs to a quantized network', async ({ page }) => {
  await openSample(page);
  const rail = page.getByRole('navigation', { name: 'Stages' });
  await expect(rail.getByRole('button', { name: 'Inputs 50 images' })).toBeVisible();
  await showStage(page, 'Inputs');
  await expect(page.getByRole('option')).not.toHaveCount(0);
  const numbers = page.getByLabel('Values of the input tensor');
  await expect(numbers).toContainText('Largest1');
  const before = await page.getByAltText('The network reads').getAttribute('src');
  await page.getByRole('textbox', { name: 'Mean, grey' }).fill('255');
  await expect(numbers).toContainText('Smallest−1');
  await expect(numbers).toContainText('Largest0');
  await expect(page.getByText('(pixel − 255) × 0.003922: 0 becomes −1, 255 becomes 0')).toBeVisible();
  await expect(page.getByAltText('The network reads')).not.toHaveAttribute('src', before ?? '');
  await expect(page.getByText('Saved in mobilenetv2-tiny_inputmeta.yml')).toBeVisible();
  await page.getByRole('button', { name: '0 to 1' }).click();
  await page.getByRole('button', { name: 'Next: Quantize' }).click();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByText('in use')).toBeVisible({ timeout: 30_000 });
  await expect(rail.getByRole('button', { name: 'Quantize uint8, run 1' })).toBeVisible();
  await expect(page.getByRole('row', { name: /^1 asymmetric_affine uint8 normal 50 .* dB/ })).toBeVisible();
  await showStage(page, 'Inputs');
  await page.getByRole('textbox', { name: 'Scale, grey' }).fill('1/128');
  await expect(
    rail.getByRole('button', { name: /stale: quantized before the inputs changed/ }),
  ).toBeVisible();
});

test('YAML and form say the same, and a mistake is named with its line', async ({ page }) => {
  await openSample(page);
  await showStage(page, 'Inputs');
  await page.getByRole('button', { name: 'YAML' }).click();
  const editor = page.getByRole('textbox', { name: 'mobilenetv2-tiny_inputmeta.yml' });
  const text = await editor.inputValue();
  await editor.fill(text.replace('layout: nchw', 'layout: sideways'));
  await expect(page.getByRole('status').filter({ hasText: 'Not saved: line 18' })).toBeVisible();
  expect(readFileSync(`${FOLDER}/mobilenetv2-tiny_inputmeta.yml`, 'utf8')).toBe(text);
  await editor.fill(text.replace('- 0.0', '- 7.5'));
  await expect(page.getByText('Saved in')).toBeVisible();
  await page.getByRole('button', { name: 'Form' }).click();
  await expect(page.getByRole('textbox', { name: 'Mean, grey' })).toHaveValue('7.5');
});

test('changes by other programs are noticed', async ({ page }) => {
  await openSample(page);
  await showStage(page, 'Inputs');
  const meta = `${FOLDER}/mobilenetv2-tiny_inputmeta.yml`;
  await expect(page.getByRole('textbox', { name: 'Mean, grey' })).toHaveValue('0');
  writeFileSync(meta, readFileSync(meta, 'utf8').replace('- 0.0', '- 3.0'));
  await expect(page.getByRole('textbox', { name: 'Mean, grey' })).toHaveValue('3', { timeout: 10_000 });
  writeFileSync(`${FOLDER}/dataset.txt`, 'samples/none.png\n');
  const rail = page.getByRole('navigation', { name: 'Stages' });
  await expect(
    rail.getByRole('button', { name: /^Inputs 1 file of the dataset cannot be found/ }),
  ).toBeVisible({
    timeout: 10_000,
  });
  writeFileSync(meta, 'input_meta: [');
  await page.getByRole('button', { name: 'Replace it by a new description' }).click({ timeout: 10_000 });
  await expect(page.getByRole('textbox', { name: 'Mean, grey' })).toHaveValue('0');
});

test('files that are no samples are refused with a reason, good ones are added', async ({ page }) => {
  await openSample(page);
  await showStage(page, 'Inputs');
  await dropFiles(page, [
    { name: 'broken.png', text: 'no picture' },
    { name: 'numbers.npy', text: 'no array' },
  ]);
  await expect(page.getByText('0 added, 2 refused:')).toBeVisible();
  await expect(page.getByText(/broken\.png: cannot decode this picture/)).toBeVisible();
  expect(readdirSync(`${FOLDER}/samples`)).toHaveLength(50);
  const pictures = here('../assets/sample/fashion-mnist/images');
  const other = readdirSync(pictures).find((name) => !existsSync(`${FOLDER}/samples/${name}`)) ?? '';
  await page.getByTestId('sample-input').setInputFiles(`${pictures}/${other}`);
  await expect(page.locator('.note', { hasText: '1 added' })).toBeVisible();
  await expect(page.getByRole('heading', { name: /51 samples/ })).toBeVisible();
  await page.getByRole('listbox', { name: 'Samples' }).press('End');
  await expect(page.locator('.sample[aria-selected=true]')).toContainText(other.slice(0, 12));
  await page.keyboard.press('Delete');
  await expect(page.getByRole('heading', { name: /50 samples/ })).toBeVisible();
});

test('a calibration can be cancelled and leaves nothing', async ({ page }) => {
  await openSample(page);
  await showStage(page, 'Quantize');
  await startLong(page);
  await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('.job-text')).toHaveText('Cancelled', { timeout: 10_000 });
  await expect(page.getByText('Runs appear here')).toBeVisible();
  expect(readdirSync(`${FOLDER}/runs`)).toEqual([]);
  expect(existsSync(`${FOLDER}/mobilenetv2-tiny.quantize`)).toBe(false);
});

test('a core that is killed during a job is replaced, and the project is as it was', async ({ page }) => {
  const core = await killableCore(page);
  await page.reload();
  await openSample(page);
  await showStage(page, 'Quantize');
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByText('in use')).toBeVisible({ timeout: 30_000 });
  const table = readFileSync(`${FOLDER}/mobilenetv2-tiny.quantize`, 'utf8');
  await startLong(page);
  core.kill();
  await expect(page.getByRole('alert')).toContainText('lost its core');
  await page.getByRole('button', { name: 'Connect again' }).click();
  await expect(page.getByRole('heading', { name: 'Quantize' })).toBeVisible();
  await expect(page.getByText('in use')).toBeVisible();
  expect(readFileSync(`${FOLDER}/mobilenetv2-tiny.quantize`, 'utf8')).toBe(table);
  await page.getByRole('radio', { name: /Fast and safe/ }).check();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: '2' })).toBeVisible({ timeout: 30_000 });
  expect(readdirSync(`${FOLDER}/runs`).sort()).toEqual(['mobilenetv2-tiny-1', 'mobilenetv2-tiny-2']);
  await page.getByRole('row', { name: /^1 / }).getByRole('button', { name: 'Use' }).click();
  await expect(page.getByRole('row', { name: /^1 .*in use/ })).toBeVisible();
});

test('projects are in the list of recent ones and open as they were left', async ({ page }) => {
  await openTiny(page);
  await showStage(page, 'Inputs');
  await expect(page.getByText('Drop pictures here')).toBeVisible();
  await showStage(page, 'Quantize');
  await expect(
    page.getByText('The weights are missing: put tiny.data into the project folder.'),
  ).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: /^tiny/ }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('heading', { name: 'Recent projects' })).toBeVisible();
});
