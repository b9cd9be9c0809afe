import { describe, expect, test } from 'vitest';
import { channelShuffle } from './channel-shuffle.ts';
import { denseLayers } from './dense.ts';
import { foldAffine } from './fold-affine.ts';
import { importPasses } from './index.ts';
import { mergePermutes } from './merge-permutes.ts';
import { padConvolution } from './pad-convolution.ts';
import { runPass, runPasses } from './pass.ts';
import { pixelShuffle } from './pixel-shuffle.ts';
import { removeDead } from './remove-dead.ts';
import { removeIdentities } from './remove-identities.ts';
import { shareCommon } from './share-common.ts';
import { check, convolution, networkOf, opsOf, run } from './testing.ts';

describe('a pass keeps the numbers', () => {
  test('channel shuffle', () => {
    const network = networkOf(
      [1, 6, 2, 3],
      [
        ['a_1', 'reshape', ['x_0'], { shape: [1, 2, 3, 2, 3] }],
        ['b_2', 'permute', ['a_1'], { perm: [0, 2, 1, 3, 4] }],
        ['c_3', 'reshape', ['b_2'], { shape: [1, 6, 2, 3] }],
        ['d_4', 'relu', ['c_3']],
      ],
      'd_4',
    );
    const result = check(
      channelShuffle,
      network,
      'reshape permute reshape relu',
      'permute shuffle permute relu',
    );
    expect(result.layer('b_2').int('group_number')).toBe(2);
  });

  test('channel shuffle of channel-last data', () => {
    const network = networkOf(
      [1, 2, 3, 6],
      [
        ['a_1', 'reshape', ['x_0'], { shape: [1, 2, 3, 3, 2] }],
        ['b_2', 'permute', ['a_1'], { perm: [0, 1, 2, 4, 3] }],
        ['c_3', 'reshape', ['b_2'], { shape: [1, 2, 3, 6] }],
      ],
      'c_3',
    );
    check(channelShuffle, network, 'reshape permute reshape', 'shuffle');
  });

  test('channel shuffle leaves what only looks like one', () => {
    const network = networkOf(
      [1, 6, 2, 3],
      [
        ['a_1', 'reshape', ['x_0'], { shape: [1, 2, 3, 2, 3] }],
        ['b_2', 'permute', ['a_1'], { perm: [0, 2, 1, 3, 4] }],
        ['c_3', 'reshape', ['b_2'], { shape: [1, 3, 4, 3] }],
        ['d_4', 'relu', ['c_3']],
      ],
      'd_4',
    );
    check(channelShuffle, network, 'reshape permute reshape relu', 'reshape permute reshape relu');
  });

  test.each([
    ['CRD', [1, 2, 2, 2, 3, 3], [0, 1, 4, 2, 5, 3]],
    ['DCR', [1, 2, 2, 2, 3, 3], [0, 3, 4, 1, 5, 2]],
  ])('pixel shuffle %s', (mode, split, perm) => {
    const network = networkOf(
      [1, 8, 3, 3],
      [
        ['a_1', 'reshape', ['x_0'], { shape: split }],
        ['b_2', 'permute', ['a_1'], { perm }],
        ['c_3', 'reshape', ['b_2'], { shape: [1, 2, 6, 6] }],
      ],
      'c_3',
    );
    const result = check(pixelShuffle, network, 'reshape permute reshape', 'permute depth2space permute');
    expect(result.layer('b_2').text('mode')).toBe(mode);
  });

  test('padding in front of a convolution', () => {
    const padding = { padding_value: [[0, 0], [1, 0], [2, 1], [0, 0]], padding_const: 0 }; // prettier-ignore
    const network = networkOf(
      [1, 5, 5, 2],
      [
        ['a_1', 'pad', ['x_0'], padding],
        ['b_2', 'convolution', ['a_1'], convolution([0, 1, 0, 0]), { weight: { shape: [3, 3, 2, 4] }, bias: { shape: [4] } }],
      ],
      'b_2',
    ); // prettier-ignore
    const folded = runPass(network, padConvolution);
    expect(folded.layer('b_2').ints('pad')).toEqual([1, 1, 2, 1]);
    check(padConvolution, network, 'pad convolution', 'convolution');
  });

  test('permutes in a row', () => {
    const network = networkOf(
      [2, 3, 4],
      [
        ['a_1', 'permute', ['x_0'], { perm: [1, 2, 0] }],
        ['b_2', 'permute', ['a_1'], { perm: [0, 2, 1] }],
        ['c_3', 'relu', ['b_2']],
      ],
      'c_3',
    );
    const result = check(mergePermutes, network, 'permute permute relu', 'permute relu');
    expect(result.layer('b_2').ints('perm')).toEqual([1, 0, 2]);
  });

  test('identities', () => {
    const network = networkOf(
      [2, 3],
      [
        ['a_1', 'dropout', ['x_0'], { ratio: 0.5 }],
        ['b_2', 'permute', ['a_1'], { perm: [0, 1] }],
        ['c_3', 'reshape', ['b_2'], { shape: [-1, 3] }],
        ['d_4', 'relu', ['c_3']],
        ['e_5', 'noop', ['d_4']],
      ],
      'e_5',
    );
    check(removeIdentities, network, 'dropout permute reshape relu noop', 'relu');
  });

  test('equal layers', () => {
    const network = networkOf(
      [2, 3],
      [
        ['v_1', 'variable', [], { shape: [2, 3] }, { data: { shape: [2, 3] } }],
        ['w_2', 'variable', [], { shape: [2, 3] }, { data: { shape: [2, 3] } }],
        ['u_3', 'variable', [], { shape: [2, 3] }, { data: { shape: [2, 3], seed: 2 } }],
        ['a_4', 'multiply', ['x_0', 'v_1']],
        ['b_5', 'multiply', ['x_0', 'w_2']],
        ['c_6', 'multiply', ['x_0', 'u_3']],
        ['d_7', 'add', ['a_4', 'b_5']],
        ['e_8', 'add', ['d_7', 'c_6']],
      ],
      'e_8',
    );
    const result = runPass(network, shareCommon);
    expect([...result.layers.keys()].filter((key) => /_[1-6]$/.test(key))).toHaveLength(4);
    expect(run(result).values).toEqual(run(network).values);
  });

  test('matrix product and sum', () => {
    const network = networkOf(
      [2, 3, 4],
      [
        ['v_1', 'variable', [], { shape: [5, 4] }, { data: { shape: [5, 4] } }],
        ['w_2', 'variable', [], { shape: [1, 1, 5] }, { data: { shape: [1, 1, 5], seed: 2 } }],
        ['a_3', 'matmul', ['x_0', 'v_1'], { transpose_a: false, transpose_b: true }],
        ['b_4', 'add', ['w_2', 'a_3']],
      ],
      'b_4',
    );
    const result = runPasses(network, [denseLayers, foldAffine, removeDead]);
    expect(opsOf(result)).toBe('fullconnect');
    expect(result.layers.has('b_4')).toBe(true);
    const [was, is] = [run(network), run(result)];
    expect(is.shape).toEqual(was.shape);
    was.values.forEach((value, i) => expect(Math.abs(is.values[i] - value)).toBeLessThan(1e-4));
  });

  test('all of them together on a network that has nothing to do', () => {
    const network = networkOf([2, 3], [['a_1', 'relu', ['x_0']]], 'a_1');
    expect(opsOf(runPasses(network, importPasses))).toBe('relu');
    expect(new Set(importPasses.map(({ name }) => name)).size).toBe(importPasses.length);
    for (const { reason } of importPasses) expect(reason.length).toBeGreaterThan(20);
  });
});
