import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../testing/shared.ts';
import { findCases } from './case.ts';
import { runCase } from './run-case.ts';

/** Cases that do not pass yet, by the reason; a case that starts to pass has to leave this list. */
const SKIPPED: Readonly<Record<string, readonly string[]>> = {
  'three-dimensional pooling': [
    'test_AvgPool3d', 'test_AvgPool3d_stride', 'test_AvgPool3d_stride1_pad0_gpu_input',
    'test_MaxPool3d', 'test_MaxPool3d_stride', 'test_MaxPool3d_stride_padding',
  ], // prettier-ignore
  'three-dimensional convolution': [
    'test_Conv3d', 'test_Conv3d_dilated', 'test_Conv3d_dilated_strided', 'test_Conv3d_groups',
    'test_Conv3d_no_bias', 'test_Conv3d_stride', 'test_Conv3d_stride_padding',
  ], // prettier-ignore
  'one-dimensional convolution': [
    'test_Conv1d', 'test_Conv1d_dilated', 'test_Conv1d_groups', 'test_Conv1d_pad1', 'test_Conv1d_pad1size1',
    'test_Conv1d_pad2', 'test_Conv1d_pad2size1', 'test_Conv1d_stride',
  ], // prettier-ignore
  'one-dimensional or dilated pooling': [
    'test_MaxPool1d', 'test_MaxPool1d_stride', 'test_MaxPool1d_stride_padding_dilation',
    'test_MaxPool2d_stride_padding_dilation',
  ], // prettier-ignore
};

const folder = sharedPath('models/onnx-suite/pytorch-converted');
const cases = folder === undefined ? [] : findCases(folder);
const skipped = new Map(
  Object.entries(SKIPPED).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);
const absent = folder === undefined ? ' (skipped: ../shared/models is not beside this checkout)' : '';

describe.skipIf(folder === undefined)(`cases converted from PyTorch${absent}`, () => {
  it.each(cases.map((path) => [basename(path), path] as const))('%s', async (name, path) => {
    const { outcome, reason } = await runCase(path);
    if (skipped.has(name)) expect(outcome, 'passes now: take it off the list').toBe('unsupported');
    else expect(outcome, reason).toBe('pass');
  });
});
