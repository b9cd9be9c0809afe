import type { DimensionView, LayerView } from '../../core/worker/contract.ts';
import type { EntryView, FormatView } from '../../core/worker/contract-inspect.ts';

/** What another type costs, in bytes; negative = saved. */
export interface Cost {
  /** Of weights and biases. */
  weights: number;
  /** Of the output for one sample; null where its shape is not known. */
  output: number | null;
}

const BYTES: Readonly<Record<string, number>> = { u8: 1, i8: 1, i16: 2, bf16: 2, f16: 2, i32: 4, i64: 8 };
/** What the table does not name is float16 on the chip. */
const UNLISTED = 2;

/** What giving a layer a type would cost against what the table has now. */
export function costOf(
  layer: LayerView,
  format: FormatView,
  entries: Readonly<Record<string, EntryView>>,
): Cost {
  const now = (name: string): number => BYTES[entries[`@${layer.key}:${name}`]?.qtype ?? ''] ?? UNLISTED;
  let weights = 0;
  for (const { name, count } of layer.coefficients) {
    const bias = name === 'bias';
    weights += count * ((bias ? format.biasBytes : format.weightBytes) - now(name));
  }
  const shape = layer.outputs[0]?.shape;
  const output = shape ? elements(shape) * (format.activationBytes - now('out0')) : null;
  return { weights, output };
}

/** Of one sample: an open batch counts as 1. */
function elements(shape: readonly DimensionView[]): number {
  return shape.reduce<number>((product, size) => {
    return product * (typeof size === 'number' ? size : Number(size.replace('N', '')) || 1);
  }, 1);
}

/** A change in bytes with its sign. */
export function spellBytes(bytes: number): string {
  const sign = bytes > 0 ? '+' : bytes < 0 ? '−' : '±';
  return `${sign}${formatBytes(Math.abs(bytes))}`;
}

/** Bytes as people read them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
