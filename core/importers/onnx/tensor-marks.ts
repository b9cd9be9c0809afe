import { limitsOf, ownEntry, sameStorage, type OwnParameters } from '../../network/own-quantization.ts';
import type { Builder } from './builder.ts';
import { clampLayer, isNonNegative } from './clamp.ts';
import { Draft, type DraftRef } from './draft.ts';

/**
 * Stores the tensor behind a reference with these parameters; one that already is stored otherwise is converted.
 * @returns what stands for the tensor from now on
 */
export function markTensor(ref: DraftRef, own: OwnParameters, name = ref.draft.name): DraftRef {
  const entry = ownEntry(own);
  if (!entry) return ref;
  const part = `out${ref.port}`;
  const present = ref.draft.entries.get(part);
  if (!present) ref.draft.entries.set(part, entry);
  if (!present || sameStorage(present, entry)) return ref;
  const draft = new Draft({ name: `Requantize_${name}`, op: 'dtype_converter', inputs: [ref] });
  draft.entries.set('out0', entry);
  return { draft, port: 0 };
}

/** Cuts below 0 what the parameters can't express, where the tensor may hold it. */
export function cutTensor(ref: DraftRef, own: OwnParameters, name: string): DraftRef {
  return own.zero === limitsOf(own.type)[0] && !isNonNegative(ref) ? clampLayer(name, ref, own) : ref;
}

/**
 * Tensor `to` is the tensor `from`, stored with these parameters. Constants are only renamed.
 * @param cut whether the parameters cut the tensor where the network has no layer for it: what quantization cuts
 * away then has to be cut by a layer, or the network would be another one in floats
 */
export function emitMarked(
  builder: Builder,
  from: string,
  to: string,
  own: OwnParameters,
  cut: boolean,
): void {
  builder.rename(from, to);
  const value = builder.values.get(from);
  if (!value) return;
  const { shape, order } = value;
  const ref = markTensor(cut ? cutTensor(value.ref, own, to) : value.ref, own, to);
  builder.values.set(to, { shape, order, type: 'float32', ref });
}
