import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import {
  asGiven,
  channelsFirst,
  layoutOf,
  ofSpace,
  padding,
  spatialAttribute,
  type Layout,
} from './layout.ts';
import { composition, formula, integers } from './operands.ts';

function spaceOf(layout: Layout, values: readonly number[], what: string): number[] {
  const whole = values.length === layout.spatial + 2;
  if (!whole || values[0] !== 1 || values[layout.channelsLast ? values.length - 1 : 1] !== 1)
    throw new Unsupported(`a ${what} along batch or channels`);
  return ofSpace(layout, values);
}

function pool(
  c: Composer,
  node: OnnxNode,
  type: string,
  kernel: (layout: Layout) => number[],
  strides: (layout: Layout) => number[],
): string {
  const x = c.input(0);
  const layout = layoutOf(node, c.shape(x).length);
  const attributes = { kernel_shape: kernel(layout), strides: strides(layout), ...padding(node, layout) };
  return asGiven(c, layout, c.main(type, [channelsFirst(c, layout, x)], attributes));
}

/** Windows as attributes. */
export function windowedPool(c: Composer, node: OnnxNode, type: string): string {
  const ofNode = (name: string) => (layout: Layout) => spatialAttribute(node, layout, name);
  return pool(c, node, type, ofNode('ksize'), ofNode('strides'));
}

const windowed = (type: string) => formula((c, node) => windowedPool(c, node, type));

/** Windows as inputs 1 and 2. */
const poolV2 = formula((c, node) =>
  pool(
    c,
    node,
    'MaxPool',
    (layout) => spaceOf(layout, integers(c, 1, 'a window'), 'window'),
    (layout) => spaceOf(layout, integers(c, 2, 'a step'), 'step'),
  ),
);

const withIndices = composition((c, node) => {
  if (c.wants(1)) throw new Unsupported('indices of the largest elements');
  c.output(0, windowedPool(c, node, 'MaxPool'));
});

/** Pooling with a window. */
export const pooling: OperatorFamily = {
  'tf:MaxPool': windowed('MaxPool'),
  'tf:AvgPool': windowed('AveragePool'),
  'tf:MaxPool3D': windowed('MaxPool'),
  'tf:AvgPool3D': windowed('AveragePool'),
  'tf:MaxPoolV2': poolV2,
  'tf:MaxPoolWithArgmax': withIndices,
};
