import { z } from 'zod';
import type { CustomizedDraft, HybridDraft, TableSource } from './contract-inspect.ts';
import { namedBytes, parse } from './validate.ts';

const layers = z.record(z.string().min(1).max(65_536), z.string().min(1).max(100));
const range = z.strictObject({ min: z.number(), max: z.number() }).refine(({ min, max }) => min <= max, {
  message: 'a range ends before it begins',
});

const customized = z.union([z.strictObject({ layers }), z.strictObject({ text: z.string().max(2 ** 22) })]);

const ref = z.string().min(1).max(65_536);
const hybrid = z.strictObject({ layers, ranges: z.record(ref, range) });

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

/** A reference to a tensor; whether it exists is the network's business. */
export function checkRef(value: unknown): string {
  return parse(ref, value, 'tensor');
}

export function checkRange(value: unknown): { min: number; max: number } {
  return parse(range, value, 'range');
}
