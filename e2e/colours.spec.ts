import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { dropFiles, forgetProjects, openSample, openStudio, screenshot, showStage } from './helpers.ts';

const legend = (page: Page) => page.getByRole('list', { name: /Colours of the graph/ });
const colours = (page: Page) => page.getByRole('group', { name: 'Colour of the graph' });

test.beforeEach(async ({ page }) => {
  forgetProjects();
  await openStudio(page);
  await openSample(page);
});

/** What a click saves. */
async function saved(page: Page, click: () => Promise<void>): Promise<{ name: string; text: string }> {
  const waiting = page.waitForEvent('download');
  await click();
  const download = await waiting;
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

test('the graph is coloured by unit and by time', async ({ page }) => {
  await colours(page).getByRole('button', { name: 'Unit' }).click();
  await expect(legend(page)).toContainText('if quantized to 8 bits');
  await expect(legend(page)).toContainText(/NN, convolution engine \d+/);
  await expect(legend(page)).toContainText(/host CPU 2/);
  await page.keyboard.press('/');
  await page.keyboard.type('op:convolution');
  await page.keyboard.press('Enter');
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector.getByRole('row', { name: /CONV2D NN/ })).toBeVisible();
  await expect(inspector.getByRole('img', { name: /Channel \d+ spans/ })).toBeVisible();
  await page.screenshot(screenshot('colours-unit'));
  await colours(page).getByRole('button', { name: 'Time' }).click();
  await expect(legend(page)).toContainText('Simulated time, float32: share of', {
    timeout: 30_000,
  });
  await expect(inspector.getByRole('row', { name: /CONV2D NN, .*(ms|µs) simulated/ })).toBeVisible();
  await page.screenshot(screenshot('colours-time'));
});

test('node data comes from other programs and goes to them', async ({ page }) => {
  await page.getByRole('button', { name: /^Data/ }).click();
  const panel = page.getByRole('region', { name: 'Node data' });
  const netron = await saved(page, () => panel.getByRole('button', { name: 'Save for Netron' }).click());
  const attachment = JSON.parse(netron.text) as {
    signature: string;
    metrics: { kind: string; target: string; name: string; value: number }[];
  };
  expect(netron.name).toMatch(/\.netron\.json$/);
  expect(attachment.signature).toBe('netron:attachment');
  const macs = attachment.metrics.filter(({ name }) => name === 'MACs');
  expect(macs.length).toBeGreaterThan(10);

  await panel
    .getByRole('combobox')
    .selectOption(/parameters/.test(await panel.getByRole('combobox').innerText()) ? 'parameters' : 'MACs');
  const explorer = await saved(page, () =>
    panel.getByRole('button', { name: 'Save for Model Explorer' }).click(),
  );
  const { name, results } = JSON.parse(explorer.text) as {
    name: string;
    results: Record<string, { value: number }>;
  };
  expect(name).toBe('parameters');

  const worst = macs[3].target;
  const data = {
    name: 'board <b>latency</b>',
    results: {
      ...Object.fromEntries(Object.keys(results).map((target) => [target, { value: 1 }])),
      [worst]: { value: 9 },
      elsewhere: { value: 3 },
    },
    thresholds: [
      { value: 2, bgColor: 'green' },
      { value: 10, bgColor: '#c00000' },
    ],
  };
  await dropFiles(page, [{ name: 'latency.json', text: JSON.stringify(data) }]);
  await expect(legend(page)).toContainText('Node data: board <b>latency</b>');
  await expect(legend(page)).toContainText('to 10 1');
  await expect(panel.getByRole('radio', { name: /board/ })).toBeChecked();
  await expect(panel).toContainText('1 names of other models');
  await page.screenshot(screenshot('colours-node-data'));
  await page.keyboard.press('/');
  await page.keyboard.type(worst);
  await page.keyboard.press('Enter');
  await expect(
    page
      .getByRole('complementary', { name: 'Inspector' })
      .getByRole('row', { name: 'board <b>latency</b> 9' }),
  ).toBeVisible();
  await colours(page).getByRole('button', { name: 'Operation' }).click();
  await expect(legend(page)).not.toContainText('Node data');
});

test('node data that is none is refused in a sentence', async ({ page }) => {
  const open = async (name: string, text: string): Promise<void> => {
    await page
      .getByTestId('node-data-input')
      .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  };
  const alert = page.getByRole('alert');
  await page.getByRole('button', { name: /^Data/ }).click();
  await open('a.json', '{"results": {"a": 3}}');
  await expect(alert).toContainText('a.json: this node data cannot be read');
  await open('b.json', '[[[[');
  await expect(alert).toContainText('b.json: this node data cannot be read: it is not JSON');
  await open('c.json', '{"results": {"nowhere": {"value": 3}}}');
  await expect(alert).toContainText('none of the 1 names in it is a layer of this network');
});

test('Inspect has the same colours, by unit of the quantized network', async ({ page }) => {
  await showStage(page, 'Quantize');
  await page.getByRole('radio', { name: /Best accuracy/ }).check();
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByText('in use')).toBeVisible({ timeout: 60_000 });
  await showStage(page, 'Inspect');
  await colours(page).getByRole('button', { name: 'Unit' }).click();
  await expect(legend(page)).toContainText('Unit of the NPU');
  await expect(legend(page)).toContainText(/NN, convolution engine \d+/);
  await page.getByRole('option').first().click();
  await page.screenshot(screenshot('colours-inspect'));
});
