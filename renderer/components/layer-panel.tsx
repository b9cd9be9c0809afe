import { useEffect, useRef, type KeyboardEvent } from 'react';
import { search, select } from '../state/actions.ts';
import { useStudio } from '../state/store.ts';
import { CATEGORIES } from '../graph/categories.ts';
import { useScrollBox } from './use-scroll-box.ts';
import { SEARCH_HELP } from '../graph/search.ts';
import type { Scene } from '../graph/scene.ts';
import { formatCount, shorten } from '../graph/text.ts';

const ROW = 40;
/** Rows drawn beyond the visible ones. */
const SPARE = 6;

/** All layers as a list with a search box: the same selection as the graph, and its text for screen readers. */
export function LayerPanel({ scene }: { scene: Scene }) {
  const query = useStudio((state) => state.query);
  const hits = useStudio((state) => state.hits);
  const selected = useStudio((state) => state.selected);
  const order: ArrayLike<number> = hits ?? scene.listOrder;
  const at = Array.prototype.indexOf.call(order, selected);
  const step = (by: number): void => {
    if (order.length > 0) void select(order[(at + by + order.length) % order.length]);
  };
  const onSearchKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'ArrowDown') document.querySelector<HTMLElement>('#layer-list')?.focus();
    else if (event.key === 'Escape') {
      search('');
      document.querySelector<HTMLElement>('.graph')?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <section className="layers" aria-label="Layers">
      <div className="layers-head">
        <input
          id="layer-search"
          type="search"
          placeholder="Search: name, op:conv, k=3…"
          aria-label="Search layers"
          aria-describedby="search-help"
          aria-controls="layer-list"
          title="/ or Ctrl + F; Enter goes to the next one"
          value={query}
          onChange={(event) => search(event.target.value)}
          onKeyDown={onSearchKey}
          spellCheck={false}
          autoComplete="off"
        />
        <SearchHelp empty={query === ''} />
        <output className="dim">
          {hits
            ? `${formatCount(hits.length)} of ${formatCount(scene.nodes.length)} layers`
            : `${formatCount(scene.nodes.length)} layers`}
        </output>
      </div>
      <LayerList scene={scene} order={order} at={at} onStep={step} />
    </section>
  );
}

/** What can be searched for: shown while the box is empty and has the focus, read out at any time. */
function SearchHelp({ empty }: { empty: boolean }) {
  return (
    <dl id="search-help" className={empty ? 'search-help' : 'sr-only'}>
      {SEARCH_HELP.map(([example, meaning]) => (
        <div key={example}>
          <dt className="mono">{example}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

interface LayerListProps {
  scene: Scene;
  order: ArrayLike<number>;
  /** Position of the selected node in the order, -1 = not there. */
  at: number;
  onStep: (by: number) => void;
}

function LayerList({ scene, order, at, onStep }: LayerListProps) {
  const list = useRef<HTMLDivElement>(null);
  const { scroll, onScroll } = useScrollBox(list);
  useEffect(() => {
    const element = list.current;
    if (!element || at < 0) return;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW - ROW;
    else if ((at + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 2) * ROW - element.clientHeight;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- a new filter moves the selected row
  }, [at, order]);
  const first = Math.max(0, Math.floor(scroll.top / ROW) - SPARE);
  const last = Math.min(order.length, Math.ceil((scroll.top + scroll.height) / ROW) + SPARE);
  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(scroll.height / ROW) - 1);
    if (event.key === 'ArrowDown') onStep(1);
    else if (event.key === 'ArrowUp') onStep(at <= 0 ? 0 : -1);
    else if (event.key === 'PageDown') onStep(Math.min(page, order.length - 1 - at));
    else if (event.key === 'PageUp') onStep(-Math.min(page, Math.max(0, at)));
    else if (event.key === 'Enter') document.querySelector<HTMLElement>('.inspector')?.focus();
    else if (event.key === 'Escape') void select(-1);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={list}
      id="layer-list"
      className="layer-list"
      role="listbox"
      tabIndex={0}
      aria-label="Layers from input to output"
      aria-activedescendant={at >= first && at < last ? `layer-${order[at]}` : undefined}
      onKeyDown={onKey}
      onScroll={onScroll}
    >
      {order.length === 0 && <p className="empty">No layer matches.</p>}
      <div className="layer-space" style={{ height: order.length * ROW }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => (
          <Row
            key={order[first + i]}
            scene={scene}
            index={order[first + i]}
            at={first + i}
            count={order.length}
            selected={first + i === at}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  scene: Scene;
  index: number;
  at: number;
  count: number;
  selected: boolean;
}

function Row({ scene, index, at, count, selected }: RowProps) {
  const node = scene.nodes[index];
  return (
    <div
      id={`layer-${index}`}
      className="layer-row"
      role="option"
      aria-selected={selected}
      aria-posinset={at + 1}
      aria-setsize={count}
      style={{ top: at * ROW }}
      onClick={() => void select(index)}
    >
      <i data-op={CATEGORIES[scene.category[index]].id} />
      <span className="layer-op">
        {node.op} <small>{node.detail}</small>
      </span>
      <span className="layer-name" title={node.name}>
        <bdi>{shorten(node.name, 31)}</bdi>
      </span>
    </div>
  );
}
