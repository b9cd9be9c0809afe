import { expect, test } from '@playwright/test';
import { dropFiles, here, killableCore, openStudio, openTiny, residualNetwork } from './helpers.ts';

/** The bundled model. */
const ONNX_MODEL = here('../assets/sample/mobilenetv2-tiny.onnx');

test.beforeEach(({ page }) => openStudio(page));

test('the first screen says what to do and what is read', async ({ page }) => {
  await expect(page.getByRole('heading', { name: 'Drop a model here' })).toBeVisible();
  await expect(page.locator('.tag-on')).toContainText(['ACUITY network']);
  await expect(page.getByRole('navigation', { name: 'Stages' }).getByRole('button')).toHaveCount(7);
  expect(new URL(page.url()).search).toBe('');
});

test('a dropped model becomes a graph with an inspector', async ({ page }) => {
  await openTiny(page);
  await expect(page.getByText('9 layers · 9 connections')).toBeVisible();
  await expect(page.getByRole('option')).toHaveCount(9);
  await expect(page.locator('.card')).toHaveCount(9);
  const card = page.locator('.card', { hasText: 'conv1' });
  const box = await card.boundingBox();
  if (!box) throw new Error('the card has no place');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector.getByRole('heading', { name: 'conv1' })).toBeVisible();
  await expect(inspector.getByRole('row', { name: 'ksize_h 3' })).toBeVisible();
  await expect(page.getByRole('option', { selected: true })).toContainText('conv1');
  await inspector.getByRole('button', { name: /relu1/ }).click();
  await expect(inspector.getByRole('heading', { name: 'relu1' })).toBeVisible();
});

test('names from a model are text', async ({ page }) => {
  let alerted = false;
  page.on('dialog', (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  await openTiny(page);
  await page.getByRole('option', { name: /onerror/ }).click();
  await expect(page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' })).toBeVisible();
  expect(await page.locator('img').count()).toBe(0);
  expect(alerted).toBe(false);
});

test('search narrows the list and walks through what it found', async ({ page }) => {
  await openTiny(page);
  await page.keyboard.press('/');
  const box = page.getByRole('searchbox', { name: /Search layers/ });
  await expect(box).toBeFocused();
  await box.fill('op:conv');
  await expect(page.getByText('2 of 9 layers')).toBeVisible();
  await expect(page.getByRole('option')).toHaveCount(2);
  await box.press('Enter');
  await expect(page.getByRole('option', { selected: true })).toContainText('conv1');
  await box.press('Enter');
  await expect(page.getByRole('option', { selected: true })).toContainText('conv2');
  await box.press('Escape');
  await expect(page.getByRole('option')).toHaveCount(9);
});

test('bad files give one sentence and leave the studio usable', async ({ page }) => {
  const alert = page.getByRole('alert');
  await dropFiles(page, [{ name: 'text.onnx', text: 'this is not a model' }]);
  await expect(alert).toContainText('text.onnx: ');
  await dropFiles(page, [{ name: 'cut.json', text: '{"MetaData": {"Name": "x"}, "Layers": {"a' }]);
  await expect(alert).toContainText(/cut\.json(:\d+)?: not valid JSON: the text ends inside a string/);
  await dropFiles(page, [{ name: 'holiday.txt', text: 'hello' }]);
  await expect(alert).toContainText('holiday.txt: this is not a kind of model file the studio knows.');
  await openTiny(page);
  await expect(alert).toBeEmpty();
  await dropFiles(page, [{ name: 'cut.json', text: '{' }]);
  await expect(alert).toContainText('cut.json');
  await expect(page.getByRole('option')).toHaveCount(9);
});

test('an import can be cancelled', async ({ page }) => {
  await dropFiles(page, [{ name: 'large.json', text: residualNetwork(150_000) }]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('.job-text')).toHaveText(/Cancelled|Stopped/, { timeout: 10_000 });
  await expect(page.getByRole('heading', { name: 'Drop a model here' })).toBeVisible();
  await openTiny(page);
});

test('every stage says what it is for before a model is open', async ({ page }) => {
  for (const stage of ['Inputs', 'Quantize', 'Inspect', 'Target', 'Export', 'Verify']) {
    await page.getByRole('button', { name: new RegExp(`^${stage}`) }).click();
    await expect(page.getByRole('heading', { name: stage, exact: true })).toBeVisible();
    await expect(page.getByText('Open a model first. Go to')).toBeVisible();
  }
  await page.getByRole('button', { name: 'Go to Model' }).click();
  await expect(page.getByRole('heading', { name: 'Drop a model here' })).toBeVisible();
});

test('everything goes by keyboard', async ({ page }) => {
  await openTiny(page);
  const graph = page.getByRole('application', { name: 'Network graph' });
  await graph.focus();
  const heading = page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { level: 2 });
  await page.keyboard.press('ArrowDown');
  await expect(heading).toHaveText('input');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(heading).toHaveText('relu1');
  await page.keyboard.press('ArrowUp');
  await expect(heading).toHaveText('conv1');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toBeFocused();
  await graph.focus();
  await page.keyboard.press('f');
  await page.keyboard.press('+');
  await page.keyboard.press('Escape');
  await expect(heading).toHaveText('tiny');
  await page.getByRole('listbox').focus();
  await page.keyboard.press('ArrowDown');
  await expect(heading).toHaveText('input');
});

test('a lost core is noticed and replaced', async ({ page }) => {
  const core = await killableCore(page);
  await page.reload();
  await openTiny(page);
  core.kill();
  await expect(page.getByRole('alert')).toContainText('lost its core', { timeout: 10_000 });
  await page.getByRole('button', { name: 'Connect again' }).click();
  await expect(page.getByRole('alert')).toBeEmpty();
  await openTiny(page);
});

test('the bundled ONNX model is imported, with the shape of every layer', async ({ page }) => {
  await page.getByTestId('file-input').first().setInputFiles(ONNX_MODEL);
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await expect(page.getByRole('option')).not.toHaveCount(0);
  await page.keyboard.press('/');
  await page.keyboard.type('op:fullconnect');
  await page.keyboard.press('Enter');
  await expect(page.getByText('fullconnect').first()).toBeVisible();
  await expect(page.getByText(/1\s*[×x]\s*10/).first()).toBeVisible();
});
