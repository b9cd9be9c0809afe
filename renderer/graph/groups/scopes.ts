import type { GraphNode } from '../../../core/worker/contract.ts';

type Named = Pick<GraphNode, 'key' | 'name' | 'role'>;

/** Share of the layers whose names must hold a scope. */
const ENOUGH = 0.1;
/** Deeper scopes are not told apart: no framework nests so far, but a file can hold any name. */
const MAX_DEPTH = 16;

/**
 * How to read the scope of a layer off its name: parts between slashes, or between dots where there are no slashes.
 * @returns undefined when the names hold no scopes
 */
export function scopeReader(nodes: readonly Named[]): ((node: Named) => string[]) | undefined {
  const layers = nodes.filter(({ role }) => role === 'layer');
  const holding = (separator: string): number =>
    layers.filter((node) => scopedName(node, separator).indexOf(separator, 1) > 0).length;
  const separator = ['/', '.'].find((mark) => holding(mark) > ENOUGH * layers.length);
  if (separator === undefined) return undefined;
  return (node) => {
    // Inputs and outputs are what a network is called by: they stay in sight.
    if (node.role === 'input' || node.role === 'output') return [];
    const parts = scopedName(node, separator)
      .split(separator, 4 * MAX_DEPTH)
      .filter((part) => part !== '');
    return parts.slice(0, Math.min(parts.length - 1, MAX_DEPTH));
  };
}

/** The operator that ACUITY puts in front of ONNX's names: `Conv_/stem/Conv` is in `stem`. */
const OPERATOR = /^[A-Za-z]\w*_(?=\/)/;

/** Layers that stand for several are named after what they do; their keys still tell where they come from. */
function scopedName({ key, name }: Named, separator: string): string {
  return (name.includes(separator) ? name : unjoined(key, separator)).replace(OPERATOR, '');
}

/** Of a key made of two, `block/Sigmoid_3_block/Mul_4`, the first. */
function unjoined(key: string, separator: string): string {
  const start = key.indexOf(separator);
  if (start <= 0) return key;
  const again = key.indexOf(`_${key.slice(0, start + 1)}`, start);
  return again < 0 ? key : key.slice(0, again);
}
