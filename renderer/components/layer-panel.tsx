import type { KeyboardEvent } from 'react';
import { search, select } from '../state/actions.ts';
import { useStudio } from '../state/store.ts';
import { CATEGORIES } from '../graph/categories.ts';
import { SEARCH_HELP } from '../graph/search.ts';
import type { Scene } from '../graph/scene.ts';
import { formatCount, shorten } from '../graph/text.ts';
import { VirtualList } from './virtual-list.tsx';

const ROW = 40;

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
      <LayerList scene={scene} order={order} at={at} />
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

function LayerList({ scene, order, at }: { scene: Scene; order: ArrayLike<number>; at: number }) {
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'Enter') document.querySelector<HTMLElement>('.inspector')?.focus();
    else if (event.key === 'Escape') void select(-1);
    else return false;
    return true;
  };
  return (
    <VirtualList
      id="layer-list"
      className="layer-list"
      label="Layers from input to output"
      count={order.length}
      cell={{ height: ROW }}
      at={at}
      order={order}
      itemId={(index) => `layer-${order[index]}`}
      onMove={(index) => void select(order[index])}
      onKey={onKey}
      empty="No layer matches."
      renderItem={(index, { top }) => (
        <Row
          key={order[index]}
          scene={scene}
          index={order[index]}
          at={index}
          top={top}
          count={order.length}
          selected={index === at}
        />
      )}
    />
  );
}

interface RowProps {
  scene: Scene;
  index: number;
  at: number;
  top: number;
  count: number;
  selected: boolean;
}

function Row({ scene, index, at, top, count, selected }: RowProps) {
  const node = scene.nodes[index];
  return (
    <div
      id={`layer-${index}`}
      className="layer-row"
      role="option"
      aria-selected={selected}
      aria-posinset={at + 1}
      aria-setsize={count}
      style={{ top }}
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
