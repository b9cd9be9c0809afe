import { composed, type Composer } from '../../onnx/compose.ts';
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

/** A range of reals and the integers it is stored in. */
function fakeRange(node: OnnxNode): { low: number; scale: number; zero: number; steps: number } {
  const [min, max] = [node.float('min', 0), node.float('max', 0)];
  const first = node.int('narrow_range', 0);
  const last = 2 ** node.int('num_bits', 8) - 1;
  if (!(max > min && last > first)) throw node.invalid(`a range of ${min} to ${max}`);
  const scale = Math.fround((max - min) / (last - first));
  // The real 0 becomes one of the steps.
  const zero = Math.min(Math.max(Math.round(first - min / scale), first), last);
  return { low: (first - zero) * scale, scale, zero, steps: last - first };
}

/** How a FAKE_QUANT of 8 bits stores its result; undefined for other widths. */
export function fakeParameters(node: OnnxNode): OwnParameters | undefined {
  if (node.opType !== 'FAKE_QUANT' || node.int('num_bits', 8) !== 8) return undefined;
  const { scale, zero } = fakeRange(node);
  return { type: 'u8', scale, zero };
}

/** What is outside of the range is cut off; the steps are left to the quantization. */
const fakeQuant = composed((c, node) => {
  const { low, scale, steps } = fakeRange(node);
  c.output(0, clip(c, c.input(0), [low, low + scale * steps], node.layerName));
});

/** Operators that change how numbers are stored. */
export const storage: OperatorFamily = {
  'tflite:CAST': { convert: cast },
  'tflite:DENSIFY': { convert: renamed },
  'tflite:DEQUANTIZE': { convert: renamed },
  'tflite:FAKE_QUANT': { convert: fakeQuant },
  'tflite:QUANTIZE': { convert: renamed },
};
