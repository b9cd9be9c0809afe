import { useMemo } from 'react';
import type { Colouring } from '../graph/colouring.ts';
import { nodeDataColouring, timeColouring, unitColouring } from '../graph/node-data-colouring.ts';
import type { Scene } from '../graph/scene.ts';
import { useExtraColours } from '../state/extra-colours.ts';

/** The extra colours that are chosen; undefined = those of the stage. */
export function useExtraColouring(scene: Scene): Colouring | undefined {
  const { mode, profile, imported } = useExtraColours();
  return useMemo(() => {
    if (mode === 'unit') return unitColouring(scene, profile?.view);
    if (mode === 'time') return timeColouring(scene, profile?.view);
    const data = mode === undefined ? undefined : imported[mode];
    return data && nodeDataColouring(scene, data, resolveColour);
  }, [scene, mode, profile, imported]);
}

/** A colour of CSS as `#rrggbb`; grey where it is none. */
function resolveColour(colour: string): string {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return '#808080';
  context.fillStyle = '#808080';
  context.fillStyle = colour;
  return context.fillStyle;
}
