import type { OnnxNode } from './node.ts';

/** An integer tensor that a quantized operator reads: input numbers of the tensor, its scale and its zero point. */
export interface Operand {
  input: number;
  scale: number;
  zero: number;
  /** Axis that several scales belong to; negative counts from the back. */
  axis: number;
}

/** A quantized operator as the real operator it stands for. */
export interface RealForm {
  /** Operator on real numbers, in operator set {@link REAL_OPSET}. */
  op: string;
  /** Quantized operands, in the order of the real operator's inputs. */
  operands: readonly Operand[];
  /** Input number of an int32 bias at the product of the scales of the first two operands. */
  bias?: number;
  /** Input numbers of the result's scale and zero point. */
  output: { scale: number; zero: number };
  opset?: number;
}

/** Operator set in which every operator of {@link realForm} takes the attributes of its quantized one. */
export const REAL_OPSET = 13;

const operand = (input: number, axis = 0): Operand => ({ input, scale: input + 1, zero: input + 2, axis });

/** inputs x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias */
const convolution = (): RealForm => ({
  op: 'Conv',
  operands: [operand(0), operand(3)],
  bias: 8,
  output: { scale: 6, zero: 7 },
});

const pair = (op: string): RealForm => ({
  op,
  operands: [operand(0, -2), operand(3, -1)],
  output: { scale: 6, zero: 7 },
});

const single = (op: string): RealForm => ({
  op,
  operands: [operand(0)],
  output: { scale: 3, zero: 4 },
});

/** inputs y_scale, y_zero, then x, scale and zero point of each part */
function concatenation(node: OnnxNode): RealForm {
  const parts = Math.floor((node.inputs.length - 2) / 3);
  const operands = Array.from({ length: parts }, (_, i) => operand(2 + 3 * i));
  return { op: 'Concat', operands, output: { scale: 0, zero: 1 } };
}

/** inputs a, a_scale, a_zero, b, b_scale, b_zero, c (int32), y_scale, y_zero; without the last two y is float. */
function product(node: OnnxNode): RealForm | undefined {
  if (node.float('alpha', 1) !== 1 || !node.inputs[7]) return undefined;
  const right = operand(3, node.int('transB', 0) === 0 ? 1 : 0);
  return { op: 'Gemm', operands: [operand(0), right], bias: 6, output: { scale: 7, zero: 8 } };
}

const FORMS: Readonly<Record<string, (node: OnnxNode) => RealForm | undefined>> = {
  QLinearConv: convolution,
  QLinearMatMul: () => pair('MatMul'),
  'com.microsoft:QLinearConv': convolution,
  'com.microsoft:QLinearAdd': () => pair('Add'),
  'com.microsoft:QLinearMul': () => pair('Mul'),
  'com.microsoft:QLinearSigmoid': () => single('Sigmoid'),
  'com.microsoft:QLinearLeakyRelu': () => single('LeakyRelu'),
  'com.microsoft:QLinearAveragePool': () => single('AveragePool'),
  'com.microsoft:QLinearGlobalAveragePool': () => single('GlobalAveragePool'),
  'com.microsoft:QLinearReduceMean': () => single('ReduceMean'),
  'com.microsoft:QLinearSoftmax': (node) => ({ ...single('Softmax'), opset: node.int('opset', REAL_OPSET) }),
  'com.microsoft:QLinearConcat': concatenation,
  'com.microsoft:QGemm': product,
};

/** The real operator behind a quantized one; undefined for all others and for what it can't express. */
export function realForm(node: OnnxNode): RealForm | undefined {
  if (node.int('channels_last', 0) !== 0) return undefined;
  return Object.hasOwn(FORMS, node.label) ? FORMS[node.label](node) : undefined;
}

/** Operators that hand elements on as they are, so that they mean the same on integers and on reals. */
const COPIES = new Set([
  'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity', 'Slice', 'Split', 'Gather', 'Expand', 'Tile',
  'MaxPool', 'Concat', 'Pad', 'DepthToSpace', 'SpaceToDepth',
]); // prettier-ignore

/** Operators whose results are no copies but the same for integers and the reals they stand for. */
const ORDER_ONLY = new Set(['Shape', 'Size', 'ArgMax', 'ArgMin']);

/** Whether the outputs of the node are such as its input's. */
export const handsOn = (node: OnnxNode): boolean => !ORDER_ONLY.has(node.opType);

/** Input numbers of the elements that the node hands on; undefined when it computes new ones. */
export function copiedInputs(node: OnnxNode): readonly number[] | undefined {
  if (node.domain !== '') return undefined;
  if (ORDER_ONLY.has(node.opType)) return [0];
  if (node.opType === 'Resize') return node.text('mode', 'nearest') === 'nearest' ? [0] : undefined;
  if (!COPIES.has(node.opType)) return undefined;
  if (node.opType === 'Concat') return node.inputs.map((_, index) => index);
  // Indices of maxima are no copies.
  if (node.opType === 'MaxPool' && node.outputs.length > 1) return undefined;
  return [0];
}
