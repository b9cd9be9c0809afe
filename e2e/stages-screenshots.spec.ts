import { expect, test } from '@playwright/test';
import { forgetProjects, openSample, openStudio, screenshot, showStage } from './helpers.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('pictures of the Inputs and Quantize stages', async ({ page }) => {
      forgetProjects();
      await openStudio(page);
      await openSample(page);
      await showStage(page, 'Inputs');
      await expect(page.locator('.sample img').first()).toBeVisible();
      await expect(page.getByAltText('The network reads')).toBeVisible();
      await page.screenshot(screenshot(`inputs-${colorScheme}`));
      await page.getByRole('button', { name: 'YAML' }).click();
      await page.screenshot(screenshot(`inputs-yaml-${colorScheme}`));
      await showStage(page, 'Quantize');
      await page.screenshot(screenshot(`quantize-empty-${colorScheme}`));
      await page.getByLabel('For the chip').selectOption('0X88');
      await page.getByRole('button', { name: 'Quantize', exact: true }).click();
      await expect(page.getByText('in use')).toBeVisible({ timeout: 30_000 });
      await page.getByRole('radio', { name: /Best accuracy/ }).check();
      await page.getByRole('button', { name: 'Quantize', exact: true }).click();
      await page.waitForTimeout(700);
      await page.screenshot(screenshot(`quantize-running-${colorScheme}`));
      await expect(page.getByRole('rowheader', { name: '2' })).toBeVisible({ timeout: 60_000 });
      await page.screenshot(screenshot(`quantize-${colorScheme}`));
      await page.getByRole('radio', { name: /Custom/ }).check();
      await page.getByLabel('How ranges are chosen').selectOption('percentile');
      await page.screenshot(screenshot(`quantize-custom-${colorScheme}`));
      await page.getByRole('button', { name: 'Close' }).click();
      await expect(page.getByRole('heading', { name: 'Recent projects' })).toBeVisible();
      await page.screenshot(screenshot(`recent-${colorScheme}`));
    });
  });
}
