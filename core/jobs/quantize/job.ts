import type { JobContext } from '../context.ts';
import { parseOptions } from '../options.ts';
import { hybrid } from './hybrid.ts';
import { modeOf, quantizeOptions } from './options.ts';
import { rebuild } from './rebuild.ts';
import type { QuantizeResult } from './result.ts';

/** `pegasus quantize`: makes NAME.quantize from calibration data, or applies its customized layers. */
export async function quantizeJob(options: unknown, context: JobContext): Promise<QuantizeResult> {
  const given = parseOptions(quantizeOptions, options);
  const mode = modeOf(given);
  return mode === 'hybrid' ? hybrid(given, context) : rebuild(given, mode === 'rebuild-all', context);
}
