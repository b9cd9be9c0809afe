import { type Dense, need } from '../../reference/ops.ts';
import { type Case, reals } from '../conform.ts';

/** How one interpolation samples: input, output width and height, and where samples lie. */
type Sample = (x: Dense, width: number, height: number, align: boolean, half: boolean) => Dense;

/**
 * RESIZE of one interpolation in its three ways to place samples.
 * @param type ovxlib's number of the interpolation
 * @param slack of real results, see {@link Case}
 */
export function resizeCases(
  name: string,
  type: number,
  [width, height]: readonly [number, number],
  sample: Sample,
  slack: number,
): Case[] {
  const ways = [
    [false, false],
    [true, false],
    [false, true],
  ];
  return ways.map(([align = false, half = false]) => ({
    op: 'RESIZE',
    name: `${name} ${align ? 'aligned' : ''}${half ? 'half' : ''}`,
    inputs: [reals([5, 4, 2])],
    params: {
      type,
      factor: 0,
      size: [width, height],
      align_corners: align ? 1 : 0,
      half_pixel_centers: half ? 1 : 0,
    },
    reference: ([x]) => [sample(need(x), width, height, align, half)],
    slack,
  }));
}
