import { useMemo, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import { useScrollBox } from '../components/use-scroll-box.ts';
import { colourStyle, type Colouring } from '../graph/colouring.ts';
import { shorten } from '../graph/text.ts';
import { select } from '../state/actions.ts';
import { setLayers, show, sort, useInspect } from '../state/inspect.ts';
import { useStudio } from '../state/store.ts';
import { spellDecibels } from './inspect-colours.ts';
import { arrange, unitOf, type InspectRow, type SortKey } from './inspect-rows.ts';

const ROW = 40;
/** Rows drawn beyond the visible ones. */
const SPARE = 6;

const COLUMNS: readonly { by: SortKey; label: string; hint: string }[] = [
  { by: 'name', label: 'Layer', hint: 'By name' },
  { by: 'entropy', label: 'Entropy', hint: 'What is lost of 16 bits, output or weights: 0 nothing, 1 all' },
  { by: 'single', label: 'Single', hint: 'SQNR in dB with only this layer quantized; the lowest first' },
  { by: 'entire', label: 'Entire', hint: 'SQNR in dB with everything quantized; the lowest first' },
  { by: 'cosine', label: 'Cosine', hint: 'With everything quantized; the lowest first' },
];

/** Layers with their errors, to be sorted, looked at and chosen. */
export function InspectList({ rows, colouring }: { rows: readonly InspectRow[]; colouring: Colouring }) {
  const order = useInspect((state) => state.sort);
  const filter = useInspect((state) => state.filter);
  const shown = useMemo(() => arrange(rows, { ...order, filter }), [rows, order, filter]);
  return (
    <section className="inspect-list" aria-label="Layers and their errors">
      <input
        type="search"
        placeholder="Filter: name, op or type"
        aria-label="Filter layers"
        value={filter}
        onChange={({ target }) => show({ filter: target.value })}
        spellCheck={false}
        autoComplete="off"
      />
      <div className="inspect-head" role="group" aria-label="Sort by">
        {COLUMNS.map(({ by, label, hint }) => (
          <button key={by} type="button" title={hint} aria-pressed={order.by === by} onClick={() => sort(by)}>
            {label}
            {order.by === by && <span aria-hidden="true">{order.reversed ? ' ▴' : ' ▾'}</span>}
          </button>
        ))}
      </div>
      <Rows rows={shown} colouring={colouring} />
    </section>
  );
}

function Rows({ rows, colouring }: { rows: readonly InspectRow[]; colouring: Colouring }) {
  const list = useRef<HTMLDivElement>(null);
  /** Where a range of ticks begins. */
  const anchor = useRef(0);
  const { scroll, onScroll } = useScrollBox(list);
  const selected = useStudio((state) => state.selected);
  const layers = useInspect((state) => state.draft.layers);
  const at = rows.findIndex(({ node }) => node === selected);
  const first = Math.max(0, Math.floor(scroll.top / ROW) - SPARE);
  const last = Math.min(rows.length, Math.ceil((scroll.top + scroll.height) / ROW) + SPARE);

  const tick = (index: number, range: boolean): void => {
    const row = rows[index];
    if (!row) return;
    const [from, to] = range ? [anchor.current, index].sort((a, b) => a - b) : [index, index];
    const on = range || !(row.key in layers);
    toggle(rows.slice(from, to + 1), on);
    anchor.current = index;
  };
  const go = (index: number): void => {
    const next = Math.min(rows.length - 1, Math.max(0, index));
    const element = list.current;
    if (!element || !rows[next]) return;
    if (next * ROW < element.scrollTop) element.scrollTop = next * ROW;
    else if ((next + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (next + 1) * ROW - element.clientHeight;
    void select(rows[next].node);
  };
  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(scroll.height / ROW) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows.length,
      End: rows.length,
    };
    if (event.key === ' ') tick(at, event.shiftKey);
    else if (event.key in steps) go(at < 0 ? 0 : at + steps[event.key]);
    else if (event.key === 'Enter') document.querySelector<HTMLElement>('.inspect-side')?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={list}
      className="layer-list"
      role="listbox"
      tabIndex={0}
      aria-label="Layers; Space chooses, Shift + Space chooses all since the last one"
      aria-multiselectable="true"
      aria-activedescendant={at >= first && at < last ? `inspect-${rows[at].node}` : undefined}
      onKeyDown={onKey}
      onScroll={onScroll}
    >
      {rows.length === 0 && <p className="empty">No layer matches.</p>}
      <div className="layer-space" style={{ height: rows.length * ROW }}>
        {rows.slice(first, last).map((row, i) => (
          <Row
            key={row.key}
            row={row}
            colouring={colouring}
            at={first + i}
            count={rows.length}
            selected={first + i === at}
            chosen={layers[row.key]}
            onTick={tick}
          />
        ))}
      </div>
    </div>
  );
}

/** Ticks rows or takes the ticks away; what shares a range goes along. */
function toggle(rows: readonly InspectRow[], on: boolean): void {
  const { analysis, format } = useInspect.getState();
  if (!analysis) return;
  const keys = new Set(rows.flatMap(({ key }) => unitOf(analysis, key)));
  setLayers([...keys], on ? format : null);
}

interface RowProps {
  row: InspectRow;
  colouring: Colouring;
  at: number;
  count: number;
  selected: boolean;
  /** The type it is to get. */
  chosen: string | undefined;
  onTick: (at: number, range: boolean) => void;
}

function Row({ row, colouring, at, count, selected, chosen, onTick }: RowProps) {
  const { node, name, op, entropy, byWeights, single, entire, cosine, type } = row;
  const onClick = (event: MouseEvent): void => {
    const box = event.target instanceof Element && event.target.closest('.inspect-tick') !== null;
    if (box || event.shiftKey || event.ctrlKey) onTick(at, event.shiftKey);
    if (!box) void select(node);
  };
  return (
    <div
      id={`inspect-${node}`}
      className="inspect-row"
      role="option"
      aria-selected={selected}
      aria-checked={chosen !== undefined}
      aria-posinset={at + 1}
      aria-setsize={count}
      style={{ top: at * ROW, ...colourStyle(colouring, node) }}
      onClick={onClick}
    >
      <span className="inspect-tick" title="Choose (Space); with Shift all since the last one">
        <i aria-hidden="true" />
      </span>
      <span className="inspect-name">
        <b>{op}</b> <small>{type}</small>
        <bdi title={name}>{shorten(name, 20)}</bdi>
      </span>
      <span title={byWeights ? 'The weights lose more than the output' : undefined}>
        {entropy.toFixed(2)}
        {byWeights && <small> w</small>}
      </span>
      <span>{spellDecibels(single)}</span>
      <span>{spellDecibels(entire)}</span>
      <span>{cosine.toFixed(3)}</span>
    </div>
  );
}
