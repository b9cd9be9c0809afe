import { useEffect, useState } from 'react';
import type { EntryView, TableDifference } from '../../core/worker/contract-inspect.ts';
import type { RunView } from '../../core/worker/contract-project.ts';
import { formatReal } from '../graph/text.ts';
import { selectKey } from '../state/actions.ts';
import { core, report } from '../state/core.ts';
import { shortType } from './inspect-rows.ts';

/** Rows shown at most. */
const MOST = 200;

/** What two runs store differently. */
export function RunComparison({ runs, current }: { runs: readonly RunView[]; current: number | null }) {
  const last = current ?? runs[runs.length - 1].number;
  const other = runs.findLast(({ number }) => number !== last)?.number ?? last;
  const [a, setA] = useState(other);
  const [b, setB] = useState(last);
  const [answer, setAnswer] = useState<{ a: number; b: number; list: TableDifference[] }>();
  const found = answer?.a === a && answer.b === b ? answer.list : undefined;
  useEffect(() => {
    let stale = false;
    core()
      ?.diffTables(a, b)
      .then((list) => !stale && setAnswer({ a, b, list }), report);
    return () => void (stale = true);
  }, [a, b]);
  return (
    <div className="run-comparison">
      <p>
        <RunChoice label="First run" runs={runs} value={a} onChange={setA} /> and{' '}
        <RunChoice label="Second run" runs={runs} value={b} onChange={setB} />
        {found && `: ${found.length === 0 ? 'same tables' : `${found.length} entries differ`}`}
      </p>
      {found && found.length > 0 && (
        <ul>
          {found.slice(0, MOST).map(({ ref, a: one, b: two }) => (
            <li key={ref}>
              <button
                type="button"
                className="link"
                onClick={() => selectKey(ref.slice(1, ref.lastIndexOf(':')))}
              >
                <bdi>{ref}</bdi>
              </button>
              <span>{describe(one)}</span>
              <span>{describe(two)}</span>
            </li>
          ))}
        </ul>
      )}
      {found && found.length > MOST && <p className="dim">The first {MOST} are shown.</p>}
    </div>
  );
}

function RunChoice({
  label,
  runs,
  value,
  onChange,
}: {
  label: string;
  runs: readonly RunView[];
  value: number;
  onChange: (run: number) => void;
}) {
  return (
    <select aria-label={label} value={value} onChange={({ target }) => onChange(Number(target.value))}>
      {runs.map(({ number }) => (
        <option key={number} value={number}>
          run {number}
        </option>
      ))}
    </select>
  );
}

function describe(entry: EntryView | null): string {
  if (!entry) return 'not in the table';
  const { quantizer, qtype, min, max } = entry;
  const range = min === null || max === null ? '' : `, ${formatReal(min)} to ${formatReal(max)}`;
  return `${shortType(`${quantizer}-${qtype}`)}${range}`;
}
