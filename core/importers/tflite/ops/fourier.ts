import { composed, type Composer } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { computed, knownIntegers } from './helpers.ts';
import { swapped } from './matrix.ts';

/** Rows of cosines or sines: value [k, n] belongs to frequency n of a row of `size` elements. */
function waves(c: Composer, size: number, frequencies: number, wave: (angle: number) => number): string {
  return computed(c, 'float32', [size, frequencies], (i) => {
    const [k, n] = [Math.floor(i / frequencies), i % frequencies];
    return wave((2 * Math.PI * ((k * n) % size)) / size);
  });
}

/** The tensor with this many elements on an axis: cut off or filled up with zeros. */
function fitted(c: Composer, x: string, axis: number, size: number): string {
  const shape = c.shape(x);
  const behind = shape.map((dim, i) => (i === axis ? Math.max(0, size - dim) : 0));
  return c.slice(c.pad(x, shape.map(() => 0), behind), axis, 0, size); // prettier-ignore
}

/** Complex numbers are pairs along a last axis: real part, imaginary part. */
const rfft2d = composed((c, node) => {
  const [height, width] = knownIntegers(c, node, 1, 'the lengths');
  const { length: rank } = c.shape(c.input(0));
  if (rank < 2 || !(height > 0 && width > 0))
    throw node.invalid(`lengths [${height},${width}] of rank ${rank}`);
  const x = fitted(c, fitted(c, c.input(0), rank - 2, height), rank - 1, width);
  const half = Math.floor(width / 2) + 1;
  const across = (wave: typeof Math.cos): string => c.op('MatMul', [x, waves(c, width, half, wave)]);
  const down = (part: string, wave: typeof Math.cos): string =>
    swapped(c, c.op('MatMul', [swapped(c, part), waves(c, height, height, wave)]));
  const [cosines, sines] = [across(Math.cos), across(Math.sin)];
  const re = c.sub(down(cosines, Math.cos), down(sines, Math.sin));
  const im = c.op('Neg', [c.add(down(cosines, Math.sin), down(sines, Math.cos))]);
  const pair = [re, im].map((part) => c.unsqueeze(part, -1));
  c.output(0, c.main('Concat', pair, { axis: rank }));
});

const part = (index: 0 | 1) =>
  composed((c) => {
    const x = c.input(0);
    const shape = c.shape(x).slice(0, -1);
    c.output(0, c.reshape(c.slice(x, shape.length, index, 1), shape));
  });

const size = composed((c) => c.output(0, c.main('ReduceL2', [c.input(0), c.ints([-1])], { keepdims: 0 })));

/** Fourier transforms and what is done with complex numbers. */
export const fourier: OperatorFamily = {
  'tflite:COMPLEX_ABS': { convert: size },
  'tflite:IMAG': { convert: part(1) },
  'tflite:REAL': { convert: part(0) },
  'tflite:RFFT2D': { convert: rfft2d },
};
