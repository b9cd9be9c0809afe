import type { Builtin } from './builtins.ts';
import { itemsOf, wrongOperands } from './scalars.ts';
import { ListValue, ObjectValue, TupleValue, type Value } from './values.ts';

const LINEAR = ['weight', 'bias'];
const CONVOLUTION = [...LINEAR, 'stride', 'padding', 'dilation', 'groups'];
const TRANSPOSED = [...LINEAR, 'stride', 'padding', 'output_padding', 'dilation', 'groups'];

/** Weights of a quantized layer with what else the layer needs, as PyTorch holds them together. */
function packed(names: readonly string[], values: readonly Value[]): ObjectValue {
  const object = new ObjectValue(PACKED, '');
  names.forEach((name, i) => object.attributes.set(name, values[i] ?? null));
  return object;
}

const PACKED = '__torch__.torch.classes.quantized.PackedParams';

/** Whether a class is PyTorch's own, without code in the archive. */
export const isNative = (type: string): boolean => type.startsWith('__torch__.torch.classes.');

/** The arguments of a quantized operator, with packed weights spread out. */
export function unpacked(args: readonly Value[]): Value[] {
  return args.flatMap((value) =>
    value instanceof ObjectValue && value.type === PACKED ? [...value.attributes.values()] : [value],
  );
}

/** Makes packed weights of the state that a file holds: of a linear layer, or of a convolution in two generations. */
export function restoredPacked(type: string, state: Value): Value {
  const items = itemsOf(state);
  if (!items) throw wrongOperands('packed weights');
  if (type.includes('Linear')) return packed(LINEAR, items);
  const [, second, third] = items.map((item) => itemsOf(item) ?? []);
  const numbers = second.every((item) => typeof item === 'bigint') ? second : undefined;
  if (!numbers) throw wrongOperands('weights that PyTorch 1.6 or older packed');
  const rank = Number(numbers[0]);
  const group = (index: number): ListValue =>
    new ListValue(numbers.slice(1 + index * rank, 1 + (index + 1) * rank));
  const [groups, transposed] = numbers.slice(1 + 4 * rank);
  const weights = [third[1] ?? null, third[2] ?? null];
  return transposed === 1n
    ? packed(TRANSPOSED, [...weights, group(0), group(1), group(3), group(2), groups])
    : packed(CONVOLUTION, [...weights, group(0), group(1), group(2), groups]);
}

const prepack =
  (names: readonly string[]): Builtin =>
  (args) =>
    packed(names, args);

const unpack: Builtin = ([value]) =>
  value instanceof ObjectValue
    ? new TupleValue(LINEAR.map((name) => value.attributes.get(name) ?? null))
    : undefined;

/** Functions that put weights together and take them apart; nothing is computed. */
export const packedBuiltins: ReadonlyMap<string, Builtin> = new Map([
  ...['conv1d', 'conv2d', 'conv3d'].map((name) => [`${name}_prepack`, prepack(CONVOLUTION)] as const),
  ...['conv_transpose1d', 'conv_transpose2d', 'conv_transpose3d'].map((name) => [`${name}_prepack`, prepack(TRANSPOSED)] as const),
  ['linear_prepack', prepack(LINEAR)],
  ['linear_unpack', unpack],
  ['conv2d_unpack', unpack],
]); // prettier-ignore
