import type { OwnParameters } from '../../network/own-quantization.ts';
import { counted } from '../../network/counted.ts';
import { StudioError } from '../../network/errors.ts';
import type { OnnxGraph } from '../onnx/graph.ts';
import type { QuantizationSource } from '../onnx/quantization-source.ts';
import { notQuantized } from '../onnx/quantization-source.ts';
import type { Selection } from '../onnx/select.ts';
import { StatedQuantization } from '../onnx/stated-quantization.ts';
import type { ImportOptions } from '../options.ts';
import { dequantizedInput, isFake, quantizedBy, storedBy } from './codes.ts';

const NO_EFFECT = 'the model is not quantized: --mean-values and --std-values have no effect';

/**
 * The quantization of a graph: ranges of its FakeQuant, QuantizeV2 and Dequantize nodes, and for its inputs what the
 * options say.
 * @throws StudioError usage when means and deviations do not fit the inputs
 */
export function ownQuantization(
  graph: OnnxGraph,
  selection: Selection,
  options: ImportOptions,
): QuantizationSource {
  const quantizes = selection.nodes.some(
    (node) => isFake(node) || /^(QuantizeV2|Dequantize|Requantize)$/.test(node.opType),
  );
  const inputs = new Map([...dequantizedInputs(graph, selection), ...describedInputs(selection, options)]);
  if (!quantizes) return inputs.size === 0 ? notQuantized : { ...notQuantized, notes: [NO_EFFECT] };
  return new StatedQuantization({
    parameters: (name, node, builder) => {
      if (!node || !builder) return inputs.get(name);
      return name === node.outputs[0] ? quantizedBy(node, builder) : undefined;
    },
    storage: (_, node, builder) => node && builder && storedBy(node, builder),
    cuts: true,
  });
}

/** Integers that the graph itself dequantizes. */
function dequantizedInputs(graph: OnnxGraph, { nodes, inputs }: Selection): [string, OwnParameters][] {
  const fed = new Set(inputs);
  return nodes.flatMap((node): [string, OwnParameters][] => {
    const [name] = node.inputs;
    if (node.opType !== 'Dequantize' || name === undefined || !fed.has(name)) return [];
    const own = dequantizedInput(node, (other) => graph.initializers.get(other)?.());
    return own ? [[name, own]] : [];
  });
}

/** What the options say: an integer stands for (integer - mean) / deviation. */
function describedInputs(
  { inputs }: Selection,
  { means, deviations }: ImportOptions,
): [string, OwnParameters][] {
  if (!means && !deviations) return [];
  for (const [option, values] of [
    ['--mean-values', means],
    ['--std-values', deviations],
  ] as const) {
    if (values?.length === inputs.length) continue;
    throw new StudioError(
      'usage',
      `${option} gives ${counted(values?.length ?? 0, 'number')} but the model has ${counted(inputs.length, 'input')} (${inputs.join(', ')})`,
      {},
      'Give --mean-values and --std-values together, one number per input.',
    );
  }
  return inputs.map((name, i) => [name, inputParameters(means?.[i] ?? 0, deviations?.[i] ?? 1)]);
}

function inputParameters(mean: number, deviation: number): OwnParameters {
  if (!(deviation > 0))
    throw new StudioError('usage', `--std-values: ${deviation} is not a standard deviation`);
  const zero = Math.round(mean);
  if (zero < 0 || zero > 255) throw new StudioError('usage', `--mean-values: ${mean} is outside of 0 to 255`);
  return { type: 'u8', scale: 1 / deviation, zero };
}
