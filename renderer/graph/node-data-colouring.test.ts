import { describe, expect, it } from 'vitest';
import type { NodeDataView, ProfileView } from '../../core/worker/contract-graph.ts';
import type { GraphNode } from '../../core/worker/contract.ts';
import {
  mixed,
  nodeDataColouring,
  spellMilliseconds,
  timeColouring,
  unitColouring,
} from './node-data-colouring.ts';

const KEYS = ['in', 'a', 'b', 'c', 'd'];
const scene = {
  nodes: KEYS.map((key): GraphNode => ({
    key,
    name: key,
    op: 'relu',
    detail: '',
    shapes: [],
    parameters: null,
    macs: null,
    role: key === 'in' ? 'input' : 'layer',
  })),
  indexOf: (key: string) => KEYS.indexOf(key),
};
const colour = (data: Omit<NodeDataView, 'name' | 'unmatched'>) =>
  nodeDataColouring(scene, { name: 'x', unmatched: 0, ...data }, (name) =>
    name === 'red' ? '#ff0000' : name,
  );
const values = (...list: (number | string)[]) => list.map((value, i) => ({ layer: KEYS[i + 1], value }));

describe('imported values', () => {
  it('take the colour of the first threshold they do not exceed', () => {
    const found = colour({
      values: values(10, 10.5, 99),
      scale: {
        kind: 'thresholds',
        steps: [
          { value: 10, colour: 'red' },
          { value: 50, colour: null },
        ],
      },
    });
    expect([...found.classOf]).toEqual([0, 1, 2, 3, 0]);
    expect(found.classes.map(({ label, colour: own }) => [label, own])).toEqual([
      ['no value', undefined],
      ['to 10', '#ff0000'],
      ['to 50', undefined],
      ['above 50', undefined],
    ]);
    expect(found.badges).toEqual(['', '10', '10.5', '99', '']);
    expect(found.ofGroup([1, 2, 4])).toEqual({ classIndex: 2, badge: '10.5' });
    expect(found.ofGroup([0, 4])).toEqual({ classIndex: 0, badge: '' });
  });

  it('spread over a gradient from the smallest to the largest', () => {
    const stops = [
      { stop: 0, colour: '#000000' },
      { stop: 1, colour: '#ffffff' },
    ];
    const found = colour({ values: values(0, 8, 3.9), scale: { kind: 'gradient', stops } });
    expect([...found.classOf]).toEqual([0, 1, 8, 4, 0]);
    expect(found.classes[1].colour).toBe('#000000');
    expect(found.classes[8].colour).toBe('#ffffff');
    expect(mixed([...stops, { stop: 2, colour: '#ff0000' }], 0.5)).toBe('#808080');
    const equal = colour({ values: values(5, 5), scale: { kind: 'none' } });
    expect([...equal.classOf]).toEqual([0, 1, 1, 0, 0]);
    expect(equal.classes[1].label).toBe('5');
  });

  it('that are words get a colour each', () => {
    const found = colour({ values: values('NN', 'TP', 'NN', 4), scale: { kind: 'none' } });
    expect([...found.classOf]).toEqual([0, 1, 2, 1, 3]);
    expect(found.ofGroup([1, 2, 3])).toEqual({ classIndex: 1, badge: 'NN' });
  });
});

const profile: ProfileView = {
  quantized: true,
  runs: 1,
  milliseconds: 10,
  layers: [
    { layer: 'a', unit: 'NN', milliseconds: 9, nodes: [] },
    { layer: 'b', unit: 'PPU', milliseconds: 0.96, nodes: [] },
    { layer: 'c', unit: '-', milliseconds: 0.04, nodes: [] },
  ],
};

describe('units and times', () => {
  it('tell the host from layers without work', () => {
    const found = unitColouring(scene, profile);
    expect(Array.from(found.classOf, (index) => found.classes[index].label)).toEqual([
      'host CPU',
      'NN, convolution engine',
      'PPU, shader core',
      'no work',
      'no work',
    ]);
    expect(found.ofGroup([2, 3, 4])).toMatchObject({ badge: 'PPU' });
    expect([...unitColouring(scene, undefined).classOf]).toEqual([0, 0, 0, 0, 0]);
  });

  it('are shares of the whole, summed up over groups', () => {
    const found = timeColouring(scene, profile);
    expect(found.title).toContain('10.0 ms');
    expect(found.badges).toEqual(['', '9.00 ms', '0.960 ms', '40 µs', '']);
    expect(found.ofGroup([1, 2])).toEqual({ classIndex: found.classes.length - 1, badge: '9.96 ms' });
    expect([spellMilliseconds(0.0123), spellMilliseconds(123.4)]).toEqual(['12 µs', '123 ms']);
  });
});
