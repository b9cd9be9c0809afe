import { ModeSwitch } from '../graph/mode-switch.tsx';
import { isBusy } from '../state/job-state.ts';
import { showExtra, useExtraColours } from '../state/extra-colours.ts';
import { useStudio } from '../state/store.ts';
import { NodeDataMenu } from './node-data-menu.tsx';

const EXTRA = [
  { id: 'unit', label: 'Unit', hint: 'Unit of the NPU that a layer runs on: NN, TP or PPU' },
  { id: 'time', label: 'Time', hint: 'Time that this computer’s simulator takes for a layer' },
] as const;

interface ColourModesProps<Mode extends string> {
  /** The colours of the stage. */
  modes: readonly { id: Mode; label: string; hint: string }[];
  mode: Mode;
  onMode: (mode: Mode) => void;
}

/** What the graph is coloured by: the stage's own colours, units, times, and data of other programs. */
export function ColourModes<Mode extends string>({ modes, mode, onMode }: ColourModesProps<Mode>) {
  const extra = useExtraColours((state) => state.mode);
  const busy = useStudio((state) => isBusy(state.job?.phase));
  return (
    <div className="graph-modes">
      <ModeSwitch
        modes={[...modes, ...EXTRA]}
        mode={extra === undefined ? mode : typeof extra === 'number' ? undefined : extra}
        onMode={(next) => {
          const added = EXTRA.find(({ id }) => id === next);
          const own = modes.find(({ id }) => id === next);
          if (!added) void showExtra(undefined);
          else if (!busy) void showExtra(added.id);
          if (own) onMode(own.id);
        }}
      />
      <NodeDataMenu />
    </div>
  );
}
