import { describe, expect, it } from 'vitest';
import type { GraphNode, GraphView } from '../../core/worker/contract.ts';
import { findNodes, glob, indexParameters, parseQuery } from './search.ts';

const node = (key: string, op: string, shapes: GraphNode['shapes']): GraphNode => ({
  key,
  name: key.replace(/_\d+$/, ''),
  op,
  detail: '',
  shapes,
  parameters: null,
  macs: null,
  role: 'layer',
});

const graph: GraphView = {
  nodes: [
    node('input_0', 'input', [['N', 8, 8, 3]]),
    node('Conv_1', 'convolution', [[1, 112, 112, 32]]),
    node('conv_12', 'convolution', [[1, 56, 56, 32]]),
    node('split_3', 'split', [[1, 10], [1, 20]]), // prettier-ignore
    node('odd_4', 'unknown', [null]),
  ],
  edges: [],
};
const parameters = indexParameters([
  [{ name: 'shape', value: '[0, 8, 8, 3]' }],
  [
    { name: 'ksize_h', value: '3' },
    { name: 'padding', value: 'SAME' },
  ],
  [
    { name: 'ksize_h', value: '31' },
    { name: 'padding', value: 'VALID' },
  ],
  [],
  [{ name: 'note', value: '' }],
]);
const find = (query: string): number[] => findNodes(graph, [0, 1, 2, 3, 4], query, parameters);

describe('search', () => {
  it('looks for text in name, key and op, and for op: in the op only', () => {
    expect(find('conv')).toEqual([1, 2]);
    expect(find('CONV 12')).toEqual([2]);
    expect(find('op:in')).toEqual([0]);
    expect(find('  ')).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps the order it is given', () => {
    expect(findNodes(graph, [2, 1, 0], 'conv')).toEqual([2, 1]);
  });

  it('matches whole parameter values, or parts with stars', () => {
    expect(find('ksize_h=3')).toEqual([1]);
    expect(find('ksize_h=3*')).toEqual([1, 2]);
    expect(find('KSIZE_H=')).toEqual([1, 2]);
    expect(find('padding=same op:conv')).toEqual([1]);
    expect(find('shape=[0,8,8,3]')).toEqual([0]);
    expect(find('ksize=3')).toEqual([]);
    expect(find('note=')).toEqual([4]);
    expect(findNodes(graph, [0, 1], 'ksize_h=3')).toEqual([]);
  });

  it('finds the layer that makes a tensor', () => {
    expect(find('@conv_1:out0')).toEqual([1]);
    expect(find('@conv_1')).toEqual([1, 2]);
    expect(find('@conv_1:out1')).toEqual([]);
    expect(find('@split_3:out1')).toEqual([3]);
    expect(find('@split_3:ou')).toEqual([3]);
  });

  it('matches shapes of all ports', () => {
    expect(find('shape:1x20')).toEqual([3]);
    expect(find('shape:1x*x32')).toEqual([1, 2]);
    expect(find('shape:1,112,112,32')).toEqual([1]);
    expect(find('1×56×56×32')).toEqual([2]);
    expect(find('shape:nx*')).toEqual([0]);
    expect(find('shape:1x2')).toEqual([]);
  });

  it('takes odd words as text', () => {
    expect(parseQuery('=3 a:b "x')).toEqual([
      { kind: 'text', text: '=3' },
      { kind: 'text', text: 'a:b' },
      { kind: 'text', text: '"x' },
    ]);
    expect(parseQuery('@')).toEqual([{ kind: 'tensor', layer: '', port: undefined }]);
  });

  it('searches 10,000 nodes', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => node(`conv_${i}`, 'conv', [[1, i, i, 3]]));
    const index = indexParameters(nodes.map((_, i) => [{ name: 'k', value: String(i % 7) }]));
    const order = nodes.map((_, i) => i);
    const expected = order.filter((i) => i % 7 === 3).length;
    expect(findNodes({ nodes, edges: [] }, order, 'conv shape:1x*x3 k=3', index)).toHaveLength(expected);
  });
});

describe('glob', () => {
  it('covers the whole text', () => {
    expect(glob('a*', 'abc')).toBe(true);
    expect(glob('*c', 'abc')).toBe(true);
    expect(glob('a*b*c', 'a1b2c')).toBe(true);
    expect(glob('a*bc*c', 'abc')).toBe(false);
    expect(glob('ab*bc', 'abc')).toBe(false);
    expect(glob('', '')).toBe(true);
    expect(glob('*', '')).toBe(true);
    expect(glob('b', 'abc')).toBe(false);
  });

  it('is not led astray by many stars', () => {
    // Exponential time would never end.
    expect(glob('*a'.repeat(200) + '*b', 'a'.repeat(400))).toBe(false);
  });
});
