import { StudioError } from '../network/errors.ts';
import { parseRef, type Layer } from '../network/layer.ts';
import { nearestNames } from '../network/nearest.ts';
import { summarize, type Network } from '../network/network.ts';
import { formatName, parseNumberFormat, type QuantizedFormat } from '../network/number-format.ts';
import { coefficientKey, type QuantizeEntry, type QuantizeTable } from '../network/quantize-table.ts';
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
  const others = [...network.layers.values()].filter(
    (layer) => !customized.has(layer.key) && rangeRule(layer) !== 'same',
  );
  const output = (layer: Layer): QuantizeEntry | undefined => table.entries.get(`@${layer.key}:out0`);
  const activation = mostFrequent(others.map(output), given.activation);
  if (!activation) return given;
  const name = formatName(activation);
  const weights = others
    .filter((layer) => formatName(output(layer) ?? 'float32') === name)
    .map((layer) => table.entries.get(coefficientKey(layer.key, 'weight')));
  const weight = mostFrequent(weights, given.weight);
  return {
    activation,
    weight: weight ?? (name === formatName(given.activation) ? given.weight : activation),
  };
}

/** The format that most have, `preferred` among equals. */
function mostFrequent(
  formats: readonly (QuantizedFormat | undefined)[],
  preferred: QuantizedFormat,
): QuantizedFormat | undefined {
  const counts = new Map<string, { format: QuantizedFormat; count: number }>();
  for (const format of formats) {
    if (!format) continue;
    const { quantizer, qtype } = format;
    const known = counts.get(formatName(format));
    if (known) known.count++;
    else counts.set(formatName(format), { format: { quantizer, qtype }, count: 1 });
  }
  const best = [...counts.values()].reduce((most, { count }) => Math.max(most, count), 0);
  if (counts.get(formatName(preferred))?.count === best) return preferred;
  return [...counts.values()].find(({ count }) => count === best)?.format;
}
