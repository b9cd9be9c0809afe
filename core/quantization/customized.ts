import { StudioError } from '../network/errors.ts';
import { parseRef } from '../network/layer.ts';
import { nearestNames } from '../network/nearest.ts';
import { summarize, type Network } from '../network/network.ts';
import { formatName, parseNumberFormat, type QuantizedFormat } from '../network/number-format.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { rangeRule } from '../ops/registry.ts';
import { resolveScheme, type Scheme } from './schemes.ts';

/** Layer key → how the table's owner wants the layer; float32 layers have no scheme. In the order of the list. */
export type CustomizedLayers = ReadonlyMap<string, Scheme | 'float32'>;

/**
 * Understands `customized_quantize_layers`: keys with or without `@` and `:out0`, types in all spellings.
 * @throws StudioError 'quantize-invalid' that names every unknown layer with the nearest known ones, or the type
 */
export function resolveCustomized(
  network: Network,
  customized: QuantizeTable['customized'],
): CustomizedLayers {
  const layers = new Map<string, Scheme | 'float32'>();
  const unknown: string[] = [];
  for (const [written, type] of customized) {
    const key = layerKey(network, written);
    if (key === undefined) unknown.push(written);
    else layers.set(key, schemeOfText(type, key));
  }
  if (unknown.length > 0) throw unknownLayers(network, unknown);
  return layers;
}

function layerKey(network: Network, written: string): string | undefined {
  const bare = written.replace(/^@/, '');
  return [written, bare, /:out\d+$/.test(bare) ? parseRef(`@${bare}`).layer : bare].find((key) =>
    network.layers.has(key),
  );
}

function schemeOfText(type: string, layer: string): Scheme | 'float32' {
  try {
    const format = parseNumberFormat(type);
    return format === 'float32' ? format : resolveScheme(format.quantizer, format.qtype);
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    throw new StudioError('quantize-invalid', error.message, { layer }, error.hint);
  }
}

function unknownLayers(network: Network, unknown: readonly string[]): StudioError {
  const hints = unknown.map((written) => {
    const near = nearestNames(written.replace(/^@/, ''), network.layers.keys());
    return near.length > 0 ? `"${written}" (nearest: ${near.join(', ')})` : `"${written}"`;
  });
  return new StudioError(
    'quantize-invalid',
    `customized_quantize_layers names layers that the network does not have: ${summarize(hints, 20)}`,
    {},
    'Take the names from the .json file.',
  );
}

/**
 * The scheme that the rest of a table follows: the formats most activations and weights outside the customized
 * layers have, copies not counted. A tie goes to `given`, which also stands in where a table holds nothing else.
 */
export function baseScheme(
  network: Network,
  table: QuantizeTable,
  customized: CustomizedLayers,
  given: Scheme,
): Scheme {
  const activations = new Votes();
  const weights = new Votes();
  for (const layer of network.layers.values()) {
    if (customized.has(layer.key) || rangeRule(layer) === 'same') continue;
    activations.add(table.entries.get(`@${layer.key}:out0`));
    weights.add(table.entries.get(`@${layer.key}:weight`));
  }
  const activation = activations.winner(given.activation);
  if (!activation) return given;
  const same = formatName(activation) === formatName(given.activation);
  return { activation, weight: weights.winner(given.weight) ?? (same ? given.weight : activation) };
}

/** Counts formats. */
class Votes {
  private readonly counts = new Map<string, { format: QuantizedFormat; count: number }>();

  add(format: QuantizedFormat | undefined): void {
    if (!format) return;
    const { quantizer, qtype } = format;
    const name = formatName(format);
    const known = this.counts.get(name);
    if (known) known.count++;
    else this.counts.set(name, { format: { quantizer, qtype }, count: 1 });
  }

  /** The most frequent one, `preferred` among equals. */
  winner(preferred: QuantizedFormat): QuantizedFormat | undefined {
    const best = Math.max(...[...this.counts.values()].map(({ count }) => count));
    if (this.counts.get(formatName(preferred))?.count === best) return preferred;
    return [...this.counts.values()].find(({ count }) => count === best)?.format;
  }
}
