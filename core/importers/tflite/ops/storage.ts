import { composed, type Composer } from '../../onnx/compose.ts';
import { fakeRange, type FakeRange } from '../../onnx/fake-range.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { onnxType } from '../../onnx/tensor-data.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OwnParameters } from '../../../network/own-quantization.ts';
import { storedType } from '../tensor-types.ts';
import { clip } from './helpers.ts';

/** The number is the same; how it is stored is said by the tensor itself. */
const renamed = composed((c) => c.output(0, c.float(c.input(0))));

/** The input as the file stores it: integers where it is quantized. */
function codesOf(c: Composer, node: OnnxNode): string {
  if (!node.has('input_scale')) return c.input(0);
  const steps = c.op('Round', [c.op('Div', [c.input(0), c.scalar(node.float('input_scale', 1))])]);
  return c.add(steps, c.scalar(node.int('input_zero', 0)));
}

/** Numbers as another type. */
export const cast = composed((c, node) => {
  const { element, name } = storedType(node.int('output_type', 0));
  if (!element) throw new Unsupported(`numbers of type ${name}`);
  c.output(0, c.main('Cast', [codesOf(c, node)], { to: onnxType(element) }));
});

function rangeOf(node: OnnxNode): FakeRange {
  const [min, max] = [node.float('min', 0), node.float('max', 0)];
  const range = fakeRange(min, max, node.int('num_bits', 8), node.int('narrow_range', 0) !== 0);
  if (!range) throw node.invalid(`a range of ${min} to ${max}`);
  return range;
}

/** How a FAKE_QUANT of 8 bits stores its result; undefined for other widths. */
export function fakeParameters(node: OnnxNode): OwnParameters | undefined {
  if (node.opType !== 'FAKE_QUANT' || node.int('num_bits', 8) !== 8) return undefined;
  const { scale, zero } = rangeOf(node);
  return { type: 'u8', scale, zero };
}

/** What is outside of the range is cut off; the steps are left to the quantization. */
const fakeQuant = composed((c, node) => {
  const { low, high } = rangeOf(node);
  c.output(0, clip(c, c.input(0), [low, high], node.layerName));
});

/** Operators that change how numbers are stored. */
export const storage: OperatorFamily = {
  'tflite:CAST': { convert: cast },
  'tflite:DENSIFY': { convert: renamed },
  'tflite:DEQUANTIZE': { convert: renamed },
  'tflite:FAKE_QUANT': { convert: fakeQuant },
  'tflite:QUANTIZE': { convert: renamed },
};
