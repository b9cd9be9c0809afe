import { afterAll, expect } from 'vitest';
import { unlistedPairs } from '../network/audit.ts';

// Set-up of every test file: whatever its conversions made must be in produces.ts and device-ops.ts.
afterAll(() => {
  expect(unlistedPairs(), 'add these to core/importers/onnx/produces.ts or core/ops/device-ops.ts').toEqual(
    [],
  );
});
