import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { dropFiles, forgetProjects, openSample, openStudio, showStage } from './helpers.ts';

/** What keeps people out of a screen; the lesser rules are advice. */
async function obstacles(page: Page): Promise<{ id: string; where: string }[]> {
  // Colours are judged when nothing moves any more.
  await page.waitForTimeout(250);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      where: nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | '),
    }));
}

async function expectAccessible(page: Page, screen: string): Promise<void> {
  const found = await obstacles(page);
  expect.soft(found.map(({ id, where }) => `${screen}: ${id}: ${where}`)).toEqual([]);
}

test('what keeps people out is noticed', async ({ page }) => {
  await openStudio(page);
  await page.evaluate(() => {
    const button = document.createElement('button');
    const text = document.createElement('p');
    text.textContent = 'hardly to be read';
    text.style.cssText = 'color: #ccc; background: #fff';
    document.querySelector('main')?.prepend(button, text);
  });
  const found = (await obstacles(page)).map(({ id }) => id);
  expect(found).toContain('button-name');
  expect(found).toContain('color-contrast');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('every screen without a project', async ({ page }) => {
      forgetProjects();
      await openStudio(page);
      await expectAccessible(page, 'start');
      for (const stage of ['Inputs', 'Quantize', 'Inspect', 'Target', 'Export', 'Verify']) {
        await showStage(page, stage);
        await expectAccessible(page, `${stage} without a project`);
      }
      await showStage(page, 'Model');
      await dropFiles(page, [{ name: 'cut.json', text: '{' }]);
      await expect(page.getByRole('alert')).toContainText('cut.json');
      await expectAccessible(page, 'problem');
    });

    test('every stage of a project', async ({ page }) => {
      test.setTimeout(240_000);
      forgetProjects();
      await openStudio(page);
      await openSample(page);
      await expectAccessible(page, 'Model');
      await page.getByRole('button', { name: 'Groups' }).click();
      await page.keyboard.press('/');
      await expectAccessible(page, 'search help');
      await page.keyboard.type('op:conv');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('heading', { name: 'Key' })).toBeVisible();
      await expectAccessible(page, 'Model with a layer and a search');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Close all' }).click();
      await expectAccessible(page, 'Model with groups');
      await page.getByRole('button', { name: /^Data/ }).click();
      await expect(page.getByRole('combobox', { name: 'Values for Model Explorer' })).toBeVisible();
      await expectAccessible(page, 'node data');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^Log/ }).click();
      await expectAccessible(page, 'log');
      await page.getByRole('button', { name: /^Log/ }).click();

      await showStage(page, 'Inputs');
      await expect(page.getByAltText('The network reads')).toBeVisible();
      await expectAccessible(page, 'Inputs');
      await page.getByRole('button', { name: 'YAML' }).click();
      await expectAccessible(page, 'Inputs as YAML');

      await showStage(page, 'Quantize');
      await expectAccessible(page, 'Quantize');
      await page.getByRole('radio', { name: /Custom/ }).check();
      await expectAccessible(page, 'Quantize, custom');
      await page.getByRole('radio', { name: /Best accuracy/ }).check();
      await page.getByRole('button', { name: 'Quantize', exact: true }).click();
      await expect(page.getByText('in use')).toBeVisible({ timeout: 90_000 });
      await expectAccessible(page, 'Quantize with a run');

      await showStage(page, 'Inspect');
      await expectAccessible(page, 'Inspect');
      await page.getByRole('option').first().click();
      await expectAccessible(page, 'Inspect with a layer');

      await showStage(page, 'Target');
      await expectAccessible(page, 'Target');
      await page.getByRole('textbox').first().fill('Serial : 290a70004ba55adb38423231474c4d41');
      await page.waitForTimeout(400);
      await expectAccessible(page, 'Target with a chip');

      await showStage(page, 'Export');
      await expectAccessible(page, 'Export');
      await page
        .getByRole('main')
        .getByRole('button', { name: /^Export|Write/ })
        .first()
        .click();
      await expect(page.locator('.job-text')).toContainText('files written', { timeout: 60_000 });
      await expectAccessible(page, 'Export with files');

      await showStage(page, 'Verify');
      await expectAccessible(page, 'Verify');
      await page.getByRole('main').getByRole('option').or(page.locator('main .sample')).first().click();
      await expect(page.locator('.job-text')).toContainText('compared', { timeout: 60_000 });
      await expectAccessible(page, 'Verify with a comparison');
    });
  });
}
