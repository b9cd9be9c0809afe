import { Unsupported } from '../../onnx/builder.ts';
import { composed, type Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, fromNumbers, integersOf, numbersOf, scalarOf, product } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { storedType } from '../tensor-types.ts';
import { formula, same } from './elementwise.ts';
import { computed, knownTensor } from './helpers.ts';
import { updated } from './pick.ts';
import { cast } from './storage.ts';
import { spreadOut } from './windows.ts';

/** The shape of the result, which some of these operators only say there. */
const resultShape = (node: OnnxNode): number[] => node.ints('output_shape') ?? [];

/** Numbers of an attribute, one for each axis. */
const perAxis = (node: OnnxNode, name: string, rank: number, fallback: number): number[] =>
  node.intsOf(name, rank, fallback);

const reshape = formula((c, [x], node) =>
  c.main('Reshape', [x, c.ints(resultShape(node))], { allowzero: 1 }),
);

/** Each axis of the operand becomes the axis of the result that is named for it. */
const broadcast = formula((c, [x], node) => {
  const shape = resultShape(node);
  const axes = node.ints('dimensions') ?? [];
  const full = filled(shape.length, 1);
  axes.forEach((axis, i) => (full[axis] = c.shape(x)[i]));
  return c.main('Expand', [c.reshape(x, full), c.ints(shape)]);
});

const slice = formula((c, [x], node) => {
  const { length: rank } = c.shape(x);
  const [starts, limits] = ['starts', 'limits'].map((name) => perAxis(node, name, rank, 0));
  const lists = [starts, limits, starts.map((_, axis) => axis), perAxis(node, 'strides', rank, 1)];
  return c.main('Slice', [x, ...lists.map((list) => c.ints(list))]);
});

/** Amounts before, behind and between; negative ones in front and behind cut off. */
const pad = formula((c, [x], node) => {
  const { length: rank } = c.shape(x);
  const fill = scalarOf(knownTensor(c, node, 1, 'the fill')) ?? 0;
  const gaps = perAxis(node, 'interior', rank, 0);
  if (gaps.some((gap) => gap < 0)) throw node.invalid(`gaps of [${gaps.join(',')}]`);
  return c.pad(
    spreadOut(c, x, gaps, fill),
    perAxis(node, 'low', rank, 0),
    perAxis(node, 'high', rank, 0),
    fill,
  );
});

/** 0, 1, 2, ... along one axis. */
const iota = composed((c, node) => {
  const shape = resultShape(node);
  const axis = node.int('dimension', 0);
  const inner = product(shape.slice(axis + 1));
  const type = storedType(node.int('output_type', 0)).element ?? 'float32';
  const size = shape[axis] ?? 1;
  c.output(
    0,
    computed(c, type, shape, (i) => Math.floor(i / inner) % size),
  );
});

/** In the order of the schema's StablehloComparisonDirection. */
const COMPARISONS = ['Equal', 'Equal', 'GreaterOrEqual', 'Greater', 'LessOrEqual', 'Less'];

const compare = formula((c, inputs, node) => {
  const direction = node.int('direction', 0);
  const type = COMPARISONS[direction];
  if (type === undefined) throw node.invalid(`comparison ${direction} does not exist`);
  return direction === 1 ? c.main('Not', [c.op(type, inputs)]) : c.main(type, inputs);
});

/** Where a slice begins: one known number per axis, moved so that the slice is inside. */
function begins(c: Composer, node: OnnxNode, from: number, part: readonly number[]): number[] {
  const shape = c.shape(c.input(0));
  const asked = shape.map(
    (_, axis) => integersOf(knownTensor(c, node, from + axis, 'the begin of the slice'))[0] ?? 0,
  );
  return asked.map((first, axis) => Math.max(0, Math.min(first, shape[axis] - part[axis])));
}

const dynamicSlice = formula((c, [x], node) => {
  const sizes = perAxis(node, 'sizes', c.shape(x).length, 1);
  const first = begins(c, node, 1, sizes);
  return first.reduce((part, begin, axis) => c.slice(part, axis, begin, sizes[axis]), x);
});

const updateSlice = formula((c, [x, update], node) =>
  updated(c, node, x, update, begins(c, node, 2, c.shape(update))),
);

const concatenate = formula((c, inputs, node) =>
  c.main('Concat', inputs, { axis: node.int('dimension', 0) }),
);

const transpose = formula((c, [x], node) =>
  c.main('Transpose', [x], { perm: node.ints('permutation') ?? [] }),
);

/** The root keeps the sign. */
const cubeRoot = formula((c, [x]) =>
  c.main('Mul', [c.op('Sign', [x]), c.op('Pow', [c.op('Abs', [x]), c.scalar(1 / 3)])]),
);

const shiftLeft = formula((c, [x, count]) => {
  const known = c.known(count);
  if (!known) throw new Unsupported('a shift that is only known at run time');
  const powers = Float64Array.from(numbersOf(known), (bits) => 2 ** bits);
  return c.main('Mul', [x, c.constant(fromNumbers(known.type, known.shape, powers))]);
});

const alike: Readonly<Record<string, string>> = {
  ABS: 'Abs', ADD: 'Add', AND: 'And', COSINE: 'Cos', DIVIDE: 'Div', EXPONENTIAL: 'Exp', FLOOR: 'Floor', LOG: 'Log',
  LOGISTIC: 'Sigmoid', MAXIMUM: 'Max', MINIMUM: 'Min', MULTIPLY: 'Mul', NEGATE: 'Neg', OR: 'Or', POWER: 'Pow',
  SELECT: 'Where', SUBTRACT: 'Sub', TANH: 'Tanh',
}; // prettier-ignore

const operators: Readonly<Record<string, Operator>> = {
  BROADCAST_IN_DIM: broadcast,
  CBRT: cubeRoot,
  CLAMP: formula((c, [low, x, high]) => c.main('Min', [c.op('Max', [x, low]), high])),
  COMPARE: compare,
  CONCATENATE: concatenate,
  CONVERT: { convert: cast },
  DYNAMIC_SLICE: dynamicSlice,
  DYNAMIC_UPDATE_SLICE: updateSlice,
  IOTA: { convert: iota },
  PAD: pad,
  // The remainder has the sign of the dividend.
  REMAINDER: same('Mod', () => ({ fmod: 1 })),
  RESHAPE: reshape,
  RSQRT: formula((c, [x]) => c.main('Reciprocal', [c.op('Sqrt', [x])])),
  SHIFT_LEFT: shiftLeft,
  SLICE: slice,
  TRANSPOSE: transpose,
};

/** Operators of StableHLO that work element by element or only move elements. */
export const stablehlo: OperatorFamily = Object.fromEntries([
  ...Object.entries(alike).map(([name, type]) => [`tflite:STABLEHLO_${name}`, same(type)] as const),
  ...Object.entries(operators).map(([name, operator]) => [`tflite:STABLEHLO_${name}`, operator] as const),
]);
