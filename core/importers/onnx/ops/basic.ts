import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { Unsupported } from '../builder.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, fromNumbers, integerList, integersOf, numbersOf } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { elementType } from '../tensor-data.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

const shapeOf: Operator = {
  convert: (node, builder) => {
    const shape = builder.shapeOf(node, 0);
    builder.emitConstant(
      node,
      0,
      integerList(shape.slice(node.int('start', 0), node.int('end', shape.length))),
    );
  },
};

const size: Operator = {
  convert: (node, builder) =>
    builder.emitConstant(node, 0, fromNumbers('int64', [], [product(builder.shapeOf(node, 0))])),
};

const constantOfShape: Operator = {
  fold: (node, inputs) => {
    const shape = integersOf(needed(node, inputs, 0));
    const value = node.tensor('value');
    const count = foldedCount(shape);
    const fill = value ? numbersOf(value)[0] : 0;
    return [fromNumbers(value?.type ?? 'float32', shape, new Float64Array(count).fill(fill))];
  },
};

/** Float types compute alike; a cast between them is nothing. */
const family = (type: ElementType): string =>
  type.startsWith('float') ? 'float32' : type === 'int64' ? 'int32' : type;

const cast: Operator = {
  convert: (node, builder) => {
    const value = builder.value(node, 0);
    const to = elementType(node.int('to', 1));
    if (!to) throw new Unsupported(`a cast to ONNX type ${node.int('to', 1)}`);
    if (family(value.type) === family(to)) return builder.emitView(node, 0, { ...value, type: to });
    builder.unary(node, 'cast', [
      ['in_data_type', family(value.type)],
      ['out_data_type', family(to)],
    ]);
    const result = builder.values.get(node.outputs[0]);
    if (result) builder.emit(node, 0, { ...result, type: to });
  },
  fold: (node, inputs) => {
    const tensor = needed(node, inputs, 0);
    const to = elementType(node.int('to', 1));
    if (!to) throw new Unsupported(`a cast to ONNX type ${node.int('to', 1)}`);
    return [to === tensor.type ? tensor : fromNumbers(to, tensor.shape, numbersOf(tensor))];
  },
};

function constantValue(node: OnnxNode): Tensor {
  const tensor = node.tensor('value') ?? node.tensor('sparse_value');
  if (tensor) return tensor;
  const floats = node.floats('value_floats');
  if (node.has('value_floats') && floats) return fromNumbers('float32', [floats.length], floats);
  const ints = node.ints('value_ints');
  if (node.has('value_ints') && ints) return integerList(ints);
  if (node.has('value_float')) return fromNumbers('float32', [], [node.float('value_float', 0)]);
  if (node.has('value_int')) return fromNumbers('int64', [], [node.int('value_int', 0)]);
  throw new Unsupported('a constant that is not a number');
}

const constant: Operator = {
  convert: (node, builder) => {
    const name = node.outputs[0] ?? '';
    builder.constants.set(name, { tensor: constantValue(node), layerName: node.layerName });
  },
};

const identity: Operator = { convert: (node, builder) => builder.alias(node) };

const dropout: Operator = {
  convert: (node, builder) => {
    if ((node.outputs[1] ?? '') !== '' && (builder.uses.get(node.outputs[1]) ?? 0) > 0)
      throw new Unsupported('the mask as an output');
    builder.alias(node);
  },
};

/** Operators that measure, make, rename or retype tensors. */
export const basic: OperatorFamily = {
  Shape: shapeOf,
  Size: size,
  ConstantOfShape: constantOfShape,
  Cast: cast,
  CastLike: { convert: (node, builder) => builder.alias(node) },
  Constant: constant,
  Identity: identity,
  Dropout: dropout,
};
