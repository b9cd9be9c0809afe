import type { DeviceParam } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import type { Layer } from '../network/layer.ts';
import type { Shape } from '../network/tensor.ts';
import { channelFirst } from './axes.ts';
import type { LowerContext, OpSpec, ParameterSpec, ShapeContext } from './spec.ts';

type Picture = readonly [batch: number, height: number, width: number, channels: number];

interface BlockInit {
  op: string;
  summary: string;
  parameters: Record<string, ParameterSpec>;
  /** Shape of the result, [N, H, W, C]. */
  shape: (layer: Layer, picture: Picture) => number[];
  /** ovxlib op and parameters; `output` is the result's shape. */
  device: (layer: Layer, output: Shape) => readonly [op: string, params: Record<string, DeviceParam>];
}

function picture(shape: Shape, layer: Layer): Picture {
  if (shape.length !== 4) {
    throw new StudioError('shape-mismatch', `${layer.op} needs rank 4, got [${shape.join(',')}]`, {
      layer: layer.key,
    });
  }
  return [shape[0], shape[1], shape[2], shape[3]];
}

/** `total / by`, which has to be a whole number. */
function divided(layer: Layer, what: string, total: number, by: number): number {
  if (by >= 1 && total % by === 0) return total / by;
  throw new StudioError('shape-mismatch', `${what} of ${total} can't be divided by ${by}`, {
    layer: layer.key,
  });
}

function positive(layer: Layer, name: string, fallback: number): number {
  const value = layer.int(name, fallback);
  if (value < 1)
    throw new StudioError('parameter-invalid', `${name} is ${value}, it must be at least 1`, {
      layer: layer.key,
    });
  return value;
}

/** An op that moves elements between the plane and the channels of a picture. */
function block({ op, summary, parameters, shape, device }: BlockInit): OpSpec {
  return {
    op,
    summary,
    parameters,
    arity: [1, 1],
    range: 'same',
    shapes: ({ layer, inputs }: ShapeContext) => [shape(layer, picture(inputs[0], layer))],
    lower: (context: LowerContext) => {
      const order = channelFirst(4);
      const input = context.ordered(context.inputs[0], order);
      const [name, params] = device(context.layer, context.shape());
      context.emit(name, params, [input.tensor], [order]);
    },
  };
}

/** [height, width] of a space2depth block; one number stands for both. */
function blockSize(layer: Layer): [number, number] {
  const [height, width = height] = layer.ints('block_size', [2, 2]);
  return [height, width];
}

/** Ops that rearrange blocks of pixels and channels, without changing a value. */
export const blockOps: readonly OpSpec[] = [
  block({
    op: 'depth2space',
    summary: 'moves channels into blocks of pixels (pixel shuffle)',
    parameters: {
      block_size: { type: 'int', fallback: 2, meaning: 'height and width of a block' },
      mode: {
        type: 'text',
        fallback: 'DCR',
        meaning: 'DCR: block-major channels; CRD: channel-major (PyTorch)',
      },
    },
    shape: (layer, [batch, height, width, channels]) => {
      const size = positive(layer, 'block_size', 2);
      return [batch, height * size, width * size, divided(layer, 'a depth', channels, size * size)];
    },
    device: (layer) => [
      'DEPTH2SPACE',
      {
        block_size: layer.int('block_size', 2),
        mode: `VSI_NN_DEPTH2SPACE_${layer.text('mode', 'DCR') === 'CRD' ? 'CRD' : 'DCR'}`,
      },
    ],
  }),
  block({
    op: 'space2depth',
    summary: 'moves blocks of pixels into channels, block-major',
    parameters: {
      block_size: { type: 'ints', fallback: [2, 2], meaning: '[height, width] of a block' },
    },
    shape: (layer, [batch, height, width, channels]) => {
      const [rows, columns] = blockSize(layer);
      return [
        batch,
        divided(layer, 'a height', height, rows),
        divided(layer, 'a width', width, columns),
        channels * rows * columns,
      ];
    },
    device: (layer) => ['SPACE2DEPTH', { block_size: blockSize(layer).reverse() }],
  }),
  block({
    op: 'reorg',
    summary: "Darknet's reorg: blocks of stride x stride pixels become channels",
    parameters: { stride: { type: 'int', fallback: 2, meaning: 'height and width of a block' } },
    shape: (layer, [batch, height, width, channels]) => {
      const stride = positive(layer, 'stride', 2);
      return [
        batch,
        divided(layer, 'a height', height, stride),
        divided(layer, 'a width', width, stride),
        channels * stride * stride,
      ];
    },
    device: (layer) => ['REORG', { stride: layer.int('stride', 2) }],
  }),
  block({
    op: 'shuffle',
    summary: 'channel shuffle: channels are read group by group',
    parameters: { group_number: { type: 'int', fallback: 1, meaning: 'groups' } },
    shape: (layer, [batch, height, width, channels]) => {
      divided(layer, 'a depth', channels, positive(layer, 'group_number', 1));
      return [batch, height, width, channels];
    },
    device: (layer) => ['SHUFFLECHANNEL', { group_number: layer.int('group_number', 1), axis: 2 }],
  }),
  block({
    op: 'upsampling',
    summary: 'repeats every pixel `factor` times in both directions',
    parameters: { factor: { type: 'int', fallback: 2, meaning: 'repetitions' } },
    shape: (layer, [batch, height, width, channels]) => {
      const factor = positive(layer, 'factor', 2);
      return [batch, height * factor, width * factor, channels];
    },
    device: (_layer, [, height, width]) => [
      'RESIZE',
      {
        type: 'VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR',
        factor: 0,
        size: [width, height],
        align_corners: false,
        half_pixel_centers: false,
      },
    ],
  }),
];
