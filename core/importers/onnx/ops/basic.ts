import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { Formula, typeOf } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { foldedCount, fromNumbers, integerList, integersOf, numbersOf, product } from '../numeric.ts';
import { needed, type Operator, type OperatorFamily } from '../operator.ts';
import { roundToFloat8 } from './round-float8.ts';
import { elementType, isFloat8, onnxType, smallIntegerLimits } from '../tensor-data.ts';

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

/** Float types compute alike, and so do integers; a cast inside a family is nothing. */
const family = (type: ElementType): string =>
  type.startsWith('float') ? 'float32' : type === 'bool' ? 'bool' : 'int32';

/** @throws Unsupported for types that have no place on the device. */
function castTarget(onnxType: number): ElementType {
  const to = elementType(onnxType);
  if (!to) throw new Unsupported(`a cast to ONNX type ${onnxType}`);
  return to;
}

function convertCast(node: OnnxNode, builder: Builder, onnxType: number): void {
  const value = builder.value(node, 0);
  const to = castTarget(onnxType);
  const limits = smallIntegerLimits(onnxType);
  if (isFloat8(onnxType)) {
    const f = new Formula(node, builder, { ...value, type: 'float32' });
    return f.emit(roundToFloat8(f, value.ref, onnxType, node.int('saturate', 1) !== 0), to);
  }
  if (limits) {
    // 4-bit types are the only ones that round and saturate.
    const f = new Formula(node, builder, value);
    const whole = f.isInteger ? value.ref : f.apply('round', [value.ref]);
    return f.emit(f.clip(whole, limits[0], limits[1]), to);
  }
  if (family(value.type) === family(to)) return builder.emit(node, 0, { ...value, type: to });
  builder.unary(node, 'cast', [
    ['in_data_type', family(value.type)],
    ['out_data_type', family(to)],
  ]);
  const result = builder.values.get(node.outputs[0]);
  if (result) builder.emit(node, 0, { ...result, type: to });
}

function foldCast(tensor: Tensor, onnxType: number): Tensor {
  const to = castTarget(onnxType);
  const limits = smallIntegerLimits(onnxType);
  if (isFloat8(onnxType)) throw new Unsupported('rounding a constant to an 8-bit float');
  if (limits) {
    const clipped = Float64Array.from(numbersOf(tensor), (x) =>
      Math.max(limits[0], Math.min(limits[1], Math.round(x))),
    );
    return fromNumbers(to, tensor.shape, clipped);
  }
  return to === tensor.type ? tensor : fromNumbers(to, tensor.shape, numbersOf(tensor));
}

const cast: Operator = {
  convert: (node, builder) => convertCast(node, builder, node.int('to', 1)),
  fold: (node, inputs) => [foldCast(needed(node, inputs, 0), node.int('to', 1))],
};

/** A cast to the type of another tensor, whose values do not matter. */
const castLike: Operator = {
  convert: (node, builder) => {
    const given = builder.onnxTypes.get(node.inputs[1] ?? '') ?? 0;
    const target = given === 0 ? onnxType(typeOf(node, builder, 1)) : given;
    const known = builder.constant(node, 0);
    if (known) builder.emitConstant(node, 0, foldCast(known, target));
    else convertCast(node, builder, target);
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

/** Nothing is dropped at inference; the mask says so. */
const dropout: Operator = {
  convert: (node, builder) => {
    builder.alias(node);
    const shape = builder.shapeOf(node, 0);
    const kept = new Float64Array(foldedCount(shape)).fill(1);
    if ((node.outputs[1] ?? '') !== '') builder.emitConstant(node, 1, fromNumbers('bool', shape, kept));
  },
};

/** Operators that measure, make, rename or retype tensors. */
export const basic: OperatorFamily = {
  Shape: shapeOf,
  Size: size,
  ConstantOfShape: constantOfShape,
  Cast: cast,
  CastLike: castLike,
  Constant: constant,
  Identity: identity,
  Dropout: dropout,
};
