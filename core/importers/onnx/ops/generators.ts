import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { Unsupported } from '../builder.ts';
import type { OnnxNode } from '../node.ts';
import { fromNumbers, numbersOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { elementType } from '../tensor-data.ts';

function typeAttribute(node: OnnxNode, name: string, fallback: ElementType): ElementType {
  if (!node.has(name)) return fallback;
  const type = elementType(node.int(name, 1));
  if (!type) throw new Unsupported(`elements of ONNX type ${node.int(name, 1)}`);
  return type;
}

/** Ones on a diagonal; only the shape of the input matters. */
const eyeLike: Operator = {
  convert: (node, builder) => {
    const shape = builder.shapeOf(node, 0);
    if (shape.length !== 2) throw node.invalid(`rank ${shape.length} instead of 2`);
    const [rows, columns] = shape;
    const shift = node.int('k', 0);
    const values = Float64Array.from({ length: rows * columns }, (_, i) =>
      Number((i % columns) - Math.floor(i / columns) === shift),
    );
    const type = typeAttribute(node, 'dtype', builder.values.get(node.inputs[0])?.type ?? 'float32');
    builder.emitConstant(node, 0, fromNumbers(type, shape, values));
  },
};

/** A sum of cosines over the window: a0 - a1 cos(t) + a2 cos(2t). */
const cosineWindow = (coefficients: readonly number[]): Operator => ({
  fold: (node, inputs) => {
    const size = numbersOf(needed(node, inputs, 0))[0] ?? 0;
    const period = node.int('periodic', 1) === 0 ? size - 1 : size;
    const type = typeAttribute(node, 'output_datatype', 'float32');
    const values = Float64Array.from({ length: size }, (_, i) =>
      coefficients.reduce(
        (sum, a, k) => sum + (k % 2 === 0 ? a : -a) * Math.cos((2 * Math.PI * k * i) / period),
        0,
      ),
    );
    return [fromNumbers(type, [size], values)];
  },
});

const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);

/** Triangular filters whose centres are evenly spaced on the mel scale. */
function foldMel(node: OnnxNode, inputs: readonly (Tensor | undefined)[]): Tensor[] {
  const [bins, length, rate, low, high] = [0, 1, 2, 3, 4].map(
    (i) => numbersOf(needed(node, inputs, i))[0] ?? 0,
  );
  const spectrum = Math.floor(length / 2) + 1;
  const step = (mel(high) - mel(low)) / (bins + 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((mel(low) + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const values = new Float64Array(spectrum * bins);
  for (let bin = 0; bin < bins; bin++) {
    const [left, centre, right] = edges.slice(bin, bin + 3);
    if (centre === left) values[centre * bins + bin] = 1;
    else for (let i = left; i <= centre; i++) values[i * bins + bin] = (i - left) / (centre - left);
    for (let i = centre; i < right; i++) values[i * bins + bin] = (right - i) / (right - centre);
  }
  return [fromNumbers(typeAttribute(node, 'output_datatype', 'float32'), [spectrum, bins], values)];
}

/** Operators that make tensors from a few numbers. */
export const generators: OperatorFamily = {
  EyeLike: eyeLike,
  HannWindow: cosineWindow([0.5, 0.5]),
  HammingWindow: cosineWindow([25 / 46, 21 / 46]),
  BlackmanWindow: cosineWindow([0.42, 0.5, 0.08]),
  MelWeightMatrix: { fold: foldMel },
};
