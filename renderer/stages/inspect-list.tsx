import { useMemo, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import { VirtualList } from '../components/virtual-list.tsx';
import { colourStyle, type Colouring } from '../graph/colouring.ts';
import { shorten } from '../graph/text.ts';
import { select } from '../state/actions.ts';
import { setLayers, show, sort, useInspect } from '../state/inspect.ts';
import { useStudio } from '../state/store.ts';
import { spellDecibels } from './inspect-colours.ts';
import { arrange, unitOf, type InspectRow, type SortKey } from './inspect-rows.ts';

const ROW = 40;

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
  /** Where a range of ticks begins. */
  const anchor = useRef(0);
  const selected = useStudio((state) => state.selected);
  const layers = useInspect((state) => state.draft.layers);
  const at = rows.findIndex(({ node }) => node === selected);
  const tick = (index: number, range: boolean): void => {
    const row = rows[index];
    if (!row) return;
    const [from, to] = range ? [anchor.current, index].sort((a, b) => a - b) : [index, index];
    const on = range || !(row.key in layers);
    toggle(rows.slice(from, to + 1), on);
    anchor.current = index;
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key === ' ') tick(at, event.shiftKey);
    else if (event.key === 'Enter') document.querySelector<HTMLElement>('.inspect-side')?.focus();
    else return false;
    return true;
  };
  return (
    <VirtualList
      className="layer-list"
      label="Layers; Space chooses, Shift + Space chooses all since the last one"
      count={rows.length}
      cell={{ height: ROW }}
      at={at}
      order={rows}
      itemId={(index) => `inspect-${rows[index].node}`}
      onMove={(index) => void select(rows[index].node)}
      onKey={onKey}
      multiselectable
      empty="No layer matches."
      renderItem={(index, { top }) => (
        <Row
          key={rows[index].key}
          row={rows[index]}
          colouring={colouring}
          at={index}
          top={top}
          count={rows.length}
          selected={index === at}
          chosen={layers[rows[index].key]}
          onTick={tick}
        />
      )}
    />
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
  top: number;
  count: number;
  selected: boolean;
  /** The type it is to get. */
  chosen: string | undefined;
  onTick: (at: number, range: boolean) => void;
}

function Row({ row, colouring, at, top, count, selected, chosen, onTick }: RowProps) {
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
      style={{ top, ...colourStyle(colouring, node) }}
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
