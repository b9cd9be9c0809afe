import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { DATA_FOLDER, dropFiles, forgetProjects, openStudio, screenshot } from './helpers.ts';

const NAME = 'mobilenetv2-tiny';

/** Quantizes the sample with a few pictures and shows its errors. */
async function inspectSample(page: Page): Promise<void> {
  // Another test may have left the sample broken.
  forgetProjects();
  await openStudio(page);
  await page.getByRole('button', { name: 'Open the sample project' }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await page.getByRole('button', { name: /^Quantize/ }).click();
  await page.getByText('Custom', { exact: true }).click();
  await page.getByRole('textbox', { name: /^Steps/ }).fill('6');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.locator('.job-text')).toContainText('run ');
  await page.getByRole('button', { name: /^Inspect/ }).click();
  await page.getByRole('button', { name: 'Measure every layer' }).click();
  await expect(list(page)).toBeVisible({ timeout: 30_000 });
}

const list = (page: Page) => page.getByRole('listbox', { name: /^Layers; Space/ });
const entropies = async (page: Page): Promise<number[]> =>
  (await page.locator('.inspect-row > span:nth-child(3)').allTextContents()).map(Number.parseFloat);

/** Where the server keeps the project. */
const project = (): string => join(DATA_FOLDER, 'projects', NAME);

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the worst layers are found, tried and given a wider type', async ({ page }) => {
      await inspectSample(page);
      const before = await entropies(page);
      expect(before.length).toBeGreaterThan(8);
      expect(before).toEqual(before.toSorted((a, b) => b - a));
      const byEntropy = page.getByRole('group', { name: 'Sort by' }).getByRole('button', { name: 'Entropy' });
      await byEntropy.click();
      const reversed = await entropies(page);
      expect(reversed).toEqual(reversed.toSorted((a, b) => a - b));
      await byEntropy.click();
      await page.getByRole('combobox', { name: 'Take the worst layers' }).selectOption('2');
      await expect(page.getByRole('option', { checked: true }).first()).toBeVisible();
      await expect(page.getByRole('textbox', { name: /as YAML/ })).toHaveValue(/dynamic_fixed_point-i16/);
      await page.getByRole('option').first().click();
      await expect(page.getByRole('heading', { name: 'Why' })).toBeVisible();
      await page.waitForTimeout(400);
      await page.screenshot(screenshot(`inspect-${colorScheme}`));

      await page.getByRole('button', { name: 'Try', exact: true }).click();
      const effect = page.getByRole('table', { name: 'Outputs before and after' });
      await expect(effect).toBeVisible({ timeout: 30_000 });
      const sqnr = await effect.getByRole('row', { name: /^SQNR/ }).getByRole('cell').allTextContents();
      const [now, changed] = sqnr.map(Number.parseFloat);
      expect(changed).toBeGreaterThan(now);
      await page.waitForTimeout(200);
      await page.screenshot(screenshot(`inspect-try-${colorScheme}`));

      await page.getByRole('button', { name: 'Apply', exact: true }).click();
      await expect(page.getByText(/^Run \d+: outputs at/)).toBeVisible({ timeout: 40_000 });
      expect(readFileSync(join(project(), `${NAME}.quantize.json`), 'utf8')).toContain('dtype_converter');
      expect(readFileSync(join(project(), 'entropy.txt'), 'utf8')).toContain(':out0, ');
      await page.getByRole('button', { name: 'Type', exact: true }).click();
      await expect(page.getByRole('list', { name: /Type of the output/ })).toContainText('int16');
      await page.waitForTimeout(400);
      await page.screenshot(screenshot(`inspect-applied-${colorScheme}`));
      await page.getByRole('application', { name: 'Network graph' }).focus();
      await page.keyboard.press('Escape');
      await page.waitForTimeout(400);
      await page.screenshot(screenshot(`inspect-compare-${colorScheme}`));
    });
  });
}

/** Writes the C project and reads what builds the network. */
async function exportedCode(page: Page): Promise<string> {
  await page
    .getByRole('navigation', { name: 'Stages' })
    .getByRole('button', { name: /^Export/ })
    .click();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(page.locator('.job-text')).toHaveText(/files written/, { timeout: 30_000 });
  return readFileSync(join(project(), 'export', NAME, 'vnn_mobilenetv2tiny.c'), 'utf8');
}

const occurrences = (text: string, word: string): number => text.split(word).length - 1;

test('a hybrid edit changes the exported C code, which still computes what is simulated', async ({
  page,
}) => {
  test.setTimeout(150_000);
  await inspectSample(page);
  const before = await exportedCode(page);
  expect(occurrences(before, 'VSI_NN_TYPE_INT16')).toBe(0);
  expect(occurrences(before, 'VSI_NN_OP_DATACONVERT')).toBe(0);
  await page
    .getByRole('navigation', { name: 'Stages' })
    .getByRole('button', { name: /^Inspect/ })
    .click();
  await page.getByRole('combobox', { name: 'Take the worst layers' }).selectOption('2');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.getByText(/^Run \d+: outputs at/)).toBeVisible({ timeout: 40_000 });
  const stage = page.getByRole('navigation', { name: 'Stages' }).getByRole('button', { name: /^Export/ });
  await expect(stage).toContainText('stale: exported before the quantization changed');
  const after = await exportedCode(page);
  expect(occurrences(after, 'VSI_NN_TYPE_INT16')).toBeGreaterThan(1);
  expect(occurrences(after, 'VSI_NN_OP_DATACONVERT')).toBeGreaterThan(1);
  expect(occurrences(after, 'VSI_NN_TYPE_UINT8')).toBeLessThan(occurrences(before, 'VSI_NN_TYPE_UINT8'));
  expect(occurrences(after, 'VSI_NN_OP_CONV2D')).toBe(occurrences(before, 'VSI_NN_OP_CONV2D'));
  await page.getByRole('button', { name: 'Build and run on this PC' }).click();
  await expect(page.getByLabel('Output of the build')).toContainText('Self test: PASS', { timeout: 90_000 });
});

test('near enough, the steps of the type show in the histogram', async ({ page }) => {
  await inspectSample(page);
  await page.getByRole('option').first().click();
  const stored = page.locator('.inspect-histogram .stored path');
  await expect(stored).toHaveCount(0);
  const nearer = page.getByRole('button', { name: 'Nearer' });
  for (let step = 0; step < 4; step++) await nearer.click();
  await expect(stored).not.toHaveCount(0);
  await expect(page.getByText(/^\d+ steps: marks show the stored values$/)).toBeVisible();
  await page.locator('.inspect-histogram').scrollIntoViewIfNeeded();
  await page.screenshot(screenshot('inspect-steps-light'));
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await expect(stored).toHaveCount(0);
});

test('what lies between chosen layers joins them, and two tables are compared', async ({ page }) => {
  await inspectSample(page);
  const chosen = page.locator('.plan-layers li');
  const tick = async (layer: RegExp): Promise<void> =>
    page.getByRole('option', { name: layer }).first().locator('.inspect-tick').click();
  await tick(/Gemm/);
  await tick(/GlobalAveragePool/);
  const ends = await chosen.count();
  const reshape = page.getByRole('option', { name: /Flatten/ });
  await expect(reshape).toHaveAttribute('aria-checked', 'false');
  await page.getByRole('combobox', { name: 'Take what is connected' }).selectOption('between');
  await expect(reshape).toHaveAttribute('aria-checked', 'true');
  expect(await chosen.count()).toBe(ends + 1);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(chosen).toHaveCount(ends);
  await page.getByRole('button', { name: 'Redo', exact: true }).click();
  await expect(chosen).toHaveCount(ends + 1);

  await page
    .getByRole('option', { name: /^convolution/ })
    .first()
    .click();
  const side = page.getByRole('complementary', { name: 'Selected tensor' });
  await expect(side.getByRole('heading', { name: 'Channel ranges (weight)' })).toBeVisible();
  await expect(side.getByText(/^Channel \d+ spans/)).toBeVisible();

  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.getByText(/^Run 2: outputs at/)).toBeVisible({ timeout: 40_000 });
  await page.getByRole('application', { name: 'Network graph' }).focus();
  await page.keyboard.press('Escape');
  await expect(side.getByText(/\d+ entries differ/)).toBeVisible();
  const gemm = side
    .getByRole('listitem')
    .filter({ hasText: /@Gemm\S+:out0/ })
    .first();
  await expect(gemm).toContainText('uint8');
  await expect(gemm).toContainText('int16');
  await side.getByRole('combobox', { name: 'Second table' }).selectOption('run 1');
  await expect(side.getByText(/same tables/)).toBeVisible();
});

test('a choice grows to the connected part around it, by keyboard too', async ({ page }) => {
  await inspectSample(page);
  const grow = page.getByRole('combobox', { name: 'Take what is connected' });
  const chosen = page.getByRole('option', { checked: true });
  await expect(grow).toBeDisabled();
  await page.getByRole('option').first().click();
  await expect(grow).toBeEnabled();
  await grow.selectOption('20');
  const few = await chosen.count();
  expect(few).toBeGreaterThan(0);
  await grow.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(async () => expect(await chosen.count()).toBeGreaterThan(few)).toPass();
  await page.screenshot(screenshot('inspect-connected-light'));
  await page.keyboard.press('Control+z');
  await expect(chosen).toHaveCount(few);
});

test('a table is compared with any .quantize file, picked or dropped', async ({ page }) => {
  await inspectSample(page);
  const side = page.getByRole('complementary', { name: 'Selected tensor' });
  const table = readFileSync(join(project(), `${NAME}.quantize`), 'utf8');
  const choose = (name: string, text: string): Promise<void> =>
    page
      .getByTestId('other-table-input')
      .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await choose('copy.quantize', table);
  await expect(side.getByText('same tables')).toBeVisible();
  const other = { name: 'other.quantize', text: table.replace(/@Gemm[^:]*:out0/, '@other_1:out0') };
  await page.getByRole('option').first().click();
  await dropFiles(page, [other]);
  await expect(side.getByText('2 entries differ')).toBeVisible();
  await expect(side.getByRole('combobox', { name: 'First table' })).toHaveValue('other.quantize');
  await expect(side.getByRole('listitem').filter({ hasText: '@other_1:out0' })).toContainText(
    'not in the table',
  );
  await page.screenshot(screenshot('inspect-other-file-light'));
  await choose('bad.quantize', 'quantize_parameters:\n  a: [\n');
  await expect(page.getByRole('alert')).toContainText('bad.quantize');
  await expect(side.getByRole('combobox', { name: 'Second table' })).toHaveValue('run 1');
});

test('the list of layers is completed while it is typed', async ({ page }) => {
  await inspectSample(page);
  const text = page.getByRole('textbox', { name: /as YAML/ });
  await text.fill('customized_quantize_layers:\n    ');
  await text.press('End');
  await text.pressSequentially('Gemm');
  const names = page.getByRole('listbox', { name: /^Suggestions for/ });
  await expect(names.getByRole('option').first()).toContainText('Gemm');
  await page.screenshot(screenshot('editor-completion-light'));
  await text.press('Enter');
  await expect(text).toHaveValue(/Gemm\S+: $/);
  await text.pressSequentially('int16');
  await expect(names.getByRole('option', { selected: true })).toContainText('dynamic_fixed_point-i16');
  await text.press('Tab');
  await expect(text).toHaveValue(/Gemm\S+: dynamic_fixed_point-i16$/);
  await expect(page.getByRole('option', { checked: true })).not.toHaveCount(0);
  await text.press('Control+f');
  const find = page.getByRole('searchbox', { name: 'Find in this text' });
  await expect(find).toBeFocused();
  await find.fill('gemm');
  await find.press('Enter');
  await expect(page.getByText('1 of 2')).toBeVisible();
  expect(await text.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).toBe('Gemm'); // prettier-ignore
  await find.press('Escape');
  await text.press('End');
  await text.pressSequentially('x');
  await expect(page.getByText(/^Line 2:/)).toBeVisible();
  const line = await page.locator('.mark-wrong').boundingBox();
  if (!line) throw new Error('no line is marked');
  await page.mouse.move(line.x + 20, line.y + line.height / 2);
  await expect(page.getByRole('tooltip')).toBeVisible();
  await page.screenshot(screenshot('editor-problem-light'));
});

test('layers are chosen by keyboard, with undo, and text with mistakes is not saved', async ({ page }) => {
  await inspectSample(page);
  const chosen = page.getByRole('option', { checked: true });
  await expect(chosen).toHaveCount(0);
  await list(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(chosen).not.toHaveCount(0);
  const one = await chosen.count();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Space');
  expect(await chosen.count()).toBeGreaterThan(Math.max(one, 3));
  const many = await chosen.count();
  await page.keyboard.press('Control+z');
  await expect(chosen).toHaveCount(one);
  await page.keyboard.press('Control+y');
  await expect(chosen).toHaveCount(many);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Selected tensor' })).toBeFocused();

  const handle = page.getByRole('slider', { name: 'Upper end of the range' });
  const status = page.locator('.inspect-expected');
  const was = await status.textContent();
  await handle.focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press('PageDown');
  await expect(status).toContainText('before');
  expect(await status.textContent()).not.toBe(was);
  const next = page.getByRole('list', { name: 'Next layers' });
  await expect(next).toContainText(/^Next layer \S+: −?\d+\.\d dB \(was \d+\.\d dB\)/);
  await next.scrollIntoViewIfNeeded();
  await page.screenshot(screenshot('inspect-next-layer-light'));
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(status).toHaveText(was ?? '');

  // The handle's own box has its label in it.
  const grip = handle.locator('.grip');
  await grip.scrollIntoViewIfNeeded();
  const box = await grip.boundingBox();
  if (!box) throw new Error('the handle has no place');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x - 60, box.y + box.height / 2, { steps: 5 });
  await expect(status).toContainText('before');
  await expect(page.getByText(/^range /)).toHaveCount(0);
  await page.mouse.up();
  await expect(page.getByText(/^range /)).toHaveCount(1);
  await page.getByRole('button', { name: 'As it was', exact: true }).click();
  await expect(status).toHaveText(was ?? '');
  await expect(next).toHaveCount(0);
  await page.getByRole('option', { name: /Gemm/ }).first().click();
  await handle.press('PageDown');
  await expect(page.getByText(/^Next layer: no layer computes with @Gemm/)).toBeVisible();
  await page.keyboard.press('Control+z');

  const text = page.getByRole('textbox', { name: /as YAML/ });
  const saved = readFileSync(join(project(), `${NAME}.quantize`), 'utf8');
  await text.fill('customized_quantize_layers:\n    nothing_1: int16\n');
  await expect(page.getByText('Line 2:')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Apply', exact: true })).toBeDisabled();
  expect(readFileSync(join(project(), `${NAME}.quantize`), 'utf8')).toBe(saved);
  await text.fill('customized_quantize_layers: {}\n');
  await expect(chosen).toHaveCount(0);
  expect(existsSync(join(project(), `${NAME}.analysis.json`))).toBe(true);
});
