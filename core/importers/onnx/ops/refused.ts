import { Unsupported } from '../builder.ts';
import type { Operator, OperatorFamily } from '../operator.ts';

const refused = (reason: string): Operator => ({
  convert: () => {
    throw new Unsupported(reason);
  },
});

const DATA_SIZED = 'the size of its result depends on the data, and the NPU runs fixed shapes';

/** Operators that can not exist on this NPU, with the reason. */
export const impossible: OperatorFamily = {
  NonMaxSuppression: refused(`${DATA_SIZED}; cut the graph before it with --outputs`),
  Unique: refused(DATA_SIZED),
};
