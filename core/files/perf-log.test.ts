import { describe, expect, test } from 'vitest';
import { isPerfLog, parsePerfLog } from './perf-log.ts';

const OURS = `Start run graph [2] times...
layer_id: 0 layer name: CONV2D uid: 12 execution time: 84.2 us
layer_id: 1 layer name: RELU uid: 11 execution time: 0.0 us (done by the layer before)
2 layers, execution time: 84.2 us
Run the 1 time: 0.10ms or 100.00us
vxProcessGraph execution time:
layer_id: 0 layer name: CONV2D uid: 12 execution time: 90.2 us
layer_id: 1 layer name: RELU uid: 11 execution time: 2.0 us
`;

/** As the driver prints them: a layer over several lines, a layer of two operations, and more in between. */
const DRIVERS = `---------------------------End VerifyTiling -------------------------
layer_id: 0 layer name:ConvolutionReluPoolingLayer2 operation[0]:VXNNE_OPERATOR_CONVOLUTION target:VXNNE_OPERATION_TARGET_NN.
uid: 12
abs_op_id: 0
execution time:               246 us
[     1] TOTAL_READ_BANDWIDTH  (MByte): 67.540481
layer_id: 0 layer name:ConvolutionReluPoolingLayer2 operation[1]:VXNNE_OPERATOR_TENSOR_TRANS target:VXNNE_OPERATION_TARGET_TP.
uid: 12
abs_op_id: 1
execution time:                54 us
layer_id: 7 layer name:SoftmaxLayer operation[0]:VXNNE_OPERATOR_SOFTMAX target:VXNNE_OPERATION_TARGET_SH.
uid: 3
abs_op_id: 2
execution time:                10 us
VPC_ELAPSETIME: 118090
`;

const PACKED = `layer_id: 0 layer name:network_binary_graph operation[0]:unkown operation type target:unkown operation target.
uid: 0
abs_op_id: 0
execution time:             20552 us
`;

describe('parsePerfLog', () => {
  test('our lines: the mean of the runs', () => {
    expect(isPerfLog(OURS)).toBe(true);
    const layers = parsePerfLog(OURS, 'perf.log');
    expect(layers.map(({ uid, name }) => [uid, name])).toEqual([
      [12, 'CONV2D'],
      [11, 'RELU'],
    ]);
    expect(layers[0].microseconds).toBeCloseTo(87.2);
    expect(layers[1].microseconds).toBeCloseTo(1);
  });

  test("the driver's blocks: the sum of a layer's operations", () => {
    const twice = `${DRIVERS}${DRIVERS}${PACKED}`.replaceAll('\n', '\r\n');
    expect(parsePerfLog(twice, 'board.log').map(({ uid, microseconds }) => [uid, microseconds])).toEqual([
      [12, 300],
      [3, 10],
    ]);
  });

  test.each([
    ['', /no times of layers/],
    ['layer_id: 1 layer name: X uid: 2 execution time: -4 us', /no times of layers/],
    ['layer_id: 1 layer name: X execution time: 4 us', /no times of layers/],
    [PACKED, /only has the time of the packed network as a whole/],
    [
      Array.from(
        { length: 100_002 },
        (_, id) => `layer_id: ${id} layer name: X uid: ${id} execution time: 1 us`,
      ).join('\n'),
      /too many layers/,
    ],
  ])('refuses %#', (text, message) => {
    expect(() => parsePerfLog(text, 'x.log')).toThrow(message);
    expect(() => parsePerfLog(text, 'x.log')).toThrow(
      expect.objectContaining({ code: 'file-unreadable', place: { file: 'x.log' } }),
    );
  });
});
