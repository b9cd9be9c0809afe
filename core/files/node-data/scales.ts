import type { NodeDataScale } from './node-data.ts';

/** Blue where little, orange where much. */
export const MORE_IS_WORSE: NodeDataScale = {
  kind: 'gradient',
  stops: [
    { stop: 0, colour: '#3579c2' },
    { stop: 0.5, colour: '#f1c27d' },
    { stop: 1, colour: '#d9651d' },
  ],
};

/** The other way round. */
export const MORE_IS_BETTER: NodeDataScale = {
  kind: 'gradient',
  stops: [
    { stop: 0, colour: '#d9651d' },
    { stop: 0.5, colour: '#f1c27d' },
    { stop: 1, colour: '#3579c2' },
  ],
};
