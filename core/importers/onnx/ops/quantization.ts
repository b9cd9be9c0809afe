import type { ElementType, Tensor } from '../../../network/tensor.ts';
import { Unsupported, type Builder } from '../builder.ts';
import type { DraftRef, Value } from '../draft.ts';
import { Formula, typeOf } from '../formula.ts';
import type { OnnxNode } from '../node.ts';
import { filled, frontAxis, fromNumbers, numbersOf, product } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { roundToFloat8 } from './round-float8.ts';
import { elementType, isFloat8, smallIntegerLimits } from '../tensor-data.ts';

/** Smallest and largest value of the integer types that ONNX quantizes to. */
const LIMITS: Partial<Record<ElementType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Scale or zero point so that it broadcasts with the value: one number, one per index of the axis, or blocks. */
function spread(node: OnnxNode, builder: Builder, f: Formula, index: number): DraftRef {
  const rank = f.shape.length;
  const constant = builder.constant(node, index);
  const count = constant?.data.length ?? product(builder.shapeOf(node, index));
  if (count === 1) {
    if (!constant) return builder.reshape(builder.value(node, index).ref, filled(rank, 1));
    return f.number(numbersOf(constant)[0]);
  }
  if (!constant) throw new Unsupported('a computed scale or zero point per channel');
  const axis = frontAxis(node.int('axis', 1), rank);
  const block = node.int('block_size', 0);
  if (block > 0) return f.constant(blocks(f, constant, axis, block));
  if (constant.shape.length !== 1 || count !== f.shape[axis]) {
    throw node.invalid(`${count} scales or zero points for ${f.shape[axis]} indices of axis ${axis}`);
  }
  return f.along(axis, Array.from(numbersOf(constant)));
}

/** One value per `block` indices along the axis, repeated to one per index. */
function blocks(f: Formula, tensor: Tensor, axis: number, block: number): Tensor {
  const numbers = numbersOf(tensor);
  const dim = f.shape[axis];
  const inner = f.shape.slice(axis + 1).reduce((all, size) => all * size, 1);
  const count = Math.ceil(dim / block);
  const values = Float64Array.from({ length: f.shape.reduce((all, size) => all * size, 1) }, (_, i) => {
    const row = Math.floor(i / inner);
    const outer = Math.floor(row / dim);
    return numbers[(outer * count + Math.floor((row % dim) / block)) * inner + (i % inner)];
  });
  return fromNumbers('float32', f.shape, values);
}

/** ONNX's number of the type to quantize to: that of the zero point, or an attribute, or uint8. */
function targetType(node: OnnxNode, builder: Builder): number {
  const given = builder.onnxTypes.get(node.inputs[2] ?? '') ?? node.int('output_dtype', 0);
  if (given !== 0) return given;
  const type = builder.present(node, 2) ? typeOf(node, builder, 2) : 'uint8';
  return { uint8: 2, int8: 3, uint16: 4, int16: 5 }[type as string] ?? 1;
}

/** saturate(round(x / scale) + zero point), in floats: whole numbers up to 2^24 are exact. */
function convertQuantize(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const f = new Formula(node, builder, { ...value, type: 'float32' });
  const target = targetType(node, builder);
  if (isFloat8(target)) {
    const scaled = f.div(value.ref, spread(node, builder, f, 1));
    const moved = builder.present(node, 2) ? f.add(scaled, spread(node, builder, f, 2)) : scaled;
    return f.emit(roundToFloat8(f, moved, target, node.int('saturate', 1) !== 0));
  }
  const shown = elementType(target) ?? 'float32';
  const limits = smallIntegerLimits(target) ?? LIMITS[shown];
  if (!limits) throw new Unsupported(`quantization to ${shown}`);
  const scaled = f.apply('round', [f.div(value.ref, spread(node, builder, f, 1))]);
  const moved = builder.present(node, 2) ? f.add(scaled, spread(node, builder, f, 2)) : scaled;
  f.emit(f.clip(moved, limits[0], limits[1]), shown);
}

/** (x - zero point) * scale */
function convertDequantize(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const f = new Formula(node, builder, { ...value, type: 'float32' });
  const moved = builder.present(node, 2) ? f.sub(value.ref, spread(node, builder, f, 2)) : value.ref;
  f.emit(f.mul(moved, spread(node, builder, f, 1)), 'float32');
}

/** Scale and zero point from the smallest and largest element, which always enclose 0. */
function convertDynamic(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const f = new Formula(node, builder, value);
  const all = value.shape.map((_, axis) => axis);
  const low = f.min(f.reduce('reducemin', value.ref, all), 0);
  const high = f.max(f.reduce('reducemax', value.ref, all), 0);
  const scale = f.div(f.sub(high, low), 255);
  const zero = f.clip(f.apply('round', [f.div(f.sub(0, low), scale)]), 0, 255);
  const rounded = f.apply('round', [f.div(value.ref, scale)]);
  f.emit(f.clip(f.add(rounded, zero), 0, 255), 'uint8');
  const single = (ref: DraftRef, type: ElementType): Value => ({
    shape: [],
    type,
    order: [],
    ref: builder.reshape(ref, [1]),
  });
  builder.emit(node, 1, single(scale, 'float32'));
  builder.emit(node, 2, single(zero, 'uint8'));
}

/** Quantization written out as arithmetic. */
export const quantization: OperatorFamily = {
  QuantizeLinear: { convert: convertQuantize },
  DequantizeLinear: { convert: convertDequantize },
  DynamicQuantizeLinear: { convert: convertDynamic },
  'com.microsoft:QuantizeLinear': { convert: convertQuantize },
  'com.microsoft:DequantizeLinear': { convert: convertDequantize },
};
