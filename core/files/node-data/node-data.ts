/** Values of one quantity by layer, wherever they come from; docs/formats/node-data.md. */
export interface NodeData {
  /** What is measured, as people read it: "SQNR (dB)". */
  name: string;
  /** By key or name of a layer, or by the name of a tensor it makes. */
  values: Map<string, number | string>;
  scale: NodeDataScale;
}

/** How numbers become colours. */
export type NodeDataScale =
  /** Up to each value, in rising order, its colour; above the last none. */
  | { kind: 'thresholds'; steps: { value: number; colour: string | null }[] }
  /** Colours between the smallest (0) and the largest (1) value. */
  | { kind: 'gradient'; stops: { stop: number; colour: string }[] }
  | { kind: 'none' };

/** A colour that both formats take and that cannot be anything else: `#rrggbb`, `#rgb` or a plain word. */
export function checkedColour(text: unknown): string | null {
  return typeof text === 'string' && /^(?:#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]{3,20})$/i.test(text) ? text : null;
}
