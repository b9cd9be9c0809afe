import type { ElementType } from '../../../network/tensor.ts';
import { foldedCount, fromNumbers } from '../../onnx/numeric.ts';
import {
  InputTensor,
  torchOperator,
  type Argument,
  type TorchComposer,
  type TorchOperator,
} from '../operator.ts';

const OPTIONS = 'dtype layout device pin_memory memory_format';

/** The element type asked for; else of the tensor it is like, else of the value. */
function typeOf(c: TorchComposer, fallback: ElementType): ElementType {
  return c.elementType('dtype') ?? (c.isTensor('self') ? c.type(c.tensor('self')) : fallback);
}

function filledWith(
  c: TorchComposer,
  value: number,
  shape: readonly number[],
  fallback: ElementType,
): string {
  return c.filled(value, shape, typeOf(c, fallback));
}

const ofSize = (signature: string, value: number): TorchOperator =>
  torchOperator(`${signature} ${OPTIONS}`, (c) => filledWith(c, value, c.integers('size'), 'float32'));

const like = (value: number): TorchOperator =>
  torchOperator(`self ${OPTIONS}`, (c) => filledWith(c, value, c.shape(c.tensor('self')), 'float32'));

const kindOf = (value: Argument): ElementType =>
  typeof value === 'bigint' ? 'int64' : typeof value === 'boolean' ? 'bool' : 'float32';

const full = (signature: string): TorchOperator =>
  torchOperator(`${signature} ${OPTIONS}`, (c) => {
    const shape = c.given('size') ? c.integers('size') : c.shape(c.tensor('self'));
    return filledWith(c, c.number('fill_value'), shape, kindOf(c.argument('fill_value')));
  });

/** Overloads: `(end)`, `(start, end)`, `(start, end, step)`, each with four options behind. */
function arange(c: TorchComposer): string {
  const given = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => c.argument(name));
  const last = given.findLastIndex((value) => value !== null);
  // The options dtype, layout, device and pin_memory stand at the end when they have no names.
  const positional = [5, 6, 7].find((count) => last >= count - 4 && c.text(OPTION_PLACE[count], '') !== '');
  const bounds = positional === undefined ? last + 1 : positional - 4;
  const numbers = ['a', 'b', 'c'].slice(0, bounds).map((name) => c.number(name));
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  const whole = given.slice(0, bounds).every((value) => typeof value === 'bigint' || isWholeTensor(c, value));
  const place = ['a', 'b', 'c', 'd'][bounds];
  const type =
    (positional === undefined ? c.elementType('dtype') : c.elementType(place)) ??
    (whole ? 'int64' : 'float32');
  const count = Math.max(0, Math.ceil((end - start) / step));
  foldedCount([count]);
  return c.constant(
    fromNumbers(
      type,
      [count],
      Float64Array.from({ length: count }, (_, i) => start + i * step),
    ),
  );
}

/** Where the device stands when an arange has so many arguments. */
const OPTION_PLACE: Readonly<Record<number, string>> = { 5: 'd', 6: 'e', 7: 'f' };

function isWholeTensor(c: TorchComposer, value: Argument): boolean {
  return value instanceof InputTensor && !c.isFloat(c.input(value.index));
}

function linspace(c: TorchComposer): string {
  const [start, end, steps] = [c.number('start'), c.number('end'), c.int('steps')];
  foldedCount([steps]);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  const values = Float64Array.from({ length: steps }, (_, i) => (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step)); // prettier-ignore
  return c.constant(fromNumbers(typeOf(c, 'float32'), [steps], values));
}

function eye(c: TorchComposer): string {
  const rows = c.int('n');
  const columns = typeof c.argument('m') === 'bigint' && c.given('device') ? c.int('m') : rows;
  const values = new Float64Array(foldedCount([rows, columns]));
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return c.constant(fromNumbers(c.elementType('dtype') ?? 'float32', [rows, columns], values));
}

/** The tensor with all elements replaced by one number. */
const fill = torchOperator('self value', (c) => {
  const x = c.tensor('self');
  const value = c.cast(c.tensor('value'), c.type(x));
  if (c.known(value)) return c.filled(c.number('value'), c.shape(x), c.type(x));
  return c.op('Expand', [value, c.ints(c.shape(x))]);
});

/** Tensors of plain numbers. What `empty` holds is nobody's business until it is written. */
export const generators: Readonly<Record<string, TorchOperator>> = {
  'aten::zeros': ofSize('size', 0),
  'aten::ones': ofSize('size', 1),
  'aten::empty': ofSize('size', 0),
  'aten::new_zeros': ofSize('self size', 0),
  'aten::new_ones': ofSize('self size', 1),
  'aten::new_empty': ofSize('self size', 0),
  'aten::zeros_like': like(0),
  'aten::ones_like': like(1),
  'aten::empty_like': like(0),
  'aten::full': full('size fill_value'),
  'aten::new_full': full('self size fill_value'),
  'aten::full_like': full('self fill_value'),
  'aten::arange': torchOperator('a b c d e f g', arange),
  'aten::linspace': torchOperator(`start end steps ${OPTIONS}`, linspace),
  'aten::eye': torchOperator(`n m ${OPTIONS}`, eye),
  'aten::fill': fill,
  'aten::zero': torchOperator('self', (c) =>
    c.filled(0, c.shape(c.tensor('self')), c.type(c.tensor('self'))),
  ),
};
