import { filled, product } from '../../onnx/numeric.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** Runs `work` on data with batch and channels; PyTorch pools data without a batch as well. */
export function withBatch(
  c: TorchComposer,
  x: string,
  spatial: number,
  work: (x: string) => string[],
): string[] {
  if (c.shape(x).length === spatial + 2) return work(x);
  if (c.shape(x).length !== spatial + 1) throw c.invalid(`the input has rank ${c.shape(x).length}`);
  return work(c.unsqueeze(x, 0)).map((y) => c.op('Squeeze', [y, c.ints([0])]));
}

function windowOf(c: TorchComposer, spatial: number) {
  const kernel = c.intsOf('kernel_size', spatial);
  const padding = c.intsOf('padding', spatial, filled(spatial, 0));
  return {
    kernel_shape: kernel,
    strides: c.intsOf('stride', spatial, kernel),
    pads: [...padding, ...padding],
    ceil_mode: Number(c.flag('ceil_mode')),
  };
}

const maximum = (spatial: number): TorchOperator =>
  torchOperator('self kernel_size stride padding dilation ceil_mode', (c) => {
    const dilations = c.intsOf('dilation', spatial, filled(spatial, 1));
    const attributes = { ...windowOf(c, spatial), dilations };
    return withBatch(c, c.float(c.tensor('self')), spatial, (x) => [c.main('MaxPool', [x], attributes)]);
  });

/** The indices are a composition of their own, which falls away when nobody reads them. */
const maximumWithIndices = (spatial: number): TorchOperator =>
  torchOperator(
    'self kernel_size stride padding dilation ceil_mode',
    (c) => {
      const dilations = c.intsOf('dilation', spatial, filled(spatial, 1));
      const attributes = { ...windowOf(c, spatial), dilations };
      return withBatch(c, c.float(c.tensor('self')), spatial, (x) => {
        const [, indices] = c.ops('MaxPool', [x], attributes, 2);
        const plane = product(c.shape(x).slice(2)); // prettier-ignore
        // ONNX counts over the whole tensor, PyTorch inside of each plane.
        const own = c.op('Mod', [indices, c.integer(plane)]);
        return [c.main('MaxPool', [x], attributes), own];
      });
    },
    { results: 2 },
  );

const average = (spatial: number): TorchOperator =>
  torchOperator('self kernel_size stride padding ceil_mode count_include_pad divisor_override', (c) => {
    const attributes = windowOf(c, spatial);
    const divisor = c.number('divisor_override', 0);
    const included = divisor > 0 || c.flag('count_include_pad', true);
    return withBatch(c, c.float(c.tensor('self')), spatial, (x) => {
      const mean = c.main('AveragePool', [x], { ...attributes, count_include_pad: Number(included) });
      const size = product(attributes.kernel_shape);
      return [divisor > 0 ? c.mul(mean, c.scalar(size / divisor)) : mean];
    });
  });

/** Pooling over windows. */
export const pools: Readonly<Record<string, TorchOperator>> = {
  'aten::max_pool1d': maximum(1),
  'aten::max_pool2d': maximum(2),
  'aten::max_pool3d': maximum(3),
  'aten::max_pool1d_with_indices': maximumWithIndices(1),
  'aten::max_pool2d_with_indices': maximumWithIndices(2),
  'aten::avg_pool1d': average(1),
  'aten::avg_pool2d': average(2),
  'aten::avg_pool3d': average(3),
};
