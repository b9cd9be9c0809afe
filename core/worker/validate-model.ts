import { z } from 'zod';
import type { CutSide, ImportChoices } from './contract-model.ts';
import { importChoices } from './source-record.ts';
import { parse } from './validate.ts';

/** Choices of an import; whether the model has such tensors is another matter. */
export function checkImportChoices(value: unknown): ImportChoices {
  return parse(importChoices, value, 'choice of inputs and outputs');
}

export function checkNodeKeys(value: unknown): string[] {
  return parse(z.array(z.string().min(1).max(65_536)).min(1).max(65_536), value, 'list of nodes');
}

export function checkCutSide(value: unknown): CutSide {
  return parse(z.enum(['end-before', 'begin-after']), value, 'side of a cut');
}
