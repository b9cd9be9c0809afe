import type { Layer } from '../network/layer.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

interface Found {
  input: Layer['inputs'][number];
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
  if (axis < 0 || perm.join() !== exchanged.join()) return undefined;
  const joined = inner.flatMap((dim, i) => (i === axis + 1 ? [] : i === axis ? [dim * inner[i + 1]] : [dim]));
  if (joined.join() !== before.join()) return undefined;
  return { input: split.inputs[0], axis, groups: inner[axis] };
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
      const parameters = [['group_number', found.groups], ['axis', found.axis]] as const; // prettier-ignore
      editor.replace(last, { op: 'shuffle', parameters, inputs: [found.input] });
      count++;
    }
    return count;
  },
};
