import type { ElementType } from '../../../network/tensor.ts';
import type { TorchComposer } from '../operator.ts';

/** The element type that operands of different types are computed in, by PyTorch's rule as far as we tell types. */
export function commonType(types: readonly ElementType[]): ElementType {
  if (types.some((type) => type.startsWith('float'))) return 'float32';
  return types.every((type) => type === 'bool') ? 'bool' : 'int64';
}

const isWhole = (type: ElementType): boolean => !type.startsWith('float') && type !== 'bool';

/** Tensors brought to one kind of elements: reals, integers or truths. */
export function promoted(c: TorchComposer, names: readonly string[]): string[] {
  const common = commonType(names.map((name) => c.type(name)));
  return names.map((name) => {
    if (common === 'float32') return c.float(name);
    return common === 'int64' && isWhole(c.type(name)) ? name : c.cast(name, common);
  });
}

/** Two arguments as operands: a number takes the kind of the tensor where PyTorch says so. */
export function operands(c: TorchComposer, a = 'self', b = 'other'): [string, string] {
  const [x, y] = promoted(c, [c.tensor(a), c.tensor(b)]);
  return [x, y];
}

/** Operands that are computed with: truths count as integers. */
export function numericOperands(c: TorchComposer, a = 'self', b = 'other'): [string, string] {
  const [x, y] = operands(c, a, b);
  return c.type(x) === 'bool' ? [c.cast(x, 'int64'), c.cast(y, 'int64')] : [x, y];
}
