import type { Pass } from './pass.ts';

/** Drops layers no output depends on; inputs stay, they are the network's interface. */
export const removeDead: Pass = {
  name: 'remove-dead',
  reason: 'What no output depends on need not be computed.',
  apply(editor) {
    const alive = new Set<string>();
    const pending = editor.layers().filter(({ op }) => op === 'output' || op === 'input');
    for (let layer = pending.pop(); layer; layer = pending.pop()) {
      if (alive.has(layer.key)) continue;
      alive.add(layer.key);
      pending.push(...layer.inputs.map((ref) => editor.producer(ref)));
    }
    const dead = editor.layers().filter(({ key }) => !alive.has(key));
    for (const layer of dead) editor.remove(layer);
    return dead.length;
  },
};
