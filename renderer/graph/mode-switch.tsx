interface ModeSwitchProps<Mode extends string> {
  modes: readonly { id: Mode; label: string; hint: string }[];
  /** Undefined = none of them. */
  mode: Mode | undefined;
  onMode: (mode: Mode) => void;
}

/** What the graph is coloured by. */
export function ModeSwitch<Mode extends string>({ modes, mode, onMode }: ModeSwitchProps<Mode>) {
  return (
    <div className="segments">
      {modes.map(({ id, label, hint }) => (
        <button key={id} type="button" aria-pressed={id === mode} title={hint} onClick={() => onMode(id)}>
          {label}
        </button>
      ))}
    </div>
  );
}
