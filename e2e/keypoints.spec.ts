import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from '@playwright/test';
import { encodeTiny } from '../core/importers/onnx/testing.ts';
import { dropFiles, forgetProjects, openStudio, projectFolder, screenshot, showStage } from './helpers.ts';

const SIZE = 28;
/** Column and row of the brightest and of the darkest pixel. */
const BRIGHT = [20, 7] as const;
const DARK = [5, 22] as const;

test('keypoints are drawn where the heat maps are highest', async ({ page }) => {
  forgetProjects();
  await openStudio(page);
  const model = encodeTiny({
    inputs: { image: [1, 1, SIZE, SIZE] },
    constants: { w: { dims: [2, 1, 1, 1], data: [1, -1] } },
    nodes: [{ op: 'Conv', name: 'maps', inputs: ['image', 'w'], outputs: ['heat'] }],
    outputs: ['heat'],
  });
  await dropFiles(page, [{ name: 'points.onnx', bytes: model }]);
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  const steps = `postprocess:
  nibble_postprocs:
  - kind: keypoints
    lids: [attach_Conv_maps/out0_0]
    parameters:
      points: 2
      input_size: [${SIZE}, ${SIZE}]
`;
  writeFileSync(`${projectFolder('points')}/points_postprocess_file.yml`, steps);
  const pixels = Buffer.alloc(SIZE * SIZE, 128);
  pixels[BRIGHT[1] * SIZE + BRIGHT[0]] = 255;
  pixels[DARK[1] * SIZE + DARK[0]] = 0;
  const buffer = await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 1 } })
    .png()
    .toBuffer();
  await showStage(page, 'Inputs');
  await page.getByTestId('sample-input').setInputFiles({ name: 'dots.png', mimeType: 'image/png', buffer });
  await expect(page.getByRole('heading', { name: /1 sample/ })).toBeVisible();
  await showStage(page, 'Verify');
  await page.getByRole('listbox', { name: 'Samples' }).getByRole('option').first().click();
  const column = page.getByRole('region', { name: 'Float', exact: true });
  const points = column.locator('svg circle');
  await expect(points).toHaveCount(2, { timeout: 30_000 });
  for (const [index, [x, y]] of [BRIGHT, DARK].entries()) {
    await expect(points.nth(index)).toHaveAttribute('cx', String(x + 0.5));
    await expect(points.nth(index)).toHaveAttribute('cy', String(y + 0.5));
  }
  const fills = await points.evaluateAll((all) => all.map((one) => one.getAttribute('fill')));
  expect(new Set(fills).size).toBe(2);
  // On the screen, not only in the drawing: the first point lies right of and above the second one.
  const [first, second] = await Promise.all([points.nth(0).boundingBox(), points.nth(1).boundingBox()]);
  const picture = await column.locator('svg image').first().boundingBox();
  if (!first || !second || !picture) throw new Error('something has no place');
  expect((first.x + first.width / 2 - picture.x) / picture.width).toBeCloseTo((BRIGHT[0] + 0.5) / SIZE, 1);
  expect((second.y + second.height / 2 - picture.y) / picture.height).toBeCloseTo((DARK[1] + 0.5) / SIZE, 1);
  await page.screenshot(screenshot('verify-keypoints-light'));
});
