import { useEffect, useRef, useState } from 'react';
import type { EntryView, TableDifference, TableSource } from '../../core/worker/contract-inspect.ts';
import type { RunView } from '../../core/worker/contract-project.ts';
import { formatReal } from '../graph/text.ts';
import { selectKey } from '../state/actions.ts';
import { core, report } from '../state/core.ts';
import { closeOtherTable, openOtherTable, useInspect } from '../state/inspect.ts';
import { shortType } from './inspect-rows.ts';

/** Rows shown at most. */
const MOST = 200;

interface TableComparisonProps {
  runs: readonly RunView[];
  /** The run whose table is in use; null when it is no run's. */
  current: number | null;
}

/** What two tables store differently: of runs, of the project, or of a file. */
export function TableComparison({ runs, current }: TableComparisonProps) {
  const inUse: TableSource = current ?? 'project';
  const file = useInspect((state) => state.otherTable);
  const [chosen, setChosen] = useState<TableSource | undefined>(
    runs.findLast(({ number }) => number !== current)?.number,
  );
  const [b, setB] = useState<TableSource>(inUse);
  const a = file ?? chosen;
  const found = useDifferences(a, b);
  const numbers = runs.map(({ number }) => number);
  const own: readonly TableSource[] = current === null ? [inUse, ...numbers] : numbers;
  const first = (source: TableSource): void => {
    closeOtherTable();
    setChosen(source);
  };
  return (
    <div className="table-comparison">
      <p>
        <TableChoice label="First table" tables={file ? [...own, file] : own} value={a} onChange={first} />{' '}
        and <TableChoice label="Second table" tables={own} value={b} onChange={setB} />
        {found && `: ${found.length === 0 ? 'same tables' : `${found.length} entries differ`}`}
      </p>
      <OtherFile />
      {found && found.length > 0 && <Differences list={found} />}
    </div>
  );
}

/** Undefined while it is not known. A file that is no table is said to be none, and closed. */
function useDifferences(a: TableSource | undefined, b: TableSource): readonly TableDifference[] | undefined {
  const [answer, setAnswer] = useState<{ a: TableSource; b: TableSource; list: TableDifference[] }>();
  useEffect(() => {
    if (a === undefined) return undefined;
    let stale = false;
    const refuse = (error: unknown): void => {
      if (stale) return;
      report(error);
      if (typeof a === 'object') closeOtherTable();
    };
    core()
      ?.diffTables(a, b)
      .then((list) => !stale && setAnswer({ a, b, list }), refuse);
    return () => void (stale = true);
  }, [a, b]);
  return answer?.a === a && answer?.b === b ? answer.list : undefined;
}

function Differences({ list }: { list: readonly TableDifference[] }) {
  return (
    <>
      <ul>
        {list.slice(0, MOST).map(({ ref, a, b }) => (
          <li key={ref}>
            <button
              type="button"
              className="link"
              onClick={() => selectKey(ref.slice(1, ref.lastIndexOf(':')))}
            >
              <bdi>{ref}</bdi>
            </button>
            <span>{describe(a)}</span>
            <span>{describe(b)}</span>
          </li>
        ))}
      </ul>
      {list.length > MOST && <p className="dim">The first {MOST} are shown.</p>}
    </>
  );
}

interface TableChoiceProps {
  label: string;
  tables: readonly TableSource[];
  value: TableSource | undefined;
  onChange: (table: TableSource) => void;
}

function TableChoice({ label, tables, value, onChange }: TableChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value === undefined ? '' : nameOf(value)}
      onChange={({ target }) => {
        const table = tables.find((one) => nameOf(one) === target.value);
        if (table !== undefined) onChange(table);
      }}
    >
      {value === undefined && (
        <option value="" disabled>
          a table
        </option>
      )}
      {tables.map((table) => (
        <option key={nameOf(table)}>{nameOf(table)}</option>
      ))}
    </select>
  );
}

function nameOf(table: TableSource): string {
  if (typeof table === 'object') return table.name;
  return table === 'project' ? 'the table in use' : `run ${table}`;
}

function OtherFile() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="button small"
        title="Compares any .quantize file; it can be dropped on the window as well"
        onClick={() => input.current?.click()}
      >
        Other file…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".quantize"
        data-testid="other-table-input"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          target.value = '';
          void openOtherTable(file);
        }}
      />
    </>
  );
}

function describe(entry: EntryView | null): string {
  if (!entry) return 'not in the table';
  const { quantizer, qtype, min, max } = entry;
  const range = min === null || max === null ? '' : `, ${formatReal(min)} to ${formatReal(max)}`;
  return `${shortType(`${quantizer}-${qtype}`)}${range}`;
}
