import { useMemo, useState } from 'react';
import { opColouring, shareColouring } from '../graph/colouring.ts';
import { GraphView } from '../graph/graph-view.tsx';
import { ModeSwitch } from '../graph/mode-switch.tsx';
import type { Scene } from '../graph/scene.ts';

const MODES = [
  { id: 'op', label: 'Operation', hint: 'Families of operations' },
  { id: 'parameters', label: 'Parameters', hint: 'Where the weights are' },
  { id: 'macs', label: 'MACs', hint: 'Where the work is: multiply-accumulates for one sample' },
] as const;

/** The graph of the Model stage. */
export function ModelGraph({ scene }: { scene: Scene }) {
  const [mode, setMode] = useState<(typeof MODES)[number]['id']>('op');
  const colouring = useMemo(
    () => (mode === 'op' ? opColouring(scene) : shareColouring(scene, mode)),
    [scene, mode],
  );
  return (
    <GraphView scene={scene} colouring={colouring}>
      <ModeSwitch modes={MODES} mode={mode} onMode={setMode} />
    </GraphView>
  );
}
