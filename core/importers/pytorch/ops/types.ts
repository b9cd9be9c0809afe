import { Unsupported } from '../../onnx/builder.ts';
import type { ElementType } from '../../../network/tensor.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

const same = torchOperator('self a b c d e', (c) => c.tensor('self'));

/** Overloads of `to`: a type, a device and a type, or another tensor. */
function to(c: TorchComposer): string {
  const x = c.tensor('self');
  if (c.isTensor('a')) return c.cast(x, c.type(c.tensor('a')));
  const place = c.given('dtype') ? 'dtype' : ['a', 'b'].find((name) => typeof c.argument(name) === 'bigint');
  const type = place === undefined ? undefined : c.elementType(place);
  return type === undefined ? x : c.cast(x, reals(type));
}

/** Reals are all computed alike. */
const reals = (type: ElementType): ElementType => (type.startsWith('float') ? 'float32' : type);

const castTo = (type: ElementType): TorchOperator =>
  torchOperator('self non_blocking', (c) => c.cast(c.tensor('self'), type));

const random = (what: string): TorchOperator =>
  torchOperator('self', () => {
    throw new Unsupported(`${what}: a network that is random can not be imported`);
  });

/** Changes of element type, and operators that change nothing in inference. */
export const types: Readonly<Record<string, TorchOperator>> = {
  'aten::to': torchOperator('self a b c d e', to),
  'aten::_to_copy': torchOperator('self dtype', to),
  'aten::type_as': torchOperator('self other', (c) =>
    c.cast(c.tensor('self'), reals(c.type(c.tensor('other')))),
  ),
  'aten::_cast_Float': castTo('float32'),
  'aten::_cast_Int': castTo('int32'),
  'aten::_cast_Long': castTo('int64'),
  'aten::contiguous': same,
  'aten::clone': same,
  'aten::detach': { ...same, isView: true },
  'aten::alias': { ...same, isView: true },
  'views::detach': torchOperator('self src', (c) => c.tensor('src')),
  'views::alias': torchOperator('self src', (c) => c.tensor('src')),
  'aten::lift_fresh': same,
  'aten::resolve_conj': same,
  'aten::resolve_neg': same,
  'aten::cpu': same,
  'aten::cuda': same,
  'prim::data': same,
  'aten::rand': random('rand'),
  'aten::randn': random('randn'),
  'aten::rand_like': random('rand_like'),
  'aten::randn_like': random('randn_like'),
  'aten::bernoulli': random('bernoulli'),
};
