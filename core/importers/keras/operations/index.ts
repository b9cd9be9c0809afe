import type { LayerFamily, LayerKind } from '../kind.ts';
import { arrange } from './arrange.ts';
import { elementwise } from './elementwise.ts';
import { reduce } from './reduce.ts';

/** Operations of functional graphs by the name that Keras 3 has for the function. */
export const operations: LayerFamily = { ...arrange, ...elementwise, ...reduce };

/** What other names mean: TensorFlow's functions, and classes of Keras 3 that are not named as their functions. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  absolute: 'abs', amax: 'max', amin: 'min', clip_by_value: 'clip', concat: 'concatenate', convert_to_tensor: 'copy',
  div: 'divide', floordiv: 'floor_divide', gather: 'take', getitem: 'get_item', identity: 'copy',
  l2_normalize: 'normalize', mul: 'multiply', neg: 'negative', permute_dimensions: 'transpose', pow: 'power',
  reduce_max: 'max', reduce_mean: 'mean', reduce_min: 'min', reduce_prod: 'prod', reduce_std: 'std', reduce_sum: 'sum',
  reduce_variance: 'var', reverse: 'flip', stop_gradient: 'copy', sub: 'subtract', swish: 'silu',
  true_divide: 'divide', truediv: 'divide',
}; // prettier-ignore

/** Whether a type is that of an operation and not of a layer. */
export const isOperation = (type: string): boolean => type.startsWith('ops.') || type.startsWith('tf.');

/** The name of a type in tables: `ops.ReduceMax` of Keras 3 and `tf.math.reduce_max` of TensorFlow are `ops.max`. */
export function tableName(type: string): string {
  if (!isOperation(type)) return type;
  const last = type.slice(type.lastIndexOf('.') + 1);
  const snake = last.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return `ops.${Object.hasOwn(OTHER_NAMES, snake) ? OTHER_NAMES[snake] : snake}`;
}

/** How an operation is imported. */
export function operationOf(type: string): LayerKind | undefined {
  const name = tableName(type).slice('ops.'.length);
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}
