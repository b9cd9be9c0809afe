import type { TorchOperator } from '../operator.ts';
import { activations } from './activation.ts';
import { arithmetic } from './arithmetic.ts';
import { attention } from './attention.ts';
import { comparisons } from './comparison.ts';
import { convolutions } from './convolution.ts';
import { generators } from './generators.ts';
import { indexing } from './indexing.ts';
import { joins } from './join.ts';
import { matrices } from './matrix.ts';
import { norms } from './norms.ts';
import { normalizations } from './normalization.ts';
import { pads } from './pad.ts';
import { adaptivePools } from './pooling-adaptive.ts';
import { pools } from './pooling.ts';
import { quantizedOperators } from './quantized.ts';
import { ranking } from './ranking.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reduction.ts';
import { resizes } from './resize.ts';
import { scatters } from './scatter.ts';
import { shapes } from './shape.ts';
import { slices } from './slice.ts';
import { space } from './space.ts';
import { types } from './types.ts';
import { unaries } from './unary.ts';
import { vision } from './vision.ts';

const families: readonly Readonly<Record<string, TorchOperator>>[] = [
  activations, arithmetic, attention, comparisons, convolutions, generators, indexing, joins, matrices, norms,
  normalizations, pads, adaptivePools, pools, quantizedOperators, ranking, recurrent, reductions, resizes, scatters, shapes, slices, space,
  types, unaries, vision,
]; // prettier-ignore

/** Every operator of PyTorch that we import, as `namespace::name`; changes in place are under the plain name. */
export const torchOperators: ReadonlyMap<string, TorchOperator> = new Map(
  families.flatMap((family) => Object.entries(family)),
);
