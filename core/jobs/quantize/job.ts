import { writeQuantizeFile } from '../../files/quantize-file.ts';
import { resolveScheme } from '../../quantization/schemes.ts';
import { buildTable } from '../../quantization/table.ts';
import type { JobContext } from '../context.ts';
import { loadNetwork, networkStem } from '../load.ts';
import { parseOptions } from '../options.ts';
import { hybrid } from './hybrid.ts';
import { measure } from './measure.ts';
import { modeOf, quantizeOptions, type QuantizeOptions } from './options.ts';
import type { QuantizeResult } from './result.ts';

/** `pegasus quantize`: calibrates over the dataset and writes NAME.quantize. */
export async function quantizeJob(options: unknown, context: JobContext): Promise<QuantizeResult> {
  const given = parseOptions(quantizeOptions, options);
  const mode = modeOf(given);
  return mode === 'hybrid' ? hybrid(given, context) : rebuild(given, mode === 'rebuild-all', context);
}

/** `--rebuild` and `--rebuild-all`. */
async function rebuild(given: QuantizeOptions, all: boolean, context: JobContext): Promise<QuantizeResult> {
  const scheme = resolveScheme(given.quantizer, given.qtype);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const { ranges, samples } = await measure(given, network, context);
  const table = buildTable(network, { scheme, ranges, all });
  const file = given.modelQuantize ?? `${networkStem(given.model)}.quantize`;
  context.signal.throwIfAborted();
  await writeQuantizeFile(file, table);
  context.log('I', `Dump net quantize tensor table to ${file}`);
  context.log('I', 'End quantization...');
  context.progress(1, 'quantized');
  return { file, table, samples };
}
