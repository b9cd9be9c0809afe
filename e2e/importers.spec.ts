import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@playwright/test';
import { sharedPath } from '../core/testing/shared.ts';
import { dropFiles, forgetProjects, openStudio, screenshot, showStage } from './helpers.ts';

const MODELS = sharedPath('models') ?? '';
const DIGITS = 'datasets/mnist/images';
const CIFAR = 'datasets/cifar10/images';

/** A real model of each framework: all its files, and what it is calibrated with. */
const SUBJECTS: readonly (readonly [
  framework: string,
  files: readonly string[],
  samples: readonly string[],
])[] = [
  ['ONNX', ['onnx/lenet-mnist/lenet-mnist-opset13.onnx'], digits()],
  ['TensorFlow', ['tensorflow/mnist-fc-layers/frozen.pb'], ['tensorflow/mnist-fc-layers/input_0.npy']],
  ['TensorFlow Lite', ['tflite/resnet8-cifar10-float/pretrainedResnet.tflite'], pictures(CIFAR, 'cifar')],
  ['Keras', ['keras/lenet-mnist-sequential/lenet_mnist_sequential.h5'], digits()],
  ['Caffe', ['caffe/lenet-mnist/lenet.prototxt', 'caffe/lenet-mnist/lenet_iter_10000.caffemodel'], digits()],
  [
    'Darknet',
    ['mnist-cnn-darknet.weights', 'mnist-cnn-darknet.cfg'].map((name) => `darknet/mnist-cnn-darknet/${name}`),
    digits(),
  ],
  ['PyTorch', ['torchscript/lenet-mnist/lenet-mnist-trace.pt'], digits()],
];

function digits(): string[] {
  return pictures(DIGITS, 'mnist');
}

function pictures(folder: string, stem: string): string[] {
  return [0, 1, 2].map((index) => `${folder}/${stem}_000${index}_c0.png`);
}

const file = (path: string) => ({ name: basename(path), bytes: readFileSync(`${MODELS}/${path}`) });

test.describe('from a dropped model to C code that runs', () => {
  test.skip(MODELS === '', 'needs ../shared/models beside this checkout');
  for (const [framework, files, samples] of SUBJECTS) {
    test(framework, async ({ page }) => {
      test.setTimeout(120_000);
      forgetProjects();
      await openStudio(page);
      await dropFiles(page, files.map(file));
      await expect(page.getByRole('application', { name: 'Network graph' })).toBeVisible({ timeout: 30_000 });
      await page.screenshot(screenshot(`import-${framework.toLowerCase().replaceAll(' ', '-')}`));
      await showStage(page, 'Inputs');
      await dropFiles(page, samples.map(file));
      const rail = page.getByRole('navigation', { name: 'Stages' });
      await expect(rail.getByRole('button', { name: /^Inputs \d+/ })).toBeVisible();
      await showStage(page, 'Quantize');
      await page.getByRole('radio', { name: /^Custom/ }).check();
      await page.getByRole('textbox', { name: /^Steps/ }).fill(String(samples.length));
      await page.getByRole('button', { name: 'Quantize', exact: true }).last().click();
      await expect(rail.getByRole('button', { name: /^Quantize uint8, run 1/ })).toBeVisible({
        timeout: 30_000,
      });
      await showStage(page, 'Export');
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await expect(page.getByRole('region', { name: /vnn_\w+\.c$/ })).toBeVisible({ timeout: 30_000 });
      await page.getByRole('button', { name: 'Build and run on this PC' }).click();
      await expect(page.getByLabel('Output of the build')).toContainText('Self test: PASS', {
        timeout: 60_000,
      });
    });
  }
});
