import { expect, test } from 'vitest';
import { float32, GraphBuilder, uint8 } from '../testing/device-graphs.ts';
import { layerUnits } from './layer-units.ts';

/** A convolution layer with a permute in front, and a relu. */
function graphOf(storage: typeof float32) {
  const build = new GraphBuilder();
  const input = build.input('in_0', [4, 4, 3, 1], storage);
  const turned = build.node('PERMUTE', 'conv_1', [input], [4, 4, 3, 1], {}, storage);
  const weights = build.weights('conv_1:weight', [1, 1, 3, 2]);
  const conv = build.node('CONV2D', 'conv_1', [turned, weights], [4, 4, 2, 1], {}, storage);
  const shaped = build.node('RESHAPE', 'flat_2', [conv], [32, 1], {}, storage);
  build.output(build.node('SOFTMAX', 'soft_3', [shaped], [32, 1], {}, storage));
  return build.build();
}

test('a layer counts as what does its work; float work is the shader core’s', () => {
  expect(layerUnits(graphOf(uint8(1)), true)).toEqual([
    {
      layer: 'conv_1',
      unit: 'NN',
      nodes: [
        { index: 0, op: 'PERMUTE', unit: 'TP' },
        { index: 1, op: 'CONV2D', unit: 'NN' },
      ],
    },
    { layer: 'flat_2', unit: '-', nodes: [{ index: 2, op: 'RESHAPE', unit: '-' }] },
    { layer: 'soft_3', unit: 'PPU', nodes: [{ index: 3, op: 'SOFTMAX', unit: 'PPU' }] },
  ]);
  expect(layerUnits(graphOf(float32), true).map(({ unit }) => unit)).toEqual(['PPU', '-', 'PPU']);
  expect(layerUnits(graphOf(float32), false).map(({ unit }) => unit)).toEqual(['NN', '-', 'PPU']);
});
