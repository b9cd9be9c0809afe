import type { ChipView } from '../../core/worker/contract-project.ts';

/** What a chip is and can do, in words. */
export function ChipCard({ chip }: { chip: ChipView }) {
  const [name, ...others] = chip.names;
  const { fast, slow, unknown } = chip.types;
  return (
    <section className="panel chip-card" aria-label="Chosen chip">
      <header>
        <span className="chip-icon" aria-hidden="true">
          <svg viewBox="0 0 24 24">
            <path d="M7 7h10v10H7zM9 3v3M15 3v3M9 18v3M15 18v3M3 9h3M3 15h3M18 9h3M18 15h3" />
          </svg>
        </span>
        <div>
          <h3>{name}</h3>
          {others.length > 0 && <p className="dim">also {others.join(', ')}</p>}
        </div>
      </header>
      <dl className="numbers">
        <Fact name="PID" value={chip.pid} />
        <Fact name="NN cores" value={String(chip.cores)} />
        <Fact name="Speed at 8 bits" value={chip.tops === null ? 'not known' : `${chip.tops} TOPS`} />
        <Fact name="Serials begin with" value={chip.serials.join(', ') || 'not known'} />
      </dl>
      <ul className="abilities">
        <Ability mark="✓" tone="ok" title="Fast, on the NN cores" types={fast} />
        <Ability mark="✕" tone="off" title="Slow, on shader cores, or not at all" types={slow} />
        <Ability mark="?" tone="warn" title="Not known" types={unknown} />
      </ul>
      {chip.uncertain && <p className="note note-warn">What is said of this chip is partly a guess.</p>}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface AbilityProps {
  mark: string;
  tone: 'ok' | 'off' | 'warn';
  title: string;
  types: readonly string[];
}

function Ability({ mark, tone, title, types }: AbilityProps) {
  if (types.length === 0) return null;
  return (
    <li>
      <span className={`mark mark-${tone}`} aria-hidden="true">
        {mark}
      </span>
      <span>{title}</span>
      <span className="ability-types">
        {types.map((type) => (
          <span key={type} className="tag">
            {type}
          </span>
        ))}
      </span>
    </li>
  );
}
