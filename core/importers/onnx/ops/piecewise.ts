import { real } from '../../../network/layer.ts';
import type { Builder } from '../builder.ts';
import { identityOrder, type DraftRef, type Value } from '../draft.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, product } from '../numeric.ts';
import type { Operator, OperatorFamily } from '../operator.ts';

/** One formula over the input. */
const composed = (formula: (f: Formula, x: DraftRef, node: OnnxNode) => DraftRef): Operator => ({
  convert: (node, builder) => {
    const { f, x } = Formula.ofInput(node, builder);
    f.emit(formula(f, x, node));
  },
});

const elu = (f: Formula, x: DraftRef, alpha: number): DraftRef =>
  f.apply('elu', [x], [['alpha', real(alpha)]]);

/** Constants of the paper, as ONNX writes them. */
const SELU_ALPHA = Math.fround(1.67326319217681884765625);
const SELU_GAMMA = Math.fround(1.05070102214813232421875);

/** gamma * (x > 0 ? x : alpha * (exp(x) - 1)) */
const selu = composed((f, x, node) =>
  f.mul(elu(f, x, node.float('alpha', SELU_ALPHA)), node.float('gamma', SELU_GAMMA)),
);

/** x > 0 ? x : alpha * (exp(x / alpha) - 1) */
const celu = composed((f, x, node) => {
  const alpha = node.float('alpha', 1);
  return alpha === 1 ? elu(f, x, 1) : f.mul(elu(f, f.div(x, alpha), 1), alpha);
});

const thresholdedRelu = composed((f, x, node) =>
  f.where(f.apply('greater', [x, node.float('alpha', 1)]), x, 0),
);

/** x + bias below -lambd, x - bias above lambd, 0 between. */
const shrink = composed((f, x, node) => {
  const limit = node.float('lambd', 0.5);
  const bias = node.float('bias', 0);
  const [down, up] = bias === 0 ? [x, x] : [f.sub(x, bias), f.add(x, bias)];
  const low = f.where(f.apply('less', [x, -limit]), up, 0);
  return f.where(f.apply('greater', [x, limit]), down, low);
});

const softsign = composed((f, x) => f.div(x, f.add(f.apply('abs', [x]), 1)));

const swish: Operator = {
  convert: (node, builder) => void builder.unary(node, 'swish', [['beta', real(node.float('alpha', 1))]]),
};

/** 1 at the first of the largest elements along an axis, 0 elsewhere: where the index is that of the maximum. */
function convertHardmax(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const rank = value.shape.length;
  const axis = frontAxis(node.int('axis', node.opset < 13 ? 1 : -1), rank);
  if (node.opset >= 13) {
    const ref = oneAtLargest(node, builder, value, axis);
    return builder.emit(node, 0, { ...value, ref });
  }
  // Before opset 13 all axes from `axis` on were one.
  const order = identityOrder(rank);
  const rows = product(value.shape.slice(0, axis));
  const shape = [rows, product(value.shape.slice(axis))];
  const flat = builder.reshape(builder.ordered(value, order), shape);
  const ref = oneAtLargest(node, builder, { shape, order: [0, 1], type: value.type, ref: flat }, 1);
  builder.emit(node, 0, { ...value, order, ref: builder.reshape(ref, value.shape) });
}

function oneAtLargest(node: OnnxNode, builder: Builder, value: Value, axis: number): DraftRef {
  const f = new Formula(node, builder, { ...value, type: 'float32' });
  const places = new Formula(node, builder, { ...value, type: 'int32' });
  const kept = value.order.map((index) => (index === axis ? 1 : value.shape[index]));
  const largest = builder.reshape(
    f.apply('argmax', [value.ref], [['axis', value.order.indexOf(axis)]]),
    kept,
  );
  const here = places.apply('equal', [largest, places.along(axis, identityOrder(value.shape[axis]))]);
  return f.where(here, 1, 0);
}

/** relu(x) + slope * min(x, 0): for slopes of any shape, also computed ones. */
export function generalPRelu(node: OnnxNode, builder: Builder): void {
  const { f, terms } = Formula.ofInputs(node, builder, 2);
  const [x, slope] = terms;
  f.emit(f.add(f.apply('relu', [x]), f.mul(f.min(x, 0), slope)));
}

/** Activations that are composed of simpler layers. */
export const piecewise: OperatorFamily = {
  Selu: selu,
  Celu: celu,
  ThresholdedRelu: thresholdedRelu,
  Shrink: shrink,
  Softsign: softsign,
  Swish: swish,
  Hardmax: { convert: convertHardmax },
};
