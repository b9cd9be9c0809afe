import { describe, expect, test } from 'vitest';
import { ElementBytes, tensorBytes, tensorOnBytes, transposedCopy } from './deferred.ts';
import { transpose, type Shape, type Tensor } from './tensor.ts';

/** Values that lie `shift` bytes into a buffer, as weights do in a file. */
function stored(shape: Shape, shift: number): { tensor: Tensor; values: Float32Array; bytes: Uint8Array } {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from({ length: count }, (_, index) => Math.sin(index));
  const file = new Uint8Array(values.byteLength + shift);
  file.set(new Uint8Array(values.buffer), shift);
  const bytes = file.subarray(shift);
  return { tensor: tensorOnBytes('float32', shape, bytes), values, bytes };
}

const large = [32, 35, 3, 5];
const perm = [2, 3, 1, 0];
const bytesOf = (tensor: Tensor): Buffer => Buffer.from(tensorBytes(tensor));

describe.each([0, 1, 2, 3])('a tensor %d bytes into its file', (shift) => {
  test('has its values', () => {
    const { tensor, values } = stored(large, shift);
    expect(tensor.data).toEqual(values);
  });

  test('is transposed on the way out as it would have been at once', () => {
    const { tensor, values } = stored(large, shift);
    const expected = transpose({ type: 'float32', shape: large, data: values }, perm);
    const copy = transposedCopy(tensor, perm);
    expect(copy.shape).toEqual([3, 5, 35, 32]);
    expect(Buffer.compare(Buffer.from(new ElementBytes().of(copy)), bytesOf(expected))).toBe(0);
    expect(copy.data).toEqual(expected.data);
  });

  test('is transposed twice, also behind a change of shape', () => {
    const { tensor, values } = stored(large, shift);
    const once = transpose({ type: 'float32', shape: large, data: values }, perm);
    const twice = transposedCopy(transposedCopy(tensor, perm), [1, 0, 3, 2]);
    expect(twice.shape).toEqual([5, 3, 32, 35]);
    expect(
      Buffer.compare(Buffer.from(new ElementBytes().of(twice)), bytesOf(transpose(once, [1, 0, 3, 2]))),
    ).toBe(0);
    expect(twice.data).toEqual(transpose(once, [1, 0, 3, 2]).data);
    const flat = transposedCopy(transposedCopy(tensor, perm, [15, 35 * 32]), [1, 0]);
    expect(flat.data).toEqual(transpose({ ...once, shape: [15, 35 * 32] }, [1, 0]).data);
  });

  test('goes out as it is when nothing moves', () => {
    const { tensor, bytes } = stored(large, shift);
    expect(new ElementBytes().of(transposedCopy(tensor, [0, 1, 2, 3], [32, 525]))).toBe(bytes);
  });
});

test.each([[large], [[4, 3]]])('a copy of %j can be changed; its source can not', (shape) => {
  const { tensor, values } = stored(shape, 0);
  const order = shape.map((_, axis) => axis);
  const copy = transposedCopy(tensor, order);
  copy.data[0] = 42;
  expect(tensor.data).toEqual(values);
  expect(new Float32Array(new ElementBytes().of(copy).slice().buffer)[0]).toBe(42);
  const spread: Tensor = { ...transposedCopy(tensor, order), type: 'int32' };
  expect(spread.data).toEqual(values);
});

test('a small tensor is copied at once, so that it does not keep its file', () => {
  const { tensor, bytes } = stored([2, 2], 1);
  const copy = transposedCopy(tensor, [1, 0]);
  bytes.fill(0);
  expect(copy.data).toEqual(new Float32Array([0, Math.sin(2), Math.sin(1), Math.sin(3)]));
});

test('the bytes of one tensor stay while those of the next are made', () => {
  const elements = new ElementBytes();
  const [one, two] = [stored(large, 1), stored([64, 35, 3, 5], 2)];
  const first = elements.of(transposedCopy(one.tensor, perm));
  const kept = Buffer.from(first);
  elements.of(transposedCopy(two.tensor, perm));
  expect(Buffer.compare(first, kept)).toBe(0);
});
