import type { OperatorFamily } from '../../onnx/operator.ts';
import { arrange } from './arrange.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { matrix } from './matrix.ts';
import { measures } from './measure.ts';
import { normalization } from './normalization.ts';
import { padding } from './padding.ts';
import { pooling } from './pooling.ts';
import { reduction } from './reduction.ts';
import { resizing } from './resize.ts';
import { storage } from './storage.ts';
import { slices } from './strided-slice.ts';

/** Every operator of TensorFlow Lite that we import, as `tflite:NAME`; custom ones as `tflite.custom:NAME`. */
export const operators: OperatorFamily = {
  ...arrange,
  ...convolution,
  ...elementwise,
  ...matrix,
  ...measures,
  ...normalization,
  ...padding,
  ...pooling,
  ...reduction,
  ...resizing,
  ...slices,
  ...storage,
};
