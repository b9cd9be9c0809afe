import type { ParameterValue } from '../../../network/layer.ts';
import { Unsupported, type Builder } from '../builder.ts';
import { channelLastOrder } from '../draft.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import type { OperatorFamily } from '../operator.ts';
import { readWindow, windowOutput, type Window } from '../window.ts';
import {
  globalReduction,
  lpPool,
  maxUnpool,
  poolByAxes,
  poolDepth,
  poolWithIndices,
} from './pooling-composed.ts';

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

/** Whether the last window of a ceil ends behind the padding, where ONNX counts less than a whole window. */
function overhangs(node: OnnxNode, spatial: readonly number[], window: Window): boolean {
  const size = windowOutput(node, spatial, window, true);
  return size.some(
    (count, i) =>
      (count - 1) * window.strides[i] + window.kernel[i] > spatial[i] + window.begin[i] + window.end[i],
  );
}

/** The node on float32 data, between two casts: the NPU pools no int32. */
function onFloats(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const attributes = node.copyOf(['auto_pad', 'ceil_mode', 'dilations', 'kernel_shape', 'pads', 'strides']);
  c.output(0, c.op('Cast', [c.op(node.opType, [c.float(c.input(0))], attributes)], { to: 6 }));
}

function pool(type: 'MAX' | 'AVG') {
  return (node: OnnxNode, builder: Builder): void => {
    const { shape, type: element } = builder.value(node, 0);
    const spatial = shape.slice(2);
    if (spatial.length < 1) throw node.invalid(`the input has rank ${shape.length}`);
    if (spatial.length > 3) throw new Unsupported(`pooling of rank ${shape.length}`);
    if ((node.outputs[1] ?? '') !== '') return poolWithIndices(node, builder);
    if (!element.startsWith('float')) return onFloats(node, builder);
    const window = readWindow(node, spatial);
    const ceil = node.int('ceil_mode', 0) !== 0;
    const included = node.int('count_include_pad', 0) !== 0;
    const dilated = window.dilations.some((step) => step !== 1);
    if (type === 'AVG' && included && ceil && dilated)
      throw new Unsupported('ceil_mode with dilations and counted padding: engines disagree on the divisor');
    const odd = type === 'AVG' && included && ceil && overhangs(node, spatial, window);
    if (odd || dilated) return poolByAxes(node, builder, type);
    if (spatial.length === 3) return poolDepth(node, builder);
    emitPooling(node, builder, type, window, { ceil, countPadding: type === 'MAX' || included });
  };
}

function global(type: 'MAX' | 'AVG') {
  return (node: OnnxNode, builder: Builder): void => {
    const { shape } = builder.value(node, 0);
    if (shape.length !== 3 && shape.length !== 4)
      return globalReduction(type === 'MAX' ? 'ReduceMax' : 'ReduceMean')(node, builder);
    const kernel = shape.slice(2);
    const ones = kernel.map(() => 1);
    const zeros = kernel.map(() => 0);
    const window = { kernel, strides: ones, dilations: ones, begin: zeros, end: zeros };
    emitPooling(node, builder, type, window, { ceil: false });
  };
}

/** Window and global pooling. */
export const pooling: OperatorFamily = {
  MaxPool: { convert: pool('MAX') },
  AveragePool: { convert: pool('AVG') },
  LpPool: { convert: lpPool },
  MaxUnpool: { convert: maxUnpool },
  GlobalLpPool: { convert: globalReduction('Lp') },
  GlobalMaxPool: { convert: global('MAX') },
  GlobalAveragePool: { convert: global('AVG') },
};
