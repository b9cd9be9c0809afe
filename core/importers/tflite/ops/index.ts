import type { OperatorFamily } from '../../onnx/operator.ts';
import { arrange } from './arrange.ts';
import { blocks } from './blocks.ts';
import { convolution } from './convolution.ts';
import { custom } from './custom.ts';
import { elementwise } from './elementwise.ts';
import { fourier } from './fourier.ts';
import { matrix } from './matrix.ts';
import { measures } from './measure.ts';
import { normalization } from './normalization.ts';
import { padding } from './padding.ts';
import { picks } from './pick.ts';
import { pooling } from './pooling.ts';
import { recurrent } from './recurrent.ts';
import { reduction } from './reduction.ts';
import { refused } from './refused.ts';
import { resizing } from './resize.ts';
import { segments } from './segments.ts';
import { slices } from './strided-slice.ts';
import { stablehlo } from './stablehlo.ts';
import { stablehloProducts } from './stablehlo-products.ts';
import { storage } from './storage.ts';
import { variables } from './control.ts';
import { windows } from './windows.ts';

/** Every operator of TensorFlow Lite that we import, as `tflite:NAME`; custom ones as `tflite.custom:NAME`. */
export const operators: OperatorFamily = {
  ...arrange,
  ...blocks,
  ...convolution,
  ...custom,
  ...elementwise,
  ...fourier,
  ...matrix,
  ...measures,
  ...normalization,
  ...padding,
  ...picks,
  ...pooling,
  ...recurrent,
  ...reduction,
  ...refused,
  ...resizing,
  ...segments,
  ...slices,
  ...stablehlo,
  ...stablehloProducts,
  ...storage,
  ...variables,
  ...windows,
};
