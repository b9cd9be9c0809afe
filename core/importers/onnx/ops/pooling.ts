import type { ParameterValue } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';

/** Parameters beyond the window; undefined = leave them out, as ACUITY does for global pooling. */
interface Extra {
  ceil: boolean;
  countPadding?: boolean;
}

function parameters(type: string, window: Window, extra: Extra): [string, ParameterValue][] {
  const { kernel, strides, begin, end, dilations } = window;
  const round = extra.ceil ? 'ceil' : 'floor';
  if (kernel.length === 1) {
    return [
      ['padding', 'VALID'],
      ['type', type],
      ['ksize', kernel[0]],
      ['stride', strides[0]],
      ['round_type', round],
      ['pad_method', 'padding_const'],
      ['pad', [begin[0], end[0]]],
      ...(extra.countPadding === undefined
        ? []
        : [['count_include_pad', Number(extra.countPadding)] as [string, number]]),
    ];
  }
  return [
    ['padding', 'VALID'],
    ['type', type],
    ['ksize_h', kernel[0]],
    ['ksize_w', kernel[1]],
    ['stride_h', strides[0]],
    ['stride_w', strides[1]],
    ['pad_h', begin[0]],
    ['pad_w', begin[1]],
    ['round_type', round],
    ['pad_method', 'padding_const'],
    ['pad', [begin[0], end[0], begin[1], end[1]]],
    ...(extra.countPadding === undefined
      ? []
      : ([
          ['count_include_pad', Number(extra.countPadding)],
          ['dilation', [1, ...dilations, 1]],
        ] as [string, ParameterValue][])),
  ];
}

function emitPooling(node: OnnxNode, builder: Builder, type: string, window: Window, extra: Extra): void {
  const input = builder.value(node, 0);
  const spatial = windowOutput(node, input.shape.slice(2), window, extra.ceil);
  const order = channelLastOrder(input.shape.length);
  const draft = builder.layer(node, {
    op: window.kernel.length === 1 ? 'pool1d' : 'pooling',
    parameters: parameters(type, window, extra),
    inputs: [builder.ordered(input, order)],
  });
  const shape = [input.shape[0], input.shape[1], ...spatial];
  builder.emit(node, 0, { shape, type: input.type, order, ref: { draft, port: 0 } });
}

function checkRank(node: OnnxNode, builder: Builder): number[] {
  const { shape } = builder.value(node, 0);
  if (shape.length !== 3 && shape.length !== 4) throw new Unsupported(`pooling of rank ${shape.length}`);
  return shape.slice(2);
}

function pool(type: 'MAX' | 'AVG') {
  return (node: OnnxNode, builder: Builder): void => {
    const spatial = checkRank(node, builder);
    if ((node.outputs[1] ?? '') !== '') throw new Unsupported('the second output (indices of the maxima)');
    const window = readWindow(node, spatial);
    if (type === 'AVG' && window.dilations.some((step) => step !== 1))
      throw new Unsupported('dilated average pooling');
    if (window.kernel.length === 1 && window.dilations[0] !== 1) throw new Unsupported('dilated 1-D pooling');
    const countPadding = type === 'MAX' || node.int('count_include_pad', 0) !== 0;
    emitPooling(node, builder, type, window, { ceil: node.int('ceil_mode', 0) !== 0, countPadding });
  };
}

function global(type: 'MAX' | 'AVG') {
  return (node: OnnxNode, builder: Builder): void => {
    const kernel = checkRank(node, builder);
    const ones = kernel.map(() => 1);
    const zeros = kernel.map(() => 0);
    const window = { kernel, strides: ones, dilations: ones, begin: zeros, end: zeros };
    emitPooling(node, builder, type, window, { ceil: false });
  };
}

/** Window and global pooling of 1-D and 2-D data. */
export const pooling: OperatorFamily = {
  MaxPool: { convert: pool('MAX') },
  AveragePool: { convert: pool('AVG') },
  GlobalMaxPool: { convert: global('MAX') },
  GlobalAveragePool: { convert: global('AVG') },
};
