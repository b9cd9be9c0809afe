import { real } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type DraftRef, type Value } from '../draft.ts';
import { Formula } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';

/** Class positions along axis 1 compared with the target: 1 where they meet and the target is not ignored. */
function chosen(node: OnnxNode, builder: Builder, f: Formula): DraftRef {
  const target = builder.value(node, 1);
  const shape = [f.shape[0], 1, ...f.shape.slice(2)];
  const plain = builder.ordered(target, identityOrder(target.shape.length));
  const labels = builder.reshape(plain, shape);
  const ints = new Formula(node, builder, { shape: f.shape, order: f.order, type: 'int32' });
  const classes = ints.along(1, identityOrder(f.shape[1]));
  const hit = f.where(f.apply('equal', [labels, classes]), 1, 0);
  if (!node.has('ignore_index')) return hit;
  const ignored = ints.apply('equal', [labels, ints.number(node.int('ignore_index', -1))]);
  return f.where(ignored, 0, hit);
}

/** -sum(weight * log probability of the target), as is, added up, or divided by the weights met. */
function loss(node: OnnxNode, builder: Builder, f: Formula, logarithms: DraftRef): void {
  const mask = chosen(node, builder, f);
  const weights = builder.constant(node, 2);
  if (!weights && builder.present(node, 2)) throw new Unsupported('computed weights');
  const share = weights ? f.mul(mask, f.along(1, Array.from(weights.data, Number))) : mask;
  const each = f.apply('neg', [f.mul(logarithms, share)]);
  const reduction = node.text('reduction', 'mean');
  const every = identityOrder(f.shape.length);
  if (reduction === 'none') {
    const shape = f.shape.filter((_, axis) => axis !== 1);
    const ref = builder.reshape(f.reduce('reducesum', each, [1]), shape);
    return builder.emit(node, 0, { shape, type: f.type, order: identityOrder(shape.length), ref });
  }
  const sum = f.reduce('reducesum', each, every);
  const total = reduction === 'sum' ? sum : f.div(sum, f.reduce('reducesum', share, every));
  builder.emit(node, 0, { shape: [], type: f.type, order: [], ref: builder.reshape(total, [1]) });
}

function plainInput(node: OnnxNode, builder: Builder): Value {
  const value = builder.value(node, 0);
  const order = identityOrder(value.shape.length);
  return { ...value, order, ref: builder.ordered(value, order) };
}

function convertNegativeLogLikelihood(node: OnnxNode, builder: Builder): void {
  const value = plainInput(node, builder);
  loss(node, builder, new Formula(node, builder, value), value.ref);
}

function convertCrossEntropy(node: OnnxNode, builder: Builder): void {
  const value = plainInput(node, builder);
  const f = new Formula(node, builder, value);
  const logarithms = f.apply(
    'log_softmax',
    [value.ref],
    [
      ['sf_axis', 1],
      ['beta', real(1)],
    ],
  );
  loss(node, builder, f, logarithms);
  f.emit(logarithms, value.type, 1);
}

/** Losses, as a user may want them computed on the device too. */
export const losses: OperatorFamily = {
  NegativeLogLikelihoodLoss: { convert: convertNegativeLogLikelihood },
  SoftmaxCrossEntropyLoss: { convert: convertCrossEntropy },
};
