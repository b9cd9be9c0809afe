import { formatRef, Layer, type TensorRef } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { formatName, sameFormat, type NumberFormat } from '../network/number-format.ts';
import type { CustomizedLayers } from './customized.ts';

/** A dtype_converter that was put in front of a layer. */
export interface Converter {
  layer: Layer;
  source: TensorRef;
  format: NumberFormat;
}

/** Ops whose first input dimension is the batch; 0 leaves it open. */
const OPEN_BATCH = 0;

/**
 * The network with a converter in front of every input of a customized layer whose source is of another type, as
 * 6.0 writes NAME.quantize.json: in the order of the list, with the smallest numbers not in use, after all layers.
 * An open batch becomes 1. Coefficients are shared with the original.
 * @param formatOf how a tensor is stored; undefined for integers, which are never converted
 */
export function insertConverters(
  network: Network,
  customized: CustomizedLayers,
  formatOf: (ref: TensorRef) => NumberFormat | undefined,
): { network: Network; converters: Converter[] } {
  const inputs = new Map([...network.layers.values()].map((layer) => [layer.key, [...layer.inputs]]));
  const numbers = new FreeNumbers(network);
  const converters: Converter[] = [];
  for (const [key, scheme] of customized) {
    const format = scheme === 'float32' ? scheme : scheme.activation;
    const references = inputs.get(key) ?? [];
    references.forEach((source, index) => {
      const from = formatOf(source);
      if (from === undefined || sameFormat(from, format)) return;
      const name = `${key}_pre_${formatName(from)}_to_${formatName(format)}`;
      const layer = new Layer({
        key: `${name}_${numbers.next()}`,
        name,
        op: 'dtype_converter',
        inputs: [source],
      });
      references[index] = Network.ref(layer);
      converters.push({ layer, source, format });
    });
  }
  const result = new Network(network.meta);
  for (const layer of network.layers.values()) {
    result.add(withClosedBatch(layer.withInputs(inputs.get(layer.key) ?? [])));
  }
  for (const { layer } of converters) result.add(layer);
  for (const [key, tensors] of network.coefficients) result.coefficients.set(key, tensors);
  result.quantizeInfo = network.quantizeInfo;
  return { network: result, converters };
}

/** Layer numbers not in use, smallest first. */
class FreeNumbers {
  private readonly used: ReadonlySet<number>;
  private last = -1;

  constructor(network: Network) {
    this.used = new Set([...network.layers.values()].map((layer) => layer.uid));
  }

  next(): number {
    do this.last++;
    while (this.used.has(this.last));
    return this.last;
  }
}

function withClosedBatch(layer: Layer): Layer {
  const shape = layer.parameters.get('shape');
  if (layer.op === 'input' && Array.isArray(shape) && shape[0] === OPEN_BATCH) {
    layer.parameters.set('shape', [1, ...shape.slice(1)]);
  }
  return layer;
}

/** The reference of a converter's output. */
export const converterRef = ({ layer }: Converter): string => formatRef(Network.ref(layer));
