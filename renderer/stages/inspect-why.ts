import type { EntryView, TensorReport } from '../../core/worker/contract-inspect.ts';
import { formatReal } from '../graph/text.ts';
import { decibels, shortType } from './inspect-rows.ts';
import { gridOf, stretches } from './tensor-error.ts';

/** Errors in front count when they take this many dB. */
const INHERITED = 6;
/** A range this many times as wide as what 99.9 % of the values need leaves steps unused. */
const WIDE = 2;
/** Weights below this spoil the output. */
const POOR_WEIGHTS = 25;

/** Why a tensor has the error it has, in sentences with the numbers in them. The most important comes first. */
export function reasons(
  output: TensorReport,
  weights: TensorReport | undefined,
  entry: EntryView | undefined,
): string[] {
  const single = decibels(output.single);
  const entire = decibels(output.entire);
  const found: string[] = [];
  if (!Number.isFinite(entire)) return ['Nothing is lost here.'];
  if (weights && decibels(weights.stored) < POOR_WEIGHTS) {
    found.push(
      `The weights lose most: stored as ${shortType(weights.delivered)} they keep ${dB(decibels(weights.stored))} with ${entry?.perChannel === true ? 'a scale per channel' : 'one scale for all channels'}.`,
    );
  }
  const clipped = output.single?.clipped ?? 0;
  if (clipped > 0.001) {
    found.push(`${percent(clipped)} of its values lie outside the range and are cut off.`);
  }
  const unused = rangeSentence(output, entry);
  if (unused !== undefined) found.push(unused);
  if (entire < single - INHERITED) {
    found.push(
      `Alone it keeps ${dB(single)}, with everything quantized ${dB(entire)}: most of the error comes from the layers in front.`,
    );
  }
  if (found.length === 0) {
    found.push(
      `Alone it keeps ${dB(single)}: the noise has ${percent(10 ** (-single / 20))} of the signal’s amplitude.`,
    );
  }
  return found;
}

/** A range that few large values make wide. */
function rangeSentence(
  { histogram, min, max }: TensorReport,
  entry: EntryView | undefined,
): string | undefined {
  if (!histogram || !entry || entry.min === null || entry.max === null) return undefined;
  const grid = gridOf(entry, { min: entry.min, max: entry.max });
  if (!grid) return undefined;
  const spread = stretches(histogram, min, max);
  const total = spread.reduce((sum, { count }) => sum + count, 0);
  const needed = (above: boolean): number => {
    let left = total * 0.0005;
    const ordered = above ? spread.toReversed() : spread;
    for (const { from, to, count } of ordered) {
      left -= count;
      if (left < 0) return above ? Math.max(0, to) : Math.min(0, from);
    }
    return 0;
  };
  const [low, high] = [needed(false), needed(true)];
  const width = Math.max(grid.step, high - low);
  const whole = grid.high - grid.low;
  if (whole < WIDE * width) return undefined;
  const steps = Math.max(1, Math.round(width / grid.step));
  const all = Math.round(whole / grid.step) + 1;
  return `99.9 % of the values lie between ${formatReal(low)} and ${formatReal(high)}, but the type reaches from ${formatReal(grid.low)} to ${formatReal(grid.high)}: ${steps} of ${all} steps are left for them.`;
}

const dB = (value: number): string =>
  Number.isFinite(value) ? `${value.toFixed(1).replace('-', '−')} dB` : 'everything';

/** A share as people read it. */
export const percent = (share: number): string => {
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : value >= 0.1 || value === 0 ? value.toFixed(1) : value.toPrecision(1)} %`;
};
