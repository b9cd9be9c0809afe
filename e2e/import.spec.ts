import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { encodeTiny, noiseTensor, type TinyModel } from '../core/importers/onnx/testing.ts';
import {
  dropFiles,
  forgetProjects,
  openStudio,
  projectFolder,
  screenshot,
  showStage,
  tabTo,
} from './helpers.ts';

/** A detector whose size is open. */
const OPEN: TinyModel = {
  inputs: { image: ['batch', 3, 'height', 'width'] },
  constants: { w: noiseTensor([8, 3, 3, 3]) },
  nodes: [
    { op: 'Conv', name: 'stem', inputs: ['image', 'w'], outputs: ['features'] },
    { op: 'Relu', name: 'act', inputs: ['features'], outputs: ['y'] },
  ],
  outputs: ['y'],
};

/** Operators nobody has, of two kinds and four times, on one of two branches. */
const ODD: TinyModel = {
  inputs: { x: [1, 3, 16, 16] },
  constants: { w: noiseTensor([8, 3, 3, 3]) },
  nodes: [
    { op: 'Conv', name: 'stem', inputs: ['x', 'w'], outputs: ['features'] },
    { op: 'Warp', name: 'head/warp', domain: 'my', inputs: ['features'], outputs: ['a'] },
    { op: 'Relu', name: 'head/act', inputs: ['a'], outputs: ['b'] },
    { op: 'Warp', name: 'head/warp2', domain: 'my', inputs: ['b'], outputs: ['c'] },
    { op: 'Decode', name: 'head/decode', domain: 'my', inputs: ['c'], outputs: ['boxes'] },
    { op: 'Sigmoid', name: 'scores', inputs: ['features'], outputs: ['score'] },
  ],
  outputs: ['boxes', 'score'],
  declared: { a: [1, 8, 14, 14], b: [1, 8, 14, 14], c: [1, 8, 14, 14] },
};

async function dropModel(page: Page, name: string, model: TinyModel): Promise<void> {
  await dropFiles(page, [{ name, bytes: encodeTiny(model) }]);
}

const graph = (page: Page) => page.getByRole('application', { name: 'Network graph' });
const form = (page: Page) => page.getByRole('form', { name: 'Import' });

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test.beforeEach(async ({ page }) => {
      forgetProjects();
      await openStudio(page);
    });

    test('a model with open sizes asks for them, and remembers the answers', async ({ page }) => {
      await dropModel(page, 'detector.onnx', OPEN);
      await expect(form(page)).toBeVisible();
      await expect(form(page).getByText('dimensions 2, 3 are open: the model declares')).toBeVisible();
      const size = page.getByRole('group', { name: 'Size of image' });
      await expect(size.getByRole('textbox', { name: 'Batch' })).toHaveValue('1');
      await expect(size.getByRole('textbox', { name: 'Dimension 2' })).toHaveAttribute(
        'placeholder',
        'height',
      );
      await page.screenshot(screenshot(`import-sizes-${colorScheme}`));
      await size.getByRole('textbox', { name: 'Dimension 2' }).fill('32');
      await size.getByRole('textbox', { name: 'Dimension 3' }).fill('48');
      await form(page).getByRole('button', { name: 'Import', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Import again…' })).toBeVisible();
      await expect(page.locator('.inspector').getByText('1×3×32×48')).toBeVisible();
      await page.screenshot(screenshot(`import-done-${colorScheme}`));
      const line = page.getByRole('banner').getByText(/^ONNX · \d+ layers/);
      await expect(line).toBeVisible();

      await page.reload();
      await page.getByRole('button', { name: /^detector/ }).click();
      await expect(line).toBeVisible();
      await page.getByRole('button', { name: 'Import again…' }).click();
      await expect(size.getByRole('textbox', { name: 'Dimension 3' })).toHaveValue('48');
      await page.getByRole('button', { name: 'Add an output point' }).click();
      const output = page.getByRole('combobox', { name: 'Output 2' });
      await output.fill('fea');
      await expect(page.getByRole('option', { name: /^features/ })).toBeVisible();
      await page.screenshot(screenshot(`import-completion-${colorScheme}`));
      await output.press('Enter');
      await expect(output).toHaveValue('features');
      await page.getByRole('combobox', { name: 'Output 1' }).fill('nothing');
      await form(page).getByRole('button', { name: 'Import', exact: true }).click();
      await expect(form(page).getByText('the model has no tensor or node "nothing"')).toBeVisible();
      await page.getByRole('button', { name: 'Take output nothing off the list' }).click();
      await form(page).getByRole('button', { name: 'Import', exact: true }).click();
      await expect(page.getByText('attach_Conv_stem/out0').first()).toBeVisible();
      const settings = JSON.parse(
        readFileSync(`${projectFolder('detector')}/nibble.json`, 'utf8'),
      ) as unknown;
      expect(settings).toMatchObject({
        networks: {
          detector: {
            source: {
              files: ['source/detector.onnx'],
              choices: { inputs: [{ name: 'image', shape: [1, 3, 32, 48] }], outputs: ['features'] },
            },
          },
        },
      });
    });

    test('every problem of a refused model is in one list that leads to its node', async ({ page }) => {
      await dropModel(page, 'odd.onnx', ODD);
      const list = page.getByRole('region', { name: 'Problems of the model' });
      await expect(list.getByRole('button', { name: 'my:Warp is not known 2' })).toBeVisible();
      await expect(list.getByRole('button', { name: 'my:Decode is not known 1' })).toBeVisible();
      await expect(graph(page)).toBeVisible();
      await list.getByRole('option', { name: 'head/warp2' }).click();
      const side = page.getByRole('complementary', { name: 'Problems and node' });
      await expect(side.getByRole('heading', { name: 'head/warp2' })).toBeVisible();
      await expect(page.locator('.card', { hasText: 'head/warp2' })).toBeInViewport();
      await page.waitForTimeout(300);
      await page.screenshot(screenshot(`import-problems-${colorScheme}`));
      await list
        .locator('.problem-kind', { hasText: 'my:Warp' })
        .getByRole('button', { name: 'Cut in front of all' })
        .click();
      await expect(page.getByRole('button', { name: 'Import again…' })).toBeVisible();
      await expect(page.getByText('attach_Sigmoid_scores/out0').first()).toBeVisible();
      await expect(page.getByRole('option', { name: /attach/ })).toHaveCount(2);
      await page.getByRole('button', { name: 'Import again…' }).click();
      await expect(page.getByRole('combobox', { name: 'Output 2' })).toHaveValue('features');
      await page.getByRole('button', { name: 'Back to odd' }).click();
      await expect(page.getByRole('option', { name: /attach/ })).toHaveCount(2);
    });
  });
}

test('a refused model is looked at, cut and imported by keyboard alone', async ({ page }) => {
  forgetProjects();
  await openStudio(page);
  await dropModel(page, 'odd.onnx', ODD);
  const side = page.getByRole('complementary', { name: 'Problems and node' });
  const lines = side.getByRole('listbox', { name: 'my:Warp is not known' });
  await tabTo(page, lines);
  await page.keyboard.press('ArrowDown');
  await expect(side.getByRole('heading', { name: 'head/warp', exact: true })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(side.getByRole('heading', { name: 'head/warp2' })).toBeVisible();
  await expect(lines.getByRole('option', { selected: true })).toHaveText('head/warp2');
  await page.keyboard.press('Home');
  await expect(side.getByRole('heading', { name: 'head/warp', exact: true })).toBeVisible();
  await tabTo(page, side.getByRole('button', { name: 'End in front of it' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Import again…' })).toBeVisible();

  await tabTo(page, page.getByRole('button', { name: 'Import again…' }));
  await page.keyboard.press('Space');
  const output = page.getByRole('combobox', { name: 'Output 1' });
  await expect(output).toBeVisible();
  await tabTo(page, output);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('scor');
  await expect(page.getByRole('option', { name: /^score/ }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(output).toHaveValue(/^scores?$/);
  await page.keyboard.press('Escape');
  await tabTo(page, page.getByRole('button', { name: 'Back to odd' }));
  await page.keyboard.press('Enter');
  await expect(graph(page)).toBeVisible();
});

test('a refused model can be given up, and the open project stays', async ({ page }) => {
  forgetProjects();
  await openStudio(page);
  await dropModel(page, 'odd.onnx', ODD);
  await expect(form(page)).toBeVisible();
  await page.getByRole('button', { name: 'Give up' }).click();
  await expect(page.getByRole('heading', { name: 'Drop a model here' })).toBeVisible();
});

test('the other half of a model is asked for by name', async ({ page }) => {
  forgetProjects();
  await openStudio(page);
  const net = `name: "net" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
      convolution_param { num_output: 4 kernel_size: 3 } }`;
  await dropFiles(page, [{ name: 'net.prototxt', text: net }]);
  await expect(form(page).getByText('Add the .caffemodel file')).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Dialect' })).toHaveValue('caffe');
  await page.screenshot(screenshot('import-missing-light'));
  await form(page).getByRole('button', { name: 'Import without it' }).click();
  const notes = page.getByRole('region', { name: 'Notes about the network' });
  await expect(notes.getByText(/^No weights were given/)).toBeVisible();
  await page.screenshot(screenshot('import-notes-light'));
  // What comes later belongs to the open project.
  await dropFiles(page, [{ name: 'net.caffemodel', text: 'no weights' }]);
  await expect(page.getByRole('alert')).toContainText('net.caffemodel');
  await expect(graph(page)).toBeVisible();
});

test('a second window can look on and takes over when the first one is closed', async ({ page, context }) => {
  forgetProjects();
  await openStudio(page);
  await page.getByRole('button', { name: 'Open the sample project' }).click();
  await expect(graph(page)).toBeVisible();
  const second = await context.newPage();
  await second.goto('');
  await second.getByRole('button', { name: /^mobilenetv2-tiny/ }).click();
  await expect(graph(second)).toBeVisible();
  await expect(second.getByText('Read-only: it is open in another window.')).toBeVisible();
  await second.screenshot(screenshot('read-only-light'));
  await showStage(second, 'Quantize');
  await second.getByLabel('For the chip').selectOption('0X88');
  await expect(second.getByRole('alert')).toContainText('can only be looked at');
  await page.close();
  await expect(second.getByText('Read-only:')).toHaveCount(0, { timeout: 10_000 });
});
