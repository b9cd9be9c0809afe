import type { Layer } from '../network/layer.ts';
import type { GraphEditor, Replacement } from './editor.ts';
import { keepsShape } from './match.ts';
import type { Pass } from './pass.ts';

/**
 * A pass that looks at each layer as the last one of a pattern.
 * @param rewrite changes the graph when the pattern is there. @returns whether it did
 */
export function layerPass(
  name: string,
  reason: string,
  rewrite: (editor: GraphEditor, last: Layer) => boolean,
): Pass {
  return {
    name,
    reason,
    apply(editor) {
      let count = 0;
      for (const { key } of editor.ordered()) {
        const layer = editor.current(key);
        if (layer && rewrite(editor, layer)) count++;
      }
      return count;
    },
  };
}

/**
 * A pass that puts one layer in the place of a pattern of elementwise ones. The layer gets the key of the
 * pattern's last layer, as the toolkit does it; the others are left to dead-code removal.
 * @param match what to put there, given the last layer, or undefined; input 0 has to have the output's shape
 */
export function elementwisePass(
  name: string,
  reason: string,
  match: (editor: GraphEditor, last: Layer) => Replacement | undefined,
): Pass {
  return layerPass(name, reason, (editor, last) => {
    const found = match(editor, last);
    if (!found || !keepsShape(editor, last, found.inputs[0])) return false;
    editor.replace(last, found);
    return true;
  });
}
