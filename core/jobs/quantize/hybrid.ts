import { writeNetworkFile } from '../../files/network-json.ts';
import { writeQuantizeFile } from '../../files/quantize-file.ts';
import { StudioError } from '../../network/errors.ts';
import { summarize, type Network } from '../../network/network.ts';
import { HybridQuantization } from '../../quantization/hybrid.ts';
import { resolveScheme } from '../../quantization/schemes.ts';
import type { JobContext } from '../context.ts';
import { loadNetwork, loadQuantizeTable, networkStem } from '../load.ts';
import { measure, type Measurement } from './measure.ts';
import type { QuantizeOptions } from './options.ts';
import type { QuantizeResult } from './result.ts';

/**
 * `--hybrid`: gives the layers in `customized_quantize_layers` of NAME.quantize their types, writes
 * NAME.quantize.json with dtype_converter layers and updates the table. Always starts from NAME.json. Calibrates only
 * when the table lacks a range that the new types need.
 */
export async function hybrid(given: QuantizeOptions, context: JobContext): Promise<QuantizeResult> {
  const stem = networkStem(given.model);
  const model = given.model.endsWith('.quantize.json') ? `${stem}.json` : given.model;
  const file = given.modelQuantize ?? `${stem}.quantize`;
  context.progress(0, 'reading the network');
  const table = await loadQuantizeTable(file, model, context);
  const network = await loadNetwork(model, given.modelData, context);
  if (table.customized.size === 0) {
    context.log(
      'W',
      'customized_quantize_layers is empty: every layer keeps its type, no converters are added',
    );
  }
  const work = inFile(
    file,
    () => new HybridQuantization(network, table, resolveScheme(given.quantizer, given.qtype)),
  );
  const { ranges, samples } = await missingRanges(work, given, network, context);
  const result = work.apply(ranges);
  context.signal.throwIfAborted();
  const target = `${stem}.quantize.json`;
  await writeNetworkFile(target, result.network);
  await writeQuantizeFile(file, result.table);
  const converters = result.network.layers.size - network.layers.size;
  context.log('I', `Add ${converters} dtype_converter layers, save hybrid network to ${target}`);
  context.log('I', `Dump net quantize tensor table to ${file}`);
  context.log('I', 'End quantization...');
  context.progress(1, 'quantized');
  return { file, table: result.table, samples, network: target, warnings: [] };
}

/**
 * Measures what the table lacks. Where that is only the range in front of a fused activation, a dataset that is not
 * there does not stop the work: the range behind the activation is used, which cuts off what the activation cuts.
 */
async function missingRanges(
  work: HybridQuantization,
  given: QuantizeOptions,
  network: Network,
  context: JobContext,
): Promise<Measurement> {
  if (work.missing.length === 0) return { ranges: new Map(), samples: 0 };
  context.log('I', `The table lacks ${work.missing.length} ranges: ${summarize(work.missing)}`);
  try {
    return await measure(given, network, context);
  } catch (error) {
    const noData = error instanceof StudioError && /^(file-missing|dataset-invalid)$/.test(error.code);
    if (!noData || work.cut.length < work.missing.length) throw error;
    context.log('W', `Can't calibrate: ${error.toString()}`);
    context.log('W', `Ranges behind the fused activations are used instead for ${summarize(work.cut)}`);
    return { ranges: new Map(), samples: 0 };
  }
}

/** Names the table in errors about it. */
function inFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StudioError && error.code === 'quantize-invalid' ? error.at({ file }) : error;
  }
}
