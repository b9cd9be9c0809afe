import { describe, expect, test } from 'vitest';
import { Layer, parseRef, type ParameterValue } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import { inferShapes } from './shapes.ts';
import { inferSymbolicShapes, knownSymbolicShapes } from './symbolic-shapes.ts';

type Row = [key: string, op: string, inputs: string[], parameters?: Record<string, ParameterValue>];

const build = (...rows: Row[]): Network =>
  new Network(
    { name: 'n', acuityVersion: '6', platform: 'tensorflow' },
    rows.map(
      ([key, op, inputs, parameters]) =>
        new Layer({
          key,
          name: key,
          op,
          inputs: inputs.map((name) => parseRef(`@${name}:out0`)),
          parameters,
        }),
    ),
  );

const N = { batch: 1 };
const open: Row = ['in_0', 'input', [], { shape: [0, 4, 6, 3] }];
const conv: Row = [
  'conv_1',
  'convolution',
  ['in_0'],
  {
    weights: 8,
    ksize_h: 3,
    ksize_w: 3,
    stride_h: 2,
    stride_w: 2,
    pad_method: 'padding_const',
    pad: [1, 1, 1, 1],
  },
];

describe('an open batch', () => {
  test('goes through a network as N', () => {
    const table = inferSymbolicShapes(build(open, conv, ['out_2', 'output', ['conv_1']]));
    expect(table.get('@in_0:out0')).toEqual([N, 4, 6, 3]);
    expect(table.get('@conv_1:out0')).toEqual([N, 2, 3, 8]);
  });

  test.each<[string, number[], unknown[]]>([
    ['the batch inferred', [-1, 72], [N, 72]],
    ['the batch copied', [0, 72], [N, 72]],
    ['another dimension inferred', [0, -1], [N, 72]],
    ['a constant 1 that was the batch', [1, 72], [N, 72]],
    ['the batch joined with others', [-1, 3], [{ batch: 24 }, 3]],
    ['a constant 1 and the batch behind it', [1, -1], [1, { batch: 72 }]],
  ])('reshape with %s', (_, shape, expected) => {
    const table = inferSymbolicShapes(build(open, ['r_1', 'reshape', ['in_0'], { shape }]));
    expect(table.get('@r_1:out0')).toEqual(expected);
  });

  test('joined with itself is 2N, permuted it is elsewhere', () => {
    const table = inferSymbolicShapes(
      build(
        open,
        ['twice_1', 'concat', ['in_0', 'in_0'], { dim: 0 }],
        ['p_2', 'permute', ['in_0'], { perm: [3, 1, 2, 0] }],
      ),
    );
    expect(table.get('@twice_1:out0')).toEqual([{ batch: 2 }, 4, 6, 3]);
    expect(table.get('@p_2:out0')).toEqual([3, 4, 6, N]);
  });

  const fixed: Row = ['fixed_1', 'input', [], { shape: [1, 4, 6, 3] }];
  const mixed: Row = ['mixed_2', 'concat', ['in_0', 'fixed_1'], { dim: 0 }];

  test('that is not a factor of a shape is an error with the layer', () => {
    expect(() => inferSymbolicShapes(build(open, fixed, mixed))).toThrow(
      expect.objectContaining({
        code: 'shape-mismatch',
        place: { layer: 'mixed_2' },
        message:
          'its output is not proportional to the batch: [3,4,6,3] for a batch of 2, [4,4,6,3] for a batch of 3, [6,4,6,3] for a batch of 5',
      }),
    );
    const constant = build(open, ['r_1', 'reshape', ['in_0'], { shape: [7, 72] }]);
    expect(() => inferSymbolicShapes(constant)).toThrow(expect.objectContaining({ place: { layer: 'r_1' } }));
  });

  test('is shown as far as it is known', () => {
    const table = knownSymbolicShapes(build(open, fixed, mixed, ['odd_3', 'no_such_op', ['in_0']], conv));
    expect([...table.keys()].sort()).toEqual(['@conv_1:out0', '@fixed_1:out0', '@in_0:out0']);
    expect(table.get('@conv_1:out0')).toEqual([N, 2, 3, 8]);
  });
});

test('a fixed batch gives numbers only', () => {
  const network = build(['in_0', 'input', [], { shape: [2, 4, 6, 3] }], conv);
  expect(inferSymbolicShapes(network)).toEqual(inferShapes(network));
  expect(knownSymbolicShapes(network)).toEqual(inferShapes(network));
});

test('ten thousand layers take no time worth waiting for', () => {
  const rows = Array.from({ length: 10_000 }, (_, i): Row => [
    `r_${i + 1}`,
    'relu',
    [i === 0 ? 'in_0' : `r_${i}`],
  ]);
  const network = build(open, ...rows);
  const started = performance.now();
  expect(knownSymbolicShapes(network).get('@r_10000:out0')).toEqual([N, 4, 6, 3]);
  expect(performance.now() - started).toBeLessThan(2000);
});
