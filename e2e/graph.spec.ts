import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { dropFiles, openStudio, openTiny, residualNetwork, screenshot } from './helpers.ts';

const graph = (page: Page) => page.getByRole('application', { name: 'Network graph' });

/** Two branches from the input, of which only the second is read. */
const BRANCHES = JSON.stringify({
  MetaData: { Name: 'branches', AcuityVersion: '6', Platform: 'tensorflow' },
  Layers: {
    input_0: {
      name: 'input',
      op: 'input',
      parameters: { shape: [1, 8, 8, 3] },
      inputs: [],
      outputs: ['out0'],
    },
    relu_1: { name: 'left', op: 'relu', inputs: ['@input_0:out0'], outputs: ['out0'] },
    relu_2: { name: 'right', op: 'relu', inputs: ['@input_0:out0'], outputs: ['out0'] },
    tanh_3: { name: 'end', op: 'tanh', inputs: ['@relu_2:out0'], outputs: ['out0'] },
  },
});

test('the overview moves the view, and small networks have none', async ({ page }) => {
  await openStudio(page);
  await openTiny(page);
  const overview = page.locator('.overview');
  await expect(overview).toHaveCount(0);
  await dropFiles(page, [{ name: 'long.json', text: residualNetwork(400) }]);
  await expect(page.getByText(/400 layers/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Groups' }).click();
  await page.waitForFunction(() => performance.getEntriesByName('nibble:graph-regrouped').length > 0);
  await expect(overview).toBeVisible();

  const frame = page.locator('.overview-frame');
  const top = async (): Promise<number> => (await frame.boundingBox())?.y ?? NaN;
  const cards = async (): Promise<string> => (await page.locator('.card-name').allTextContents()).join(' ');
  await expect.poll(cards).toContain('conv');
  const [before, seen] = [await top(), await cards()];
  const box = await frame.boundingBox();
  if (!box) throw new Error('the frame has no place');
  await page.mouse.move(box.x + box.width / 2, box.y + 2);
  await page.mouse.down();
  // Taking hold of the frame moves nothing yet.
  expect(Math.abs((await top()) - before)).toBeLessThan(1.5);
  await page.mouse.move(box.x + box.width / 2, box.y + 302, { steps: 10 });
  await page.mouse.up();
  await expect.poll(top).toBeGreaterThan(before + 298);
  expect(await top()).toBeLessThan(before + 302);
  await expect.poll(cards).not.toBe(seen);
  await page.screenshot(screenshot('graph-overview'));
});

test('the path through a layer stands out, by key and by button', async ({ page }) => {
  await openStudio(page);
  await dropFiles(page, [{ name: 'branches.json', text: BRANCHES }]);
  await expect(graph(page)).toBeVisible();
  const faint = page.locator('.card.faint .card-name');
  const button = page.getByRole('button', { name: 'Path', exact: true });
  await page.getByRole('option', { name: /right/ }).click();
  await expect(page.locator('.card')).toHaveCount(4);
  await expect(faint).toHaveCount(0);
  await graph(page).focus();
  await page.keyboard.press('p');
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await expect(faint).toHaveText(['left']);
  await page.keyboard.press('s');
  await page.waitForTimeout(200);
  await page.screenshot(screenshot('graph-path'));
  await page.getByRole('option', { name: /left/ }).click();
  await expect(faint).toHaveText(['right', 'end']);
  await button.click();
  await expect(faint).toHaveCount(0);
});

test('layers are found by parameter, tensor and shape', async ({ page }) => {
  await openStudio(page);
  await openTiny(page);
  const box = page.getByRole('searchbox', { name: 'Search layers' });
  const found = page.locator('.layer-row .layer-name');
  await box.focus();
  await expect(page.locator('#search-help')).toBeVisible();
  await page.screenshot(screenshot('graph-search'));
  for (const [query, names] of [
    ['ksize_h=3', ['conv1', 'conv2']],
    ['padding=valid', ['pool']],
    ['@conv2_6:out0', ['conv2']],
    ['op:relu shape:nx*', ['relu1']],
  ] as const) {
    await box.fill(query);
    await expect(found).toHaveText(names);
  }
});

test('the whole network is saved as SVG and PNG, hostile names as text', async ({ page }) => {
  await openStudio(page);
  await openTiny(page);
  const save = async (format: 'SVG' | 'PNG') => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Save as ${format}` }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`tiny.${format.toLowerCase()}`);
    return readFileSync(await download.path());
  };
  const svg = (await save('SVG')).toString('utf8');
  expect(svg).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(svg).not.toContain('<img');
  // A browser reads the file as it is: a strict parser finds all nine layers.
  const titles = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    return [...parsed.querySelectorAll('title')].map((title) => title.textContent);
  }, svg);
  expect(titles).toHaveLength(9);
  expect(titles).toContain('<img src=x onerror=alert(1)>');

  const png = await save('PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBeGreaterThan(400);
  expect(png.readUInt32BE(20)).toBeGreaterThan(png.readUInt32BE(16));
});
