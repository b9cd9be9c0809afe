import type { Layer, TensorRef } from '../network/layer.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

interface Found {
  split: Layer;
  swap: Layer;
  input: TensorRef;
  axis: number;
  groups: number;
}

/**
 * [.., C, ..] → [.., g, C/g, ..] → the two exchanged → [.., C, ..]; the last layer is given.
 */
function match(editor: GraphEditor, last: Layer): Found | undefined {
  if (last.op !== 'reshape') return undefined;
  const swap = editor.soleProducer(last.inputs[0], 'permute');
  const split = editor.soleProducer(swap?.inputs[0], 'reshape');
  if (!swap || !split) return undefined;
  const before = editor.shape(split.inputs[0]);
  const inner = editor.shape({ layer: split.key, port: 0 });
  const after = editor.shape({ layer: last.key, port: 0 });
  if (!before || !inner || before.join() !== after?.join() || inner.length !== before.length + 1)
    return undefined;
  const perm = swap.ints('perm', [0]);
  const axis = perm.findIndex((from, to) => from !== to);
  const exchanged = inner.map((_, i) => (i === axis ? axis + 1 : i === axis + 1 ? axis : i));
  // The layer shuffles the channels of a picture, stored last or, before the permute to it, second.
  if (before.length !== 4 || (axis !== 1 && axis !== 3)) return undefined;
  if (perm.join() !== exchanged.join()) return undefined;
  const joined = inner.flatMap((dim, i) => (i === axis + 1 ? [] : i === axis ? [dim * inner[i + 1]] : [dim]));
  if (joined.join() !== before.join()) return undefined;
  return { split, swap, input: split.inputs[0], axis, groups: inner[axis] };
}

function rewrite(editor: GraphEditor, last: Layer, { input, axis, groups, split, swap }: Found): void {
  const shuffle = (layer: Layer, from: TensorRef, reshapes: boolean): void => {
    const parameters = [['group_number', groups]] as const;
    editor.replace(layer, { op: 'shuffle', parameters, inputs: [from], reshapes });
  };
  if (axis === 3) return shuffle(last, input, false);
  // Channel-first: the three layers take over. Lowering drops the permutes.
  const permute = (layer: Layer, perm: number[], from: TensorRef): void => {
    editor.replace(layer, { op: 'permute', parameters: [['perm', perm]], inputs: [from], reshapes: true });
  };
  permute(split, [0, 2, 3, 1], input);
  shuffle(swap, { layer: split.key, port: 0 }, true);
  permute(last, [0, 3, 1, 2], { layer: swap.key, port: 0 });
}

/** Reshape, permute, reshape that exchanges groups of channels becomes `shuffle`. */
export const channelShuffle: Pass = {
  name: 'channel-shuffle',
  reason: 'The NPU shuffles channels in one node instead of moving five-dimensional data twice.',
  apply(editor) {
    let count = 0;
    for (const { key } of editor.layers()) {
      const last = editor.current(key);
      const found = last && match(editor, last);
      if (!last || !found) continue;
      rewrite(editor, last, found);
      count++;
    }
    return count;
  },
};
