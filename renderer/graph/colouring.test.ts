import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../core/worker/contract.ts';
import { rampColouring, shareColouring, wordColouring, type Colouring } from './colouring.ts';

/** Label of each node's colour. */
const labels = ({ classes, classOf }: Colouring): string[] =>
  [...classOf].map((index) => classes[index].label);

describe('colours of the graph', () => {
  it('put values on a ramp, the harmless end first, whichever way it goes', () => {
    const spell = (value: number): string => `${value} dB`;
    const falling = rampColouring({
      title: 't',
      values: [60, 50, 49, 20, 19.9, null, Infinity],
      limits: [50, 20],
      spell,
    });
    expect(labels(falling)).toEqual([
      'from 50 dB',
      'from 50 dB',
      '20 to 50 dB',
      '20 to 50 dB',
      'below 20 dB',
      'not known',
      'from 50 dB',
    ]);
    expect(falling.classes.map(({ token }) => token).slice(1)).toEqual(['--ramp-0', '--ramp-1', '--ramp-2']);
    const rising = rampColouring({ title: 't', values: [0.1, 0.5, 0.9], limits: [0.5, 0.9], spell: String });
    expect(labels(rising)).toEqual(['below 0.5', '0.5 to 0.9', 'from 0.9']);
    expect(rising.badges).toEqual(['0.1', '0.5', '0.9']);
  });

  it('say how much of the whole a node is', () => {
    const node = (macs: number | null): GraphNode => ({
      key: 'k',
      name: 'k',
      op: 'conv',
      detail: '',
      shapes: [],
      parameters: null,
      macs,
      role: 'layer',
    });
    const colouring = shareColouring({ nodes: [node(600), node(399), node(1), node(0), node(null)] }, 'macs');
    expect(labels(colouring)).toEqual(['from 30 %', 'from 30 %', '0.1 to 0.3 %', 'none', 'none']);
    expect(colouring.badges).toEqual(['600', '399', '1', '', '']);
  });

  it('give each word a colour', () => {
    const colouring = wordColouring(
      't',
      ['uint8', null, 'int16', 'uint8'],
      new Map([['int16', '--op-shape']]),
    );
    expect(labels(colouring)).toEqual(['uint8', 'not known', 'int16', 'uint8']);
    expect(colouring.classes[2].token).toBe('--op-shape');
  });
});
