import { basename, dirname, extname, join } from 'node:path';
import { loadCoefficients } from '../files/coefficients.ts';
import { readInputMetaFile } from '../files/inputmeta-file.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { summarize, type Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { reconcileRanges } from '../quantization/reconcile.ts';
import type { JobContext } from './context.ts';

/** The stem of a network file: `/a/lenet.quantize.json` → `/a/lenet`. */
export function networkStem(model: string): string {
  return join(dirname(model), basename(model, extname(model)).replace(/\.quantize$/, ''));
}

/** Reads a network with its coefficients. */
export async function loadNetwork(model: string, data: string, context: JobContext): Promise<Network> {
  const network = await readNetworkFile(model);
  context.log('I', `Load model in ${model}`);
  context.signal.throwIfAborted();
  await loadCoefficients(network, data);
  context.log('I', `Load data in ${data}`);
  return network;
}

/** Reads the input description and checks that it fits the network's inputs. */
export async function loadInputMeta(file: string, network: Network, context: JobContext): Promise<InputMeta> {
  const meta = await readInputMetaFile(file);
  context.log('I', `Load input meta ${file}`);
  checkFits(meta, network, file);
  return meta;
}

/** Checks that a description has exactly the network's inputs. @throws StudioError 'inputmeta-invalid' */
export function checkFits(meta: InputMeta, network: Network, file: string): void {
  const lids = ports(meta).map((port) => port.lid);
  const keys = network.inputs.map((layer) => layer.key);
  const missing = keys.filter((key) => !lids.includes(key));
  const unknown = lids.filter((lid) => !keys.includes(lid));
  if (missing.length > 0 || unknown.length > 0) {
    const parts = [
      missing.length > 0 ? `has no port for the input ${missing.map((key) => `"${key}"`).join(', ')}` : '',
      unknown.length > 0
        ? `names ${unknown.map((key) => `"${key}"`).join(', ')}, which is no input of the network`
        : '',
    ].filter((part) => part !== '');
    throw new StudioError(
      'inputmeta-invalid',
      `the file ${parts.join(' and ')}`,
      { file },
      'Run "pegasus generate inputmeta" for this network.',
    );
  }
}

/** All ports, in database order. */
export function ports(meta: InputMeta): InputPort[] {
  return meta.databases.flatMap((database) => database.ports);
}

/** The batch size: given, or the first dimension in the inputmeta file. */
export function batchSizeOf(given: number | undefined, meta: InputMeta): number {
  return given ?? Math.max(1, ports(meta)[0]?.shape[0] ?? 1);
}

/** Reads a quantize table, NAME.quantize by default; parameters follow ranges that were edited in it. */
export async function loadQuantizeTable(
  file: string | undefined,
  model: string,
  context: JobContext,
): Promise<QuantizeTable> {
  const path = file ?? `${networkStem(model)}.quantize`;
  try {
    const table = await readQuantizeFile(path);
    const edited = reconcileRanges(table);
    if (edited.length > 0) {
      context.log('W', `${path}: parameters made anew from edited ranges: ${summarize(edited)}`);
    }
    return table;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'file-missing') {
      throw new StudioError(
        'file-missing',
        `quantize file '${path}' does not exist`,
        {},
        'Run "pegasus quantize --rebuild" first, or give --model-quantize.',
      );
    }
    throw error;
  }
}

/** What `inference` and `dump` read. */
export interface Subject {
  network: Network;
  meta: InputMeta;
  plan: TypePlan;
}

/** Reads network, input description and, for `quantized`, the table. */
export async function loadSubject(
  given: {
    model: string;
    modelData: string;
    withInputMeta: string;
    modelQuantize?: string | undefined;
    dtype: 'float32' | 'quantized';
  },
  context: JobContext,
): Promise<Subject> {
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const plan =
    given.dtype === 'quantized'
      ? quantizedPlan(await loadQuantizeTable(given.modelQuantize, given.model, context))
      : floatPlan('float32');
  return { network, meta, plan };
}
