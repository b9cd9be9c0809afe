import { DataSized } from '../../onnx/data-sized.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { operands, promoted } from './promote.ts';

/** Operands of a comparison: truths as integers where order matters. */
function compared(c: TorchComposer): [string, string] {
  const [x, y] = operands(c);
  return c.type(x) === 'bool' ? [c.cast(x, 'int64'), c.cast(y, 'int64')] : [x, y];
}

const compare = (type: string): TorchOperator =>
  torchOperator('self other', (c) => c.main(type, compared(c)));

/** Whether elements are not zero. */
export function truths(c: TorchComposer, name: string): string {
  const type = c.type(name);
  if (type === 'bool') return name;
  const zero = type.startsWith('float') ? c.scalar(0) : c.integer(0);
  return c.op('Not', [c.op('Equal', [name, zero])]);
}

const logical = (type: string): TorchOperator =>
  torchOperator('self other', (c) =>
    c.main(type, [truths(c, c.tensor('self')), truths(c, c.tensor('other'))]),
  );

const bits = (type: string, ofTruths: string): TorchOperator =>
  torchOperator(
    'self other',
    (c) => {
      const [x, y] = operands(c);
      if (c.type(x) === 'bool') return c.main(ofTruths, [x, y]);
      // The device has integers of 32 bits.
      return c.main(type, [c.cast(x, 'int32'), c.cast(y, 'int32')]);
    },
    { integers: ['self', 'other'] },
  );

function not(c: TorchComposer): string {
  return c.main('Not', [truths(c, c.tensor('self'))]);
}

function where(c: TorchComposer): string {
  if (!c.given('self')) throw new DataSized();
  const [x, y] = promoted(c, [c.tensor('self'), c.tensor('other')]);
  return c.main('Where', [truths(c, c.tensor('condition')), x, y]);
}

function maskedFill(c: TorchComposer): string {
  const x = c.tensor('self');
  const value = c.isFloat(x) ? c.float(c.tensor('value')) : c.cast(c.tensor('value'), c.type(x));
  return c.main('Where', [truths(c, c.tensor('mask')), value, x]);
}

/** Comparisons, logic and choices. */
export const comparisons: Readonly<Record<string, TorchOperator>> = {
  'aten::eq': compare('Equal'),
  'aten::lt': compare('Less'),
  'aten::le': compare('LessOrEqual'),
  'aten::gt': compare('Greater'),
  'aten::ge': compare('GreaterOrEqual'),
  'aten::ne': torchOperator('self other', (c) => c.main('Not', [c.op('Equal', compared(c))])),
  'aten::logical_and': logical('And'),
  'aten::logical_or': logical('Or'),
  'aten::logical_xor': logical('Xor'),
  'aten::logical_not': torchOperator('self', not),
  'aten::bitwise_and': bits('BitwiseAnd', 'And'),
  'aten::bitwise_or': bits('BitwiseOr', 'Or'),
  'aten::bitwise_xor': bits('BitwiseXor', 'Xor'),
  'aten::__and__': bits('BitwiseAnd', 'And'),
  'aten::__or__': bits('BitwiseOr', 'Or'),
  'aten::__xor__': bits('BitwiseXor', 'Xor'),
  'aten::bitwise_not': torchOperator(
    'self',
    (c) => (c.type(c.tensor('self')) === 'bool' ? not(c) : c.main('BitwiseNot', [c.tensor('self')])),
    { integers: ['self'] },
  ),
  'aten::where': torchOperator('condition self other', where),
  'aten::masked_fill': torchOperator('self mask value', maskedFill),
};
