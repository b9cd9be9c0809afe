import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { sharedPath } from '../core/testing/shared.ts';
import { dropFiles, here, openStudio, openTiny, screenshot } from './helpers.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test.beforeEach(({ page }) => openStudio(page));

    test('pictures of the studio', async ({ page }) => {
      await page.screenshot(screenshot(`start-${colorScheme}`));
      await dropFiles(page, [{ name: 'cut.json', text: '{' }]);
      await expect(page.getByRole('alert')).toContainText('cut.json');
      await page.screenshot(screenshot(`problem-${colorScheme}`));
      await openTiny(page);
      await page.screenshot(screenshot(`tiny-${colorScheme}`));
      await page.getByRole('button', { name: /^Inspect/ }).click();
      await page.screenshot(screenshot(`stage-${colorScheme}`));
    });

    test('pictures of the bundled model', async ({ page }) => {
      await page
        .getByTestId('file-input')
        .first()
        .setInputFiles(here('../assets/sample/mobilenetv2-tiny.onnx'));
      await expect(page.getByRole('application')).toBeVisible();
      const search = page.getByRole('searchbox');
      await search.fill('op:convolution');
      for (let step = 0; step < 4; step++) await search.press('Enter');
      await search.press('Escape');
      await expect(page.getByRole('heading', { name: 'Key' })).toBeVisible();
      await page.waitForTimeout(200);
      await page.screenshot(screenshot(`sample-${colorScheme}`));
    });

    for (const name of ['yolo_v8', 'inception_v3', 'esrgan', 'yolo_v13']) {
      const path = sharedPath(`reference/networks/${name}.json`);
      test(`pictures of ${name}`, async ({ page }) => {
        test.skip(path === undefined, 'needs ../shared');
        await dropFiles(page, [{ name: `${name}.json`, text: readFileSync(path ?? '', 'utf8') }]);
        await expect(page.getByRole('application')).toBeVisible();
        const search = page.getByRole('searchbox');
        await search.fill('op:concat');
        await search.press('Enter');
        await search.press('Escape');
        await expect(page.getByRole('heading', { name: 'Key' })).toBeVisible();
        await page.waitForTimeout(200);
        await page.screenshot(screenshot(`${name}-${colorScheme}`));
        await page.keyboard.press('/');
        await page.keyboard.type('op:concat');
        await page.getByRole('button', { name: 'Fit' }).click();
        await page.waitForTimeout(200);
        await page.screenshot(screenshot(`${name}-search-${colorScheme}`));
      });
    }
  });
}
