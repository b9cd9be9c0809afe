import type { CaffeFamily } from '../scope.ts';
import { activation } from './activation.ts';
import { arrangement } from './arrange.ts';
import { combination } from './combine.ts';
import { convolution } from './convolution.ts';
import { dense } from './dense.ts';
import { normalization } from './normalization.ts';
import { poolings } from './pooling.ts';
import { detection } from './detection.ts';
import { recurrence } from './recurrent.ts';
import { resizing } from './resize.ts';

/** Every type of layer that can be imported. */
export const caffeOperators: CaffeFamily = {
  ...activation,
  ...arrangement,
  ...combination,
  ...convolution,
  ...dense,
  ...normalization,
  ...poolings,
  ...resizing,
  ...recurrence,
  ...detection,
};
