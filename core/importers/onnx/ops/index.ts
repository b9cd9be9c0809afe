import type { Operator, OperatorFamily } from '../operator.ts';
import { activation } from './activation.ts';
import { arithmetic } from './arithmetic.ts';
import { attentions } from './attention.ts';
import { basic } from './basic.ts';
import { bitwise } from './bitwise.ts';
import { blockwise } from './blocks.ts';
import { control } from './control.ts';
import { convolution } from './convolution.ts';
import { deformed } from './deformed.ts';
import { determinant } from './determinant.ts';
import { cumulative } from './cumulative.ts';
import { indexNotation } from './einsum.ts';
import { indexing } from './indexing.ts';
import { fused } from './fused.ts';
import { integer } from './integer.ts';
import { masks } from './masks.ts';
import { generators } from './generators.ts';
import { losses } from './losses.ts';
import { matrix } from './matrix.ts';
import { normalization } from './normalization.ts';
import { numbers } from './numbers.ts';
import { padding } from './pad.ts';
import { pick } from './pick.ts';
import { pooling } from './pooling.ts';
import { ranking } from './topk.ts';
import { recurrent } from './recurrent.ts';
import { piecewise } from './piecewise.ts';
import { qlinear } from './qlinear.ts';
import { quantization } from './quantization.ts';
import { reduction } from './reduction.ts';
import { impossible } from './refused.ts';
import { repeat } from './repeat.ts';
import { resize } from './resize.ts';
import { sampling } from './sampling.ts';
import { scatter } from './scatter.ts';
import { shape } from './shape.ts';
import { slicing } from './slicing.ts';
import { space } from './space.ts';
import { spectral } from './spectral.ts';
import { suppression } from './suppression.ts';
import { trigonometry } from './trigonometry.ts';

const families: OperatorFamily[] = [
  activation, arithmetic, basic, convolution, indexing, matrix, normalization,
  blockwise, indexNotation, masks, pick, ranking, sampling, scatter,
  control, deformed, integer,
  padding, pooling, recurrent, reduction, repeat, resize, shape, slicing, space,
  bitwise, cumulative, generators, losses, numbers, piecewise, quantization, trigonometry,
  attentions, fused, qlinear,
  determinant, impossible, spectral, suppression,
]; // prettier-ignore

/** Every operator we import, by type; ones outside ai.onnx as `domain:Type`. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  families.flatMap((family) => Object.entries(family)),
);
