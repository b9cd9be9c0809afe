import type { ParameterValue } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';

function emitBlocks(
  node: OnnxNode,
  builder: Builder,
  op: string,
  parameters: [string, ParameterValue][],
  shape: number[],
): void {
  const value = builder.value(node, 0);
  const order = channelLastOrder(4);
  const draft = builder.layer(node, { op, parameters, inputs: [builder.ordered(value, order)] });
  builder.emit(node, 0, { shape, type: value.type, order, ref: { draft, port: 0 } });
}

function blockOf(node: OnnxNode, builder: Builder): { block: number; shape: readonly number[] } {
  const { shape } = builder.value(node, 0);
  if (shape.length !== 4) throw new Unsupported(`rank ${shape.length}`);
  const block = node.int('blocksize', 1);
  if (block < 1) throw node.invalid(`blocksize is ${block}`);
  return { block, shape };
}

function depthToSpace(node: OnnxNode, builder: Builder): void {
  const { block, shape } = blockOf(node, builder);
  const [n, c, h, w] = shape;
  if (c % (block * block) !== 0) throw node.invalid(`${c} channels are not a multiple of ${block * block}`);
  const mode = node.text('mode', 'DCR');
  const parameters: [string, ParameterValue][] = [['block_size', block], ['mode', mode]]; // prettier-ignore
  emitBlocks(node, builder, 'depth2space', parameters, [n, c / (block * block), h * block, w * block]);
}

function spaceToDepth(node: OnnxNode, builder: Builder): void {
  const { block, shape } = blockOf(node, builder);
  const [n, c, h, w] = shape;
  if (h % block !== 0 || w % block !== 0) throw node.invalid(`[${h},${w}] is not a multiple of ${block}`);
  emitBlocks(
    node,
    builder,
    'space2depth',
    [['block_size', [block, block]]],
    [n, c * block * block, h / block, w / block],
  );
}

/** Moves blocks of pixels between the picture and its channels. */
export const space: OperatorFamily = {
  DepthToSpace: { convert: depthToSpace },
  SpaceToDepth: { convert: spaceToDepth },
};
