import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { sharedPath } from '../core/testing/shared.ts';
import { dropFiles, openStudio, screenshot } from './helpers.ts';

/** Three blocks of scoped layers in a row, the middle one with a block inside and a way past it. */
function scopedNetwork(): string {
  const layers: Record<string, unknown> = {};
  const add = (key: string, op: string, ...inputs: string[]): void => {
    const parameters = op === 'input' ? { shape: [1, 8, 8, 3] } : {};
    layers[key] = {
      name: key,
      op,
      parameters,
      inputs: inputs.map((from) => `@${from}:out0`),
      outputs: ['out0'],
    };
  };
  add('image', 'input');
  add('stem/conv', 'relu', 'image');
  add('stem/act', 'sigmoid', 'stem/conv');
  add('body/a/conv', 'relu', 'stem/act');
  add('body/a/act', 'sigmoid', 'body/a/conv');
  add('body/scale', 'tanh', 'body/a/act');
  add('body/sum', 'add', 'body/scale', 'stem/act');
  add('head/fc', 'relu', 'body/sum');
  add('head/softmax', 'softmax', 'head/fc');
  add('result', 'output', 'head/softmax');
  return JSON.stringify({
    MetaData: { Name: 'scoped', AcuityVersion: '6', Platform: 'tensorflow' },
    Layers: layers,
  });
}

const graph = (page: Page) => page.getByRole('application', { name: 'Network graph' });
const groups = (page: Page) => page.getByRole('button', { name: 'Groups' });
const group = (page: Page, name: string) => page.locator('.card-group', { hasText: name });
const heading = (page: Page) =>
  page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { level: 2 });

async function openNetwork(page: Page, name: string, text: string): Promise<void> {
  await openStudio(page);
  await dropFiles(page, [{ name, text }]);
  await expect(graph(page)).toBeVisible();
}

test('layers are grouped by scope, and groups open where they are', async ({ page }) => {
  await openNetwork(page, 'scoped.json', scopedNetwork());
  await expect(page.locator('.card')).toHaveCount(10);
  await groups(page).click();
  await expect(page.locator('.card')).toHaveCount(5);
  await expect(group(page, 'body')).toContainText('4 layers');
  await expect(group(page, 'body')).toContainText('add, relu, sigmoid');
  const before = await group(page, 'body').boundingBox();
  if (!before) throw new Error('the group has no place');
  await page.mouse.click(before.x + 15, before.y + 15);
  await expect(page.locator('.card')).toHaveCount(7);
  await expect(group(page, 'body')).toHaveCount(0);
  await page.screenshot(screenshot('groups-small'));
  await page.waitForTimeout(500);
  await page.mouse.click(before.x + 15, before.y + 15);
  await expect(page.locator('.card')).toHaveCount(5);
  const after = await group(page, 'body').boundingBox();
  expect(after?.x).toBeCloseTo(before.x, 0);
  expect(after?.y).toBeCloseTo(before.y, 0);
});

test('groups go by keyboard', async ({ page }) => {
  await openNetwork(page, 'scoped.json', scopedNetwork());
  await graph(page).focus();
  await page.keyboard.press('g');
  await expect(page.locator('.card')).toHaveCount(5);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(heading(page)).toHaveText('stem');
  await page.keyboard.press('ArrowDown');
  await expect(heading(page)).toHaveText('body');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.card')).toHaveCount(7);
  await page.keyboard.press('ArrowDown');
  await expect(heading(page)).toHaveText('body/a');
  await page.keyboard.press('Enter');
  await expect(page.locator('.card')).toHaveCount(8);
  await page.keyboard.press('ArrowDown');
  await expect(heading(page)).toHaveText('body/a/conv');
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('.card')).toHaveCount(7);
  await expect(heading(page)).toHaveText('body/a');
  await page.keyboard.press('ArrowLeft');
  await expect(heading(page)).toHaveText('body');
  await expect(page.locator('.card')).toHaveCount(5);
  await page.keyboard.press('Escape');
  await expect(heading(page)).toHaveText('scoped');
});

test('a search opens the groups of what it goes to', async ({ page }) => {
  await openNetwork(page, 'scoped.json', scopedNetwork());
  await groups(page).click();
  await page.keyboard.press('/');
  await page.keyboard.type('body/a/act');
  await expect(page.locator('.card.found')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.locator('.card', { hasText: 'body/a/act' })).toHaveClass(/selected/);
  await page.getByRole('searchbox', { name: 'Search layers' }).press('Escape');
  await page.getByRole('button', { name: 'Close all' }).click();
  await expect(heading(page)).toHaveText('body');
  await page.getByRole('button', { name: 'Path' }).click();
  await expect(page.locator('.card.faint')).toHaveCount(0);
  await page.getByRole('button', { name: 'Open all' }).click();
  await expect(page.locator('.card')).toHaveCount(10);
});

test('names without scopes stay flat and say why', async ({ page }) => {
  const text = scopedNetwork()
    .replaceAll(/(stem|body|head)\/(a\/)?/g, '$1_$2')
    .replaceAll('a/', 'a_');
  await openNetwork(page, 'flat.json', text);
  await expect(groups(page)).toBeDisabled();
  await expect(groups(page)).toHaveAttribute('title', /hold no scopes/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const name of ['bert_base_vsi_frozen', 'yolo_v13', 'inception_v3']) {
      const path = sharedPath(`reference/networks/${name}.json`);
      test(`pictures of the groups of ${name}`, async ({ page }) => {
        test.skip(path === undefined, 'needs ../shared');
        await openNetwork(page, `${name}.json`, readFileSync(path ?? '', 'utf8'));
        if ((await groups(page).getAttribute('aria-pressed')) === 'false') await groups(page).click();
        await page.waitForTimeout(300);
        await page.screenshot(screenshot(`groups-${name}-${colorScheme}`));
        await graph(page).focus();
        for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight']) {
          await page.keyboard.press(key);
          await page.waitForTimeout(150);
        }
        await page.screenshot(screenshot(`groups-open-${name}-${colorScheme}`));
        await page.keyboard.press('f');
        await page.waitForTimeout(200);
        await page.screenshot(screenshot(`groups-fit-${name}-${colorScheme}`));
      });
    }
  });
}
