import { expect, test, type Page } from '@playwright/test';
import { dropFiles, openStudio, residualNetwork } from './helpers.ts';

test('10,000 layers are drawn, opened in groups and panned; the times are told', async ({ page }) => {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => tasks.push(entry.duration)),
    ).observe({
      type: 'longtask',
    });
  });
  await openStudio(page);
  await dropFiles(page, [{ name: 'large.json', text: residualNetwork(10_000) }]);
  await expect(page.getByRole('application')).toBeVisible();
  await expect(page.getByText(/10.000 layers · /)).toBeVisible();
  await page.waitForFunction(() => performance.getEntriesByName('nibble:graph-drawn').length > 0);
  const first = await page.evaluate(() => ({
    milliseconds: Math.round(
      performance.measure('first', 'nibble:graph-arrived', 'nibble:graph-drawn').duration,
    ),
    longTasks: (window as unknown as { longTasks: number[] }).longTasks.map(Math.round),
  }));
  test.info().annotations.push({ type: 'first view', description: JSON.stringify(first) });
  const open = await measureOpen(page);
  test.info().annotations.push({ type: 'open a group', description: `${open} ms` });
  await page.getByRole('button', { name: 'Groups' }).click();
  await expect
    .poll(() => page.evaluate(() => performance.getEntriesByName('nibble:graph-regrouped').length))
    .toBe(2);
  const near = await measurePan(page);
  await page.getByRole('button', { name: 'Fit' }).click();
  const far = await measurePan(page);
  test
    .info()
    .annotations.push({ type: 'frames', description: `near ${near} ms, whole network ${far} ms (median)` });
});

/** Milliseconds from a key to the drawing with an artificial group of 250 groups open. */
async function measureOpen(page: Page): Promise<number> {
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('button', { name: 'Open the group' })).toBeVisible();
  await page.evaluate(() =>
    window.addEventListener('keydown', () => performance.mark('open-asked'), { capture: true, once: true }),
  );
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => performance.getEntriesByName('nibble:graph-regrouped').length > 0);
  return page.evaluate(() =>
    Math.round(performance.measure('open', 'open-asked', 'nibble:graph-regrouped').duration),
  );
}

/** Median time of a frame while the graph is dragged about. */
async function measurePan(page: Page): Promise<number> {
  const graph = await page.getByRole('application').boundingBox();
  if (!graph) throw new Error('the graph has no place');
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { frameTimes: times });
    const step = (time: number): void => {
      times.push(time);
      if (times.length < 600) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const [x, y] = [graph.x + graph.width / 3, graph.y + graph.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let i = 1; i <= 60; i++) await page.mouse.move(x + 80 * Math.sin(i / 8), y - i * 5);
  await page.mouse.up();
  return page.evaluate(() => {
    const times = (window as unknown as { frameTimes: number[] }).frameTimes;
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    gaps.sort((a, b) => a - b);
    return Math.round(gaps[gaps.length >> 1] * 10) / 10;
  });
}
