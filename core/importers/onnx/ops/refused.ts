import { DataSized } from '../data-sized.ts';
import type { OperatorFamily } from '../operator.ts';

/** Operators that can not exist on this NPU, with the reason. */
export const impossible: OperatorFamily = {
  Unique: {
    convert: () => {
      throw new DataSized();
    },
  },
};
