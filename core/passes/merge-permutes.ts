import type { Pass } from './pass.ts';

/** Two permutes in a row become one, two reshapes the second. */
export const mergePermutes: Pass = {
  name: 'merge-permutes',
  reason: 'Moving or renaming the axes once gives the same elements as doing it twice.',
  apply(editor) {
    let count = 0;
    for (const { key } of editor.layers()) {
      const layer = editor.current(key);
      if (layer?.op !== 'permute' && layer?.op !== 'reshape') continue;
      const before = editor.producer(layer.inputs[0]);
      if (before.op !== layer.op) continue;
      const { inputs } = before;
      if (layer.op === 'permute') {
        const first = before.ints('perm', [0]);
        const perm = layer.ints('perm', [0]).map((axis) => first[axis]);
        editor.replace(layer, { op: 'permute', parameters: [['perm', perm]], inputs });
      } else {
        // A 0 in the target means a dimension of the reshape in front.
        if (layer.ints('shape').includes(0)) continue;
        editor.replace(layer, { op: 'reshape', parameters: layer.parameters, inputs });
      }
      count++;
    }
    return count;
  },
};
