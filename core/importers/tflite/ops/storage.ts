import { composed } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { onnxType } from '../../onnx/tensor-data.ts';
import { Unsupported } from '../../onnx/builder.ts';
import { storedType } from '../tensor-types.ts';

/** The number is the same; how it is stored is said by the tensor itself. */
const renamed = composed((c) => c.output(0, c.float(c.input(0))));

const cast = composed((c, node) => {
  const { element, name } = storedType(node.int('output_type', 0));
  if (!element) throw new Unsupported(`numbers of type ${name}`);
  c.output(0, c.main('Cast', [c.input(0)], { to: onnxType(element) }));
});

/** Operators that change how numbers are stored. */
export const storage: OperatorFamily = {
  'tflite:CAST': { convert: cast },
  'tflite:DENSIFY': { convert: renamed },
  'tflite:DEQUANTIZE': { convert: renamed },
  'tflite:FAKE_QUANT': { convert: renamed },
  'tflite:QUANTIZE': { convert: renamed },
};
