import { useMemo, useState } from 'react';
import { opColouring, shareColouring } from '../graph/colouring.ts';
import { GraphView } from '../graph/graph-view.tsx';
import type { Scene } from '../graph/scene.ts';
import { ColourModes } from './colour-modes.tsx';
import { useExtraColouring } from './extra-colouring.ts';

const MODES = [
  { id: 'op', label: 'Operation', hint: 'Families of operations' },
  { id: 'parameters', label: 'Parameters', hint: 'Where the weights are' },
  { id: 'macs', label: 'MACs', hint: 'Where the work is: multiply-accumulates for one sample' },
] as const;

/** The graph of the Model stage. */
export function ModelGraph({ scene }: { scene: Scene }) {
  const [mode, setMode] = useState<(typeof MODES)[number]['id']>('op');
  const extra = useExtraColouring(scene);
  const own = useMemo(
    () => (mode === 'op' ? opColouring(scene) : shareColouring(scene, mode)),
    [scene, mode],
  );
  return (
    <GraphView scene={scene} colouring={extra ?? own}>
      <ColourModes modes={MODES} mode={mode} onMode={setMode} />
    </GraphView>
  );
}
