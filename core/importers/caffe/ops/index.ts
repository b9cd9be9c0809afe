import { Unsupported } from '../../onnx/builder.ts';
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

/** Types that no fixed network can have, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  BatchReindex: 'it picks pictures of the batch by their numbers, and the NPU runs a fixed batch',
  Filter: 'how many pictures it keeps depends on the data, and the NPU runs fixed shapes',
};

const refusals: CaffeFamily = Object.fromEntries(
  Object.entries(REFUSED).map(([type, why]) => [
    type,
    (): never => {
      throw new Unsupported(why);
    },
  ]),
);

/** Every type of layer, those that are refused with a reason among them. */
export const caffeOperators: CaffeFamily = {
  ...activation,
  ...arrangement,
  ...combination,
  ...convolution,
  ...dense,
  ...normalization,
  ...poolings,
  ...resizing,
  ...refusals,
  ...recurrence,
  ...detection,
};
