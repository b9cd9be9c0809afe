import type { Layer } from '../network/layer.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

const RESHAPES = new Set(['reshape', 'squeeze', 'expanddims', 'flatten']);

/** Whether the layer hands its input on as it is. */
function isIdentity(editor: GraphEditor, layer: Layer): boolean {
  if (layer.inputs.length !== 1 || layer.outputs !== 1) return false;
  if (layer.op === 'noop' || layer.op === 'dropout') return true;
  if (layer.op === 'permute') return layer.ints('perm', [0]).every((axis, i) => axis === i);
  if (!RESHAPES.has(layer.op)) return false;
  const before = editor.shape(layer.inputs[0]);
  const after = editor.shape({ layer: layer.key, port: 0 });
  return before !== undefined && before.join() === after?.join();
}

/** Drops noop, dropout, permutes that keep the order and reshapes that keep the shape. */
export const removeIdentities: Pass = {
  name: 'remove-identities',
  reason: 'A layer that hands its input on costs a node or hides a pattern from the other passes.',
  apply(editor) {
    let count = 0;
    for (const layer of editor.layers()) {
      const current = editor.current(layer.key);
      if (!current || !isIdentity(editor, current)) continue;
      editor.redirect(current, current.inputs[0]);
      editor.remove(current);
      count++;
    }
    return count;
  },
};
