import { ownTypeOf, limitsOf, type OwnParameters } from '../../network/own-quantization.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { Builder } from '../onnx/builder.ts';
import { fakeRange } from '../onnx/fake-range.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { fromNumbers, numbersOf, scalarOf } from '../onnx/numeric.ts';
import type { Storage } from '../onnx/own-constants.ts';
import { elementTypeOf } from './types.ts';

/** Integers that stand for reals: real = (integer - zero) * scale. The zero may lie between two integers. */
export interface Codes {
  type: Tensor['type'];
  scale: number;
  zero: number;
}

/** How far from an integer a zero may be and still count as one. */
const NEAR = 1e-3;

/** TensorFlow's ways to spread the integers of a type over a range. */
export function codesOf(
  type: Tensor['type'],
  mode: string,
  min: number,
  max: number,
  narrow: boolean,
): Codes | undefined {
  const own = ownTypeOf(type);
  if (!own || !Number.isFinite(min) || !(max > min)) return undefined;
  const [lowest, highest] = limitsOf(own);
  if (mode === 'SCALED') {
    const floor = lowest + Number(narrow);
    return { type, scale: Math.max(lowest < 0 ? min / floor : 0, max / highest), zero: 0 };
  }
  const scale = (max - min) / (highest - lowest);
  const exact = lowest - min / scale;
  // MIN_FIRST moves the range until its beginning is a multiple of the step.
  return { type, scale, zero: mode === 'MIN_FIRST' ? lowest - Math.round(min / scale) : exact };
}

/** Integers as the reals that they stand for. */
export function realsOf(stored: Tensor, { scale, zero }: Codes): Tensor {
  const values = Float64Array.from(numbersOf(stored), (code) => (code - zero) * scale);
  return fromNumbers('float32', stored.shape, values);
}

/** Reals rounded to the steps of a fake quantization. */
export function rounded(real: Tensor, range: NonNullable<ReturnType<typeof fakeRange>>[]): Tensor {
  const values = Float64Array.from(numbersOf(real), (value, i) => {
    const { low, high, scale } = range[i % range.length];
    return Math.floor((Math.min(Math.max(value, low), high) - low) / scale + 0.5) * scale + low;
  });
  return fromNumbers('float32', real.shape, values);
}

/** The codes as the parameters of a tensor, or undefined when the zero is no integer of the type. */
function parametersOf(codes: Codes | undefined): OwnParameters | undefined {
  const type = codes && ownTypeOf(codes.type);
  if (!type) return undefined;
  const [lowest, highest] = limitsOf(type);
  return { type, scale: codes.scale, zero: Math.min(Math.max(Math.round(codes.zero), lowest), highest) };
}

const known = (node: OnnxNode, builder: Builder, index: number): number =>
  scalarOf(builder.constant(node, index)) ?? NaN;

const FAKE = /^FakeQuantWithMinMax(Args|Vars|VarsPerChannel)$/;

/** The ranges of a fake quantization, one or one per channel; undefined where they are not known. */
export function fakeRanges(
  node: OnnxNode,
  builder: Builder,
): NonNullable<ReturnType<typeof fakeRange>>[] | undefined {
  const bits = node.int('num_bits', 8);
  const narrow = node.int('narrow_range', 0) !== 0;
  const args = node.opType === 'FakeQuantWithMinMaxArgs';
  const [low, high] = args
    ? [[node.float('min', -6)], [node.float('max', 6)]]
    : [1, 2].map((index) =>
        Array.from(numbersOf(builder.constant(node, index) ?? fromNumbers('float32', [0], []))),
      );
  const ranges = low.flatMap((min, i) => fakeRange(min, high[i] ?? NaN, bits, narrow) ?? []);
  return ranges.length > 0 && ranges.length === low.length ? ranges : undefined;
}

/** Whether a node is a fake quantization. */
export const isFake = ({ opType }: OnnxNode): boolean => FAKE.test(opType);

/** How QuantizeV2, Requantize and Dequantize relate integers and reals. */
export function codesOfNode(node: OnnxNode, builder: Builder): Codes | undefined {
  const narrow = node.int('narrow_range', 0) !== 0;
  const range = (first: number): [number, number] => [
    known(node, builder, first),
    known(node, builder, first + 1),
  ];
  if (node.opType === 'QuantizeV2') {
    const type = elementTypeOf(node.int('T', 12)) ?? 'uint8';
    return codesOf(type, node.text('mode', 'MIN_COMBINED'), ...range(1), narrow);
  }
  if (node.opType === 'Requantize')
    return codesOf(elementTypeOf(node.int('out_type', 12)) ?? 'uint8', 'MIN_FIRST', ...range(3), false);
  if (node.opType !== 'Dequantize') return undefined;
  const type = elementTypeOf(node.int('T', 12)) ?? 'uint8';
  return codesOf(type, node.text('mode', 'MIN_COMBINED'), ...range(1), narrow);
}

/** Parameters of the first result of a node that quantizes. */
export function quantizedBy(node: OnnxNode, builder: Builder): OwnParameters | undefined {
  if (!isFake(node))
    return node.opType === 'Dequantize' ? undefined : parametersOf(codesOfNode(node, builder));
  const ranges = fakeRanges(node, builder);
  if (ranges?.length !== 1 || node.int('num_bits', 8) !== 8) return undefined;
  return { type: 'u8', scale: ranges[0].scale, zero: ranges[0].zero };
}

/** How a constant that a node dequantizes or rounds is stored. */
export function storedBy(node: OnnxNode, builder: Builder): Storage | undefined {
  if (isFake(node)) {
    const ranges = node.int('num_bits', 8) === 8 ? fakeRanges(node, builder) : undefined;
    return (
      ranges && {
        type: 'uint8',
        scales: ranges.map(({ scale }) => scale),
        zeros: ranges.map(({ zero }) => zero),
      }
    );
  }
  const codes = node.opType === 'Dequantize' ? codesOfNode(node, builder) : undefined;
  if (!codes || Math.abs(codes.zero - Math.round(codes.zero)) > NEAR) return undefined;
  return { type: codes.type, scales: [codes.scale], zeros: [Math.round(codes.zero)] };
}

/** Parameters of a graph input that a Dequantize reads, whose range is a constant of the file. */
export function dequantizedInput(
  node: OnnxNode,
  constant: (name: string) => Tensor | undefined,
): OwnParameters | undefined {
  const [min, max] = [1, 2].map((index) => scalarOf(constant(node.inputs[index] ?? '')) ?? NaN);
  const type = elementTypeOf(node.int('T', 12)) ?? 'uint8';
  return parametersOf(
    codesOf(type, node.text('mode', 'MIN_COMBINED'), min, max, node.int('narrow_range', 0) !== 0),
  );
}
