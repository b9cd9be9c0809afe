import type { OperatorFamily } from '../../onnx/operator.ts';
import { convolution } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { fusedOperators } from './fused.ts';
import { generators } from './generators.ts';
import { matrix } from './matrix.ts';
import { normalization } from './normalization.ts';
import { pictures } from './pictures.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reduction.ts';
import { refused } from './refused.ts';
import { shape } from './shape.ts';
import { slicing } from './slicing.ts';

/** Every TensorFlow operator we import, as `tf:Type`; all are compositions of ONNX's. */
export const tensorflowOperators: OperatorFamily = {
  ...convolution,
  ...elementwise,
  ...fusedOperators,
  ...generators,
  ...matrix,
  ...normalization,
  ...pictures,
  ...pooling,
  ...quantization,
  ...recurrent,
  ...reductions,
  ...refused,
  ...shape,
  ...slicing,
};
