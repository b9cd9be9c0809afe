import type { DimensionView, GraphNode } from '../../core/worker/contract.ts';

/** Characters of a name that fit on a node. */
const NODE_NAME = 29;

/** A shape as people write it. */
export function formatShape(shape: readonly DimensionView[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** Keeps the end of a long name: that is where names of a network differ. */
export function shorten(name: string, limit = NODE_NAME): string {
  return name.length > limit ? `…${name.slice(1 - limit)}` : name;
}

/** Keeps the beginning of a long text. */
export function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/**
 * What flows out of a node, for the wire below it: all wires of a port start at one point, so that one
 * label does for them. With several ports each shape has its number. '' = nothing to say.
 */
export function wireLabel({ shapes }: Pick<GraphNode, 'shapes'>, used: ReadonlySet<number>): string {
  const known = shapes.flatMap((shape, port) => (shape && used.has(port) ? [{ port, shape }] : []));
  const text = known.map(({ port, shape }) =>
    shapes.length === 1 ? formatShape(shape) : `out${port} ${formatShape(shape)}`,
  );
  return shorten(text.join('  '), 40);
}

/** A count with thin groups: 1 234 567 or, above a million, 1.2 M. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count.toLocaleString('en').replaceAll(',', '\u202f');
}

/** A size in bytes: 812 B, 12.3 kB, 4.5 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A short time: 12 ms, 3.4 s. */
export function formatSeconds(seconds: number): string {
  return seconds < 0.1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}

/** A real number in a few characters, with a real minus sign. */
export function formatReal(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5)
      ? value.toExponential(2)
      : Number(value.toPrecision(4)).toString();
  return text.replaceAll('-', '−');
}
