import type { Layer, TensorRef } from '../network/layer.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

interface Found {
  split: Layer;
  move: Layer;
  input: TensorRef;
  block: number;
  mode: 'CRD' | 'DCR';
}

/** PyTorch: [N, C, r, r, H, W] → N, C, H, r, W, r. */
const CRD = [0, 1, 4, 2, 5, 3];
/** TensorFlow: [N, r, r, C, H, W] → N, C, H, r, W, r. */
const DCR = [0, 3, 4, 1, 5, 2];

function match(editor: GraphEditor, last: Layer): Found | undefined {
  if (last.op !== 'reshape') return undefined;
  const move = editor.soleProducer(last.inputs[0], 'permute');
  const split = editor.soleProducer(move?.inputs[0], 'reshape');
  if (!move || !split) return undefined;
  const perm = move.ints('perm', [0]).join();
  const mode = perm === CRD.join() ? 'CRD' : perm === DCR.join() ? 'DCR' : undefined;
  const before = editor.shape(split.inputs[0]);
  const inner = editor.shape({ layer: split.key, port: 0 });
  const after = editor.shape({ layer: last.key, port: 0 });
  if (!mode || before?.length !== 4 || inner?.length !== 6 || !after) return undefined;
  const [n, , h, w] = before;
  const block = inner[2];
  const channels = mode === 'CRD' ? inner[1] : inner[3];
  const wanted = mode === 'CRD' ? [n, channels, block, block, h, w] : [n, block, block, channels, h, w];
  if (inner.join() !== wanted.join()) return undefined;
  if (after.join() !== [n, channels, h * block, w * block].join()) return undefined;
  return { split, move, input: split.inputs[0], block, mode };
}

/** Reshape, permute, reshape on channel-first data becomes `depth2space` between two permutes. */
export const pixelShuffle: Pass = {
  name: 'pixel-shuffle',
  reason: 'The NPU has a node for it; six-dimensional data it can not move at all.',
  apply(editor) {
    let count = 0;
    for (const { key } of editor.layers()) {
      const last = editor.current(key);
      const found = last && match(editor, last);
      if (!last || !found) continue;
      const { move, split } = found;
      // The three layers take over: to channel-last, the shuffle, back. Lowering drops the permutes.
      editor.replace(split, {
        op: 'permute',
        parameters: [['perm', [0, 2, 3, 1]]],
        inputs: [found.input],
        reshapes: true,
      });
      const parameters = [['block_size', found.block], ['mode', found.mode]] as const; // prettier-ignore
      editor.replace(move, {
        op: 'depth2space',
        parameters,
        inputs: [{ layer: split.key, port: 0 }],
        reshapes: true,
      });
      const inputs = [{ layer: move.key, port: 0 }];
      editor.replace(last, { op: 'permute', parameters: [['perm', [0, 3, 1, 2]]], inputs });
      count++;
    }
    return count;
  },
};
