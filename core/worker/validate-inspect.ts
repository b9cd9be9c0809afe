import { z } from 'zod';
import type { CustomizedDraft, HybridDraft, TableSource } from './contract-inspect.ts';
import { namedBytes, parse } from './validate.ts';

const layers = z.record(z.string().min(1).max(65_536), z.string().min(1).max(100));
const range = z.strictObject({ min: z.number(), max: z.number() }).refine(({ min, max }) => min <= max, {
  message: 'a range ends before it begins',
});

const customized = z.union([z.strictObject({ layers }), z.strictObject({ text: z.string().max(2 ** 22) })]);

const hybrid = z.strictObject({ layers, ranges: z.record(z.string().min(1).max(65_536), range) });

const tableSource = z.union([z.int().positive(), z.literal('project'), namedBytes]);

export function checkCustomizedDraft(value: unknown): CustomizedDraft {
  return parse(customized, value, 'list of layers');
}

export function checkHybridDraft(value: unknown): HybridDraft {
  return parse(hybrid, value, 'hybrid quantization');
}

export function checkTableSource(value: unknown): TableSource {
  return parse(tableSource, value, 'quantize table');
}
