import { useId, useMemo, useState, type ReactNode } from 'react';
import { formatCount } from '../graph/text.ts';
import { VirtualList } from './virtual-list.tsx';

/** One line of the list. */
export interface Problem {
  /** What lines of one kind have in common. */
  kind: string;
  text: string;
  /** Node of the shown graph, -1 = none. */
  node: number;
}

interface ProblemListProps {
  label: string;
  problems: readonly Problem[];
  /** The selected node. */
  selected: number;
  onSelect: (node: number) => void;
  /** What can be done about a whole kind. */
  renderAction?: (problems: readonly Problem[]) => ReactNode;
}

/** Lines so many, then they scroll. */
const VISIBLE = 8;
const ROW = 26;

/** What is wrong or worth knowing about a model, by kind with counts; a line leads to its node. */
export function ProblemList({ label, problems, selected, onSelect, renderAction }: ProblemListProps) {
  const groups = useMemo(() => byKind(problems), [problems]);
  return (
    <section className="problems" aria-label={label}>
      {groups.map(([kind, lines]) => (
        <Group key={kind} kind={kind} lines={lines} selected={selected} onSelect={onSelect}>
          {renderAction?.(lines)}
        </Group>
      ))}
    </section>
  );
}

function byKind(problems: readonly Problem[]): [string, Problem[]][] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const lines = groups.get(problem.kind);
    if (lines) lines.push(problem);
    else groups.set(problem.kind, [problem]);
  }
  return [...groups];
}

interface GroupProps {
  kind: string;
  lines: readonly Problem[];
  selected: number;
  onSelect: (node: number) => void;
  children: ReactNode;
}

function Group({ kind, lines, selected, onSelect, children }: GroupProps) {
  const id = useId();
  const [open, setOpen] = useState(true);
  const [last, setLast] = useState(-1);
  // Several lines may lead to one node, and some to none.
  const at =
    lines[last]?.node === selected ? last : lines.findIndex(({ node }) => node >= 0 && node === selected);
  const go = (index: number): void => {
    setLast(index);
    onSelect(lines[index].node);
  };
  const leads = lines.length > VISIBLE || lines.some(({ node }) => node >= 0);
  return (
    <div className="problem-group">
      <div className="problem-kind">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span>{kind}</span>
          <b>{formatCount(lines.length)}</b>
        </button>
        {children}
      </div>
      {open && !leads && (
        <ul className="problem-sentences">
          {lines.map(({ text }, index) => (
            <li key={index}>{text}</li>
          ))}
        </ul>
      )}
      {open && leads && (
        <div style={{ height: Math.min(VISIBLE, lines.length) * ROW }}>
          <VirtualList
            className="problem-lines"
            label={kind}
            count={lines.length}
            cell={{ height: ROW }}
            at={at}
            itemId={(index) => `${id}-${index}`}
            onMove={go}
            renderItem={(index, { top }) => (
              <Line
                key={index}
                id={`${id}-${index}`}
                line={lines[index]}
                at={index}
                top={top}
                count={lines.length}
                selected={index === at}
                onClick={() => go(index)}
              />
            )}
          />
        </div>
      )}
    </div>
  );
}

interface LineProps {
  id: string;
  line: Problem;
  at: number;
  top: number;
  count: number;
  selected: boolean;
  onClick: () => void;
}

function Line({ id, line, at, top, count, selected, onClick }: LineProps) {
  return (
    <div
      id={id}
      className="problem-line"
      role="option"
      aria-selected={selected}
      aria-posinset={at + 1}
      aria-setsize={count}
      data-leads={line.node >= 0 || undefined}
      style={{ top }}
      title={line.text}
      onClick={onClick}
    >
      <bdi>{line.text}</bdi>
    </div>
  );
}
