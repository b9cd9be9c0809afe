import type { ChannelRanges } from '../../core/worker/contract-graph.ts';
import { formatReal } from '../graph/text.ts';

/** Bits that a channel loses before it is worth a word. */
const NOTABLE = 1;

type Ranges = Pick<ChannelRanges, 'min' | 'max'>;

/** Smallest and largest value of all channels (0 included), and the width of the middle channel. */
export function spanOf({ min, max }: Ranges): { low: number; high: number; median: number } {
  const widths = max.map((to, channel) => to - min[channel]).sort((a, b) => a - b);
  return {
    low: min.reduce((a, b) => Math.min(a, b), 0),
    high: max.reduce((a, b) => Math.max(a, b), 0),
    median: widths[widths.length >> 1] ?? 0,
  };
}

/** What the ranges mean for a quantization, with the numbers in it. */
export function rangeSentence({ min, max, scales }: ChannelRanges): string {
  const { low, high, median } = spanOf({ min, max });
  const widths = max.map((to, channel) => to - min[channel]);
  const widest = widths.reduce((best, width, channel) => (width > widths[best] ? channel : best), 0);
  const said = `Channel ${widest} spans ${formatReal(widths[widest])}, the median channel ${formatReal(median)}`;
  if (scales) return `${said}: each has a scale of its own.`;
  const lost = median > 0 ? Math.log2((high - low) / median) : 0;
  if (lost < NOTABLE) return `${said}: one scale suits them all.`;
  return `${said}: one scale for all takes ${lost.toFixed(1)} bits from most of them.`;
}
