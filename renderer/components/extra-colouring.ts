import { useMemo } from 'react';
import type { Colouring } from '../graph/colouring.ts';
import { nodeDataColouring, timeColouring, unitColouring } from '../graph/node-data-colouring.ts';
import type { Scene } from '../graph/scene.ts';
import type { ProfileView } from '../../core/worker/contract-graph.ts';
import { useExtraColours } from '../state/extra-colours.ts';
import { useStudio } from '../state/store.ts';

/** The extra colours that are chosen; undefined = those of the stage. */
export function useExtraColouring(scene: Scene): Colouring | undefined {
  const { mode, imported } = useExtraColours();
  const profile = useProfile();
  return useMemo(() => {
    if (mode === 'unit') return unitColouring(scene, profile);
    if (mode === 'time') return timeColouring(scene, profile);
    const data = mode === undefined ? undefined : imported[mode];
    return data && nodeDataColouring(scene, data, resolveColour);
  }, [scene, mode, profile, imported]);
}

/** Units and times, as long as they are those of the project's table. */
export function useProfile(): ProfileView | undefined {
  const profile = useExtraColours((state) => state.profile);
  const version = useStudio((state) => state.project?.tableVersion ?? '');
  return profile?.version === version ? profile.view : undefined;
}

/** A colour of CSS as `#rrggbb`; grey where it is none. */
function resolveColour(colour: string): string {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return '#808080';
  context.fillStyle = '#808080';
  context.fillStyle = colour;
  return context.fillStyle;
}
