import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../testing/shared.ts';
import { findCases } from './case.ts';
import { runCase } from './run-case.ts';

const folder = sharedPath('models/onnx-suite/pytorch-converted');
const cases = folder === undefined ? [] : findCases(folder);
const absent = folder === undefined ? ' (skipped: ../shared/models is not beside this checkout)' : '';

describe.skipIf(folder === undefined)(`cases converted from PyTorch${absent}`, () => {
  it.each(cases.map((path) => [basename(path), path] as const))('%s', async (_, path) => {
    const { outcome, reason } = await runCase(path);
    expect(outcome, reason).toBe('pass');
  });
});
