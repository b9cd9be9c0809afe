import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { truncated } from './arithmetic.ts';
import { clipped } from './activation.ts';

/** A function of reals. */
const real = (type: string): TorchOperator =>
  torchOperator('self', (c) => c.main(type, [c.float(c.tensor('self'))]));

/** A function that integers have too. */
const any = (type: string): TorchOperator => torchOperator('self', (c) => c.main(type, [c.tensor('self')]));

const written = (write: (c: TorchComposer, x: string) => string): TorchOperator =>
  torchOperator('self', (c) => write(c, c.float(c.tensor('self'))));

/** Bounds are numbers or tensors. */
function clamp(c: TorchComposer): string {
  const x = c.tensor('self');
  const plain = !c.isTensor('min') && !c.isTensor('max');
  if (plain && c.isFloat(x) && !c.known(x)) {
    const bound = (name: string): number | undefined => (c.given(name) ? c.number(name) : undefined);
    return clipped(c, x, bound('min'), bound('max'));
  }
  const bound = (name: string): string => (c.isFloat(x) ? c.float(c.tensor(name)) : c.tensor(name));
  const low = c.given('min') ? c.op('Max', [x, bound('min')]) : x;
  return c.given('max') ? c.op('Min', [low, bound('max')]) : low;
}

/** Functions of one tensor, element by element. */
export const unaries: Readonly<Record<string, TorchOperator>> = {
  'aten::abs': any('Abs'),
  'aten::neg': any('Neg'),
  'aten::sign': any('Sign'),
  'aten::sgn': any('Sign'),
  'aten::exp': real('Exp'),
  'aten::log': real('Log'),
  'aten::sqrt': real('Sqrt'),
  'aten::reciprocal': real('Reciprocal'),
  'aten::erf': real('Erf'),
  'aten::sin': real('Sin'),
  'aten::cos': real('Cos'),
  'aten::tan': real('Tan'),
  'aten::asin': real('Asin'),
  'aten::acos': real('Acos'),
  'aten::atan': real('Atan'),
  'aten::sinh': real('Sinh'),
  'aten::cosh': real('Cosh'),
  'aten::asinh': real('Asinh'),
  'aten::acosh': real('Acosh'),
  'aten::atanh': real('Atanh'),
  'aten::floor': real('Floor'),
  'aten::ceil': real('Ceil'),
  'aten::round': torchOperator('self decimals', (c) => {
    const x = c.float(c.tensor('self'));
    const factor = 10 ** c.int('decimals', 0);
    if (factor === 1) return c.main('Round', [x]);
    return c.op('Div', [c.op('Round', [c.mul(x, c.scalar(factor))]), c.scalar(factor)]);
  }),
  'aten::isnan': real('IsNaN'),
  'aten::isinf': real('IsInf'),
  'aten::trunc': written(truncated),
  'aten::frac': written((c, x) => c.main('Sub', [x, truncated(c, x)])),
  'aten::rsqrt': written((c, x) => c.main('Reciprocal', [c.op('Sqrt', [x])])),
  'aten::square': written((c, x) => c.main('Mul', [x, x])),
  'aten::exp2': written((c, x) => c.main('Exp', [c.mul(x, c.scalar(Math.LN2))])),
  'aten::expm1': written((c, x) => c.main('Sub', [c.op('Exp', [x]), c.scalar(1)])),
  'aten::log1p': written((c, x) => c.main('Log', [c.add(x, c.scalar(1))])),
  'aten::log2': written((c, x) => c.main('Mul', [c.op('Log', [x]), c.scalar(Math.LOG2E)])),
  'aten::log10': written((c, x) => c.main('Mul', [c.op('Log', [x]), c.scalar(Math.LOG10E)])),
  'aten::erfc': written((c, x) => c.main('Sub', [c.scalar(1), c.op('Erf', [x])])),
  'aten::logit': torchOperator('self eps', (c) => {
    const x = c.float(c.tensor('self'));
    const eps = c.number('eps', 0);
    const p = eps > 0 ? clipped(c, x, eps, 1 - eps) : x;
    return c.op('Log', [c.op('Div', [p, c.sub(c.scalar(1), p)])]);
  }),
  'aten::clamp': torchOperator('self min max', clamp),
  'aten::clamp_min': torchOperator('self min', clamp),
  'aten::clamp_max': torchOperator('self max', clamp),
  'aten::nan_to_num': torchOperator('self nan posinf neginf', (c) => {
    const x = c.float(c.tensor('self'));
    const limit = 3.4028234663852886e38;
    const finite = clipped(c, x, c.number('neginf', -limit), c.number('posinf', limit));
    return c.op('Where', [c.op('IsNaN', [x]), c.scalar(c.number('nan', 0)), finite]);
  }),
};
