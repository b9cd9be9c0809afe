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
  const own = (next: Mode): void => {
    void showExtra(undefined);
    onMode(next);
  };
  return (
    <div className="graph-modes" role="group" aria-label="Colour of the graph">
      <ModeSwitch modes={modes} mode={extra === undefined ? mode : undefined} onMode={own} />
      <ModeSwitch
        modes={EXTRA}
        mode={typeof extra === 'number' ? undefined : extra}
        onMode={(next) => {
          if (!busy) void showExtra(next);
        }}
      />
      <NodeDataMenu />
    </div>
  );
}
