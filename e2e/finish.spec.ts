import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { DATA_FOLDER, dropFiles, here, openStudio, screenshot } from './helpers.ts';

const CPUINFO = `processor\t: 0
BogoMIPS\t: 48.00
CPU implementer\t: 0x41
CPU part\t: 0xd03

Serial\t\t: 290b70004ba55adb38423231474c4d4
Hardware\t: Hardkernel ODROID-N2
Revision\t: 0400
`;

const stage = (page: Page, name: RegExp) =>
  page.getByRole('navigation', { name: 'Stages' }).getByRole('button', { name });

/** The sample project, new, and quantized with three of its pictures. */
async function quantized(page: Page): Promise<void> {
  rmSync(join(DATA_FOLDER, 'projects/mobilenetv2-tiny'), { recursive: true, force: true });
  await openStudio(page);
  await page.getByRole('button', { name: /sample project/ }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await stage(page, /^Quantize/).click();
  await page.getByRole('radio', { name: /^Custom/ }).check();
  await page.getByRole('textbox', { name: /^Steps/ }).fill('3');
  await page.getByRole('button', { name: 'Quantize', exact: true }).last().click();
  await expect(stage(page, /^Quantize/)).toContainText('run 1', { timeout: 30_000 });
}

/** Runs the program that was built on the second sample, the last of its self test; answers it and what it wrote. */
function dumpLayers(): [string, string[]] {
  const folder = join(DATA_FOLDER, 'projects/mobilenetv2-tiny/build/mobilenetv2-tiny');
  const variables = { LD_LIBRARY_PATH: here('../out/sdk/lib'), NN_LAYER_DUMP: '1', CNN_PERF: '1' };
  const program = join(folder, 'mobilenetv2tiny');
  const args = ['mobilenetv2-tiny.export.data', '--self-test'];
  const log = execFileSync(program, args, { cwd: folder, env: { ...process.env, ...variables } });
  const dumps = join(folder, 'layer_dump');
  const perf = join(folder, 'perf.log');
  writeFileSync(perf, log);
  return [program, [...readdirSync(dumps).map((name) => join(dumps, name)), perf]];
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('from the chip to C code that gives what was simulated', async ({ page }) => {
      test.setTimeout(120_000);
      const picture = (name: string) => page.screenshot(screenshot(`${name}-${colorScheme}`));
      await quantized(page);

      await stage(page, /^Target/).click();
      const pasted = page.getByRole('textbox', { name: 'What the board prints' });
      await pasted.fill('nothing of the kind');
      await expect(page.getByText('There is no serial number in this text')).toBeVisible();
      await pasted.fill('Serial : 290f0000');
      await expect(page.getByText('is of no chip that we know')).toBeVisible();
      await picture('target-unknown');
      await pasted.fill(CPUINFO);
      const card = page.getByRole('region', { name: 'Chosen chip' });
      await expect(card).toContainText('A311D');
      await expect(card).toContainText('5 TOPS');
      await expect(stage(page, /^Target/)).toContainText('A311D, 0X88');
      await expect(page.getByText(/Every one of its \d+ quantized tensors/)).toBeVisible();
      await picture('target');

      await page.getByRole('button', { name: 'Next: Export' }).click();
      await expect(page.getByRole('combobox', { name: 'Numbers' })).toHaveValue('quantized');
      await expect(page.getByRole('checkbox', { name: 'Self test' })).toBeChecked();
      await page.getByRole('button', { name: 'Add…' }).click();
      const editor = page.getByRole('textbox', { name: /postprocess_file/ });
      const suggested = await editor.inputValue();
      await editor.fill(suggested.replace('kind: classification', 'kind: clasification'));
      await expect(page.getByText(/Not saved: line \d+: "kind" is "clasification"/)).toBeVisible();
      await picture('export-post');
      await editor.fill(suggested);
      await expect(page.getByText(/Saved in .*; used by the next export/)).toBeVisible();

      await page.getByRole('button', { name: 'Export', exact: true }).click();
      const code = page.getByRole('region', { name: /vnn_mobilenetv2tiny\.c$/ });
      await expect(code).toBeVisible({ timeout: 30_000 });
      const search = page.getByRole('searchbox', { name: 'Search in this file' });
      await page.keyboard.press('Control+f');
      await expect(search).toBeFocused();
      await search.fill('CONV2D');
      await expect(page.getByText(/^1 of \d+$/)).toBeVisible();
      await search.press('Enter');
      await expect(code.locator('mark[data-current]')).toHaveText(/conv2d/i);
      await search.fill('Conv_/head/head.0/Conv_6');
      await expect(code.locator('mark').first()).toHaveText('Conv_/head/head.0/Conv_6');
      await picture('export-files');
      await page.getByRole('button', { name: 'Build and run on this PC' }).click();
      await expect(page.getByLabel('Output of the build')).toContainText('Self test: PASS', {
        timeout: 60_000,
      });
      await expect(page.getByText('It has not been run on a board')).toBeVisible();
      await expect(stage(page, /^Export/)).toContainText('self test passed');
      await picture('export-build');

      await page.getByRole('button', { name: 'Next: Verify' }).click();
      await page.getByRole('listbox', { name: 'Samples' }).getByRole('option').nth(1).click();
      const columns = ['Float', 'Quantized', 'Compiled C'].map((name) =>
        page.getByRole('region', { name, exact: true }),
      );
      for (const column of columns) await expect(column).toContainText('Trouser', { timeout: 30_000 });
      await expect(columns[2]).toContainText('The same bytes as the simulator');
      await expect(stage(page, /^Verify/)).toContainText('as simulated');
      await picture('verify');
      await page.locator('.verify').evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await picture('verify-depth');

      const rounding = page.getByRole('checkbox', { name: 'Round sums as the NPU does' });
      await rounding.check();
      await expect(columns[1]).toContainText(/rounded as NN cores of version [78]/, { timeout: 30_000 });
      await expect(columns[2]).toContainText('The same bytes as the simulator');
      await expect(page.getByText('not confirmed on a board')).toBeVisible();
      await rounding.uncheck();
      await expect(columns[1]).not.toContainText('rounded as NN cores', { timeout: 30_000 });

      const dumps = page.getByRole('region', { name: 'Layer dumps' });
      const [program, files] = dumpLayers();
      await page.getByTestId('dumps-input').setInputFiles(files);
      await expect(dumps).toContainText(/All \d+ layers hold the same values as simulated/, {
        timeout: 30_000,
      });
      await expect(dumps).toContainText('ms on the device, layer by layer');
      const first = files.find((file) => file.includes('CONV2D_uid')) ?? '';
      writeFileSync(first, readFileSync(first, 'utf8').replaceAll(/^\d+\.\d/gm, '7.7'));
      const dropped = files.map((file) => ({ name: basename(file), bytes: readFileSync(file) }));
      await dropFiles(page, [...dropped, { name: 'README.md', text: '# of no use' }]);
      await expect(dumps).toContainText('First layer with other values');
      await expect(dumps).toContainText('1 file was not compared');
      await expect(page.getByRole('region', { name: 'Dumps by layer' })).toContainText(
        'further from the simulator',
      );
      await dumps.scrollIntoViewIfNeeded();
      await picture('verify-dumps');
      await stage(page, /^Model/).click();
      await page.getByRole('button', { name: /^Data/ }).click();
      await page.getByRole('radio', { name: /^time on device \(us\)/ }).check();
      await expect(page.getByRole('list', { name: /Colours of the graph/ })).toContainText('time on device');
      await stage(page, /^Verify/).click();
      writeFileSync(first, 'no number\n');
      await page.getByTestId('dumps-input').setInputFiles(files);
      await expect(page.getByText(/holds "no number", expected one number per line/)).toBeVisible();
      rmSync(join(program, '../layer_dump'), { recursive: true });

      await page
        .getByTestId('verify-input')
        .setInputFiles(here('../assets/sample/fashion-mnist/images/fashion_0180_c9.png'));
      await expect(columns[0]).toContainText('Ankle boot');
      const depth = page.getByRole('region', { name: 'Similarity by layer' });
      await depth.getByRole('combobox', { name: /Off below/ }).selectOption('0.999');
      await expect(depth.getByText(/First layer below 0\.999/)).toBeVisible();
      await depth.locator('.depth-worst button').first().click();
      await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
      await expect(
        page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { level: 2 }),
      ).not.toHaveText('mobilenetv2-tiny');
    });
  });
}

test('what is not there yet is said', async ({ page }) => {
  rmSync(join(DATA_FOLDER, 'projects/mobilenetv2-tiny'), { recursive: true, force: true });
  await openStudio(page);
  await page.getByRole('button', { name: /sample project/ }).click();
  await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible();
  await stage(page, /^Export/).click();
  await expect(page.getByText('Nothing has been exported yet')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Build and run on this PC' })).toBeDisabled();
  await expect(page.getByRole('radio', { name: /packed network for OpenVX/ })).toBeDisabled();
  await stage(page, /^Verify/).click();
  await page.getByRole('listbox', { name: 'Samples' }).getByRole('option').first().click();
  await expect(page.getByRole('region', { name: 'Quantized' })).toContainText('not quantized yet');
  await expect(page.getByRole('region', { name: 'Compiled C' })).toContainText(
    'Nothing has been exported yet',
  );
  await page.screenshot(screenshot('verify-missing-light'));
});
