import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseQuantizeTable } from '../files/quantize-file.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { sharedPath } from '../testing/shared.ts';
import { tensorEntry } from './entries.ts';
import { reconcileRanges } from './reconcile.ts';

const tableOf = (entry: QuantizeEntry): QuantizeTable => ({
  entries: new Map([['@a_1:out0', entry]]),
  customized: new Map(),
});

const uint8 = tensorEntry({ quantizer: 'asymmetric_affine', qtype: 'u8' }, { min: -1, max: 3 });
const int16 = tensorEntry({ quantizer: 'dynamic_fixed_point', qtype: 'i16' }, { min: -1, max: 3 });

test.each([uint8, int16])('an entry as it was written stays (%#)', (entry) => {
  const table = tableOf(entry);
  expect(reconcileRanges(table)).toEqual([]);
  expect(table.entries.get('@a_1:out0')).toBe(entry);
});

test('an edited range makes the parameters anew', () => {
  const table = tableOf({ ...uint8, max: 6 });
  expect(reconcileRanges(table)).toEqual(['@a_1:out0']);
  expect(table.entries.get('@a_1:out0')).toEqual(
    tensorEntry({ quantizer: 'asymmetric_affine', qtype: 'u8' }, { min: -1, max: 6 }),
  );
  const wide = tableOf({ ...int16, max: 300 });
  reconcileRanges(wide);
  expect(wide.entries.get('@a_1:out0')?.fl).toBe(6);
});

test('blank parameters are filled from the range', () => {
  const table = tableOf({ ...uint8, scale: null, zeroPoint: null });
  reconcileRanges(table);
  expect(table.entries.get('@a_1:out0')).toEqual(uint8);
});

const real = sharedPath('reference/acuity-formats/real/mobilenet_tf.quantize');
test.skipIf(!real)('a real table has nothing to reconcile (skipped without ../shared)', () => {
  expect(reconcileRanges(parseQuantizeTable(readFileSync(real ?? '', 'utf8')))).toEqual([]);
});
