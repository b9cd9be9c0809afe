import { fromNumbers, product } from '../onnx/numeric.ts';
import type { Builtin, BuiltinContext } from './builtins.ts';
import { scalarTypeOf } from './operator.ts';
import { isScalar, itemsOf, wrongOperands, type Scalar } from './scalars.ts';
import { scalarTensor } from './tracer.ts';
import { ListValue, TensorRef, type Value } from './values.ts';

const tensorOf = (value: Value | undefined): TensorRef => {
  if (value instanceof TensorRef) return value;
  throw wrongOperands('a tensor');
};

const size: Builtin = ([value, axis], { tracer }) => {
  const shape = tracer.shape(tensorOf(value));
  if (typeof axis !== 'bigint') return new ListValue(shape.map(BigInt));
  const at = Number(axis) < 0 ? Number(axis) + shape.length : Number(axis);
  if (shape[at] === undefined) throw wrongOperands(`axis ${axis} of rank ${shape.length}`);
  return BigInt(shape[at]);
};

const stride: Builtin = ([value], { tracer }) => {
  const shape = tracer.shape(tensorOf(value));
  const steps = shape.map((_, axis) => product(shape.slice(axis + 1)));
  return new ListValue(steps.map(BigInt));
};

const count: Builtin = ([value], { tracer }) =>
  BigInt(tracer.shape(tensorOf(value)).reduce((all, dim) => all * dim, 1));

const isFloating: Builtin = ([value], { tracer }) => tracer.type(tensorOf(value)).startsWith('float');

/** Nested lists of numbers as a tensor. */
const tensor: Builtin = ([value], { tracer }) => {
  if (value instanceof TensorRef) return value;
  const shape: number[] = [];
  let level: readonly Value[] = value === undefined ? [] : [value];
  for (let items = itemsOf(level[0]); items; items = itemsOf(level[0])) {
    if (level.some((one) => itemsOf(one)?.length !== items?.length)) throw wrongOperands('a ragged list');
    shape.push(items.length);
    level = level.flatMap((one) => itemsOf(one) ?? []);
  }
  if (!level.every(isScalar)) return undefined;
  const scalars: readonly Scalar[] = level;
  const { type } = scalarTensor(scalars.find((one) => typeof one === 'number') ?? scalars[0] ?? 0);
  return tracer.constant(fromNumbers(type, shape, scalars.map(Number)));
};

const numberToTensor: Builtin = ([value], { tracer }: BuiltinContext) =>
  isScalar(value) ? tracer.constant(scalarTensor(value)) : undefined;

/** What programs ask about tensors, and tensors of plain numbers. */
export const tensorBuiltins: readonly (readonly [string, Builtin])[] = [
  ['size', size],
  ['shape', size],
  ['sym_size', size],
  ['stride', stride],
  ['dim', ([value], { tracer }) => BigInt(tracer.shape(tensorOf(value)).length)],
  ['ndim', ([value], { tracer }) => BigInt(tracer.shape(tensorOf(value)).length)],
  ['numel', count],
  ['dtype', ([value], { tracer }) => BigInt(scalarTypeOf(tracer.type(tensorOf(value))))],
  ['layout', () => 0n],
  ['is_floating_point', isFloating],
  ['is_complex', () => false],
  ['is_cuda', () => false],
  ['is_mps', () => false],
  ['is_quantized', () => false],
  ['is_nested', () => false],
  ['is_sparse', () => false],
  ['is_contiguous', () => true],
  ['requires_grad', () => false],
  ['NumToTensor', numberToTensor],
  ['scalar_tensor', numberToTensor],
  ['tensor', tensor],
  ['as_tensor', tensor],
]; // prettier-ignore
