import { composed } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { knownIntegers, onChannelFirst, requireRank } from './helpers.ts';

/** The picture in another size [height, width]. */
const resize = (mode: 'linear' | 'nearest') =>
  composed((c, node) => {
    const x = c.input(0);
    requireRank(c, node, x, 4);
    const size = knownIntegers(c, node, 1, 'the size');
    const corners = node.int('align_corners', 0) !== 0;
    const half = node.int('half_pixel_centers', 0) !== 0;
    const between = mode === 'nearest' ? 'tf_half_pixel_for_nn' : 'half_pixel';
    const coordinates = corners ? 'align_corners' : half ? between : 'asymmetric';
    const attributes = {
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: corners ? 'round_prefer_ceil' : 'floor',
    };
    c.output(
      0,
      onChannelFirst(c, x, (first) => {
        const full = c.ints([...c.shape(first).slice(0, 2), ...size]);
        return c.main('Resize', [first, '', '', full], attributes);
      }),
    );
  });

/** Pictures in another size. */
export const resizing: OperatorFamily = {
  'tflite:RESIZE_BILINEAR': { convert: resize('linear') },
  'tflite:RESIZE_NEAREST_NEIGHBOR': { convert: resize('nearest') },
};
