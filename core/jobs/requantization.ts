import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { chips, type Chip } from '../targets/chips.ts';
import { chipName } from '../targets/describe.ts';
import { resolveOptimize } from '../targets/optimize.ts';
import type { JobContext } from './context.ts';

/** What every face says of `npu`. */
export const NOT_CONFIRMED = 'inferred from public drivers; not confirmed on a board';

/** Options of jobs that run integer networks on the simulator. */
export const requantizationOptions = {
  requantization: z
    .enum(['exact', 'npu'])
    .default('exact')
    .describe(
      `how sums of integer layers are rounded to 8 or 16 bits: as exactly as possible, or with the NPU's shorter ` +
        `multipliers (${NOT_CONFIRMED}); beyond the vendor`,
    ),
  optimize: z
    .string()
    .optional()
    .describe(
      'with --requantization npu: the chip, as export ovxlib takes it (default: NN cores of version 7, as in the A311D); ' +
        'beyond the vendor',
    ),
};

/** What the job was asked for. */
export interface RequantizationChoice {
  requantization: 'exact' | 'npu';
  optimize?: string | undefined;
  /** Whether there are integer layers at all. */
  dtype?: string;
}

/**
 * How the simulator has to requantize; says in the log what was chosen.
 * @throws StudioError 'usage' for a chip that nobody knows, and for one without `npu`
 */
export async function requantizationOf(
  { requantization, optimize, dtype }: RequantizationChoice,
  context: JobContext,
): Promise<NativeRequantization> {
  if (requantization === 'exact') {
    if (optimize === undefined) return 'exact';
    throw new StudioError('usage', '--optimize has no effect without --requantization npu');
  }
  if (dtype === 'float32') {
    context.log('W', '--requantization npu changes nothing here: a float network is not requantized');
  }
  const chip = optimize === undefined ? undefined : await chipOf(optimize);
  const version = chip?.nnVersion ?? 7;
  const whose = chip ? `of ${chipName(chip)}` : 'no known chip was named';
  context.log('I', `Requantization as NN cores of version ${version} (${whose}) do it: ${NOT_CONFIRMED}`);
  return version === 7 ? 'npu7' : 'npu8';
}

async function chipOf(optimize: string): Promise<Chip | undefined> {
  const { pid } = await resolveOptimize(optimize);
  return chips.find((chip) => Number(chip.pid) === pid);
}
