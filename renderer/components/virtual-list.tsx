import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useScrollBox } from './use-scroll-box.ts';

/** Rows drawn beyond the visible ones. */
const SPARE = 6;

/** Where an item lies in its list, in pixels. */
export interface Place {
  top: number;
  left: number;
}

interface VirtualListProps {
  id?: string;
  className: string;
  label: string;
  count: number;
  /** Pixels; without a width there is one item to a row. */
  cell: { height: number; width?: number };
  /** The selected item, -1 = none. */
  at: number;
  /** Changes where the same item may have moved. */
  order?: unknown;
  /** Id of the element of an item. */
  itemId: (index: number) => string;
  onMove: (index: number) => void;
  /** Keys beyond those that move; says whether it was one. */
  onKey?: (event: KeyboardEvent) => boolean;
  multiselectable?: boolean;
  /** What stands there when there is nothing. */
  empty?: string;
  renderItem: (index: number, place: Place) => ReactNode;
}

/** A list box that draws only what can be seen, walked by keyboard; the selected item is kept in sight. */
export function VirtualList(props: VirtualListProps) {
  const { count, cell, at, order, itemId, onMove, onKey, empty, renderItem } = props;
  const list = useRef<HTMLDivElement>(null);
  const { scroll, onScroll } = useScrollBox(list);
  const columns = cell.width === undefined ? 1 : Math.max(1, Math.floor(scroll.width / cell.width));
  const row = Math.floor(at / columns);
  const { height } = cell;
  useEffect(() => {
    if (list.current && row >= 0) reveal(list.current, row * height, height);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- a new order moves the selected item
  }, [row, height, order]);
  const first = Math.max(0, Math.floor(scroll.top / height) - SPARE) * columns;
  const last = Math.min(count, (Math.ceil((scroll.top + scroll.height) / height) + SPARE) * columns);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = columns * Math.max(1, Math.floor(scroll.height / height) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: -columns,
      ArrowDown: columns,
      PageUp: -page,
      PageDown: page,
      Home: -count,
      End: count,
      ...(columns > 1 ? { ArrowLeft: -1, ArrowRight: 1 } : {}),
    };
    if (event.key in steps && count > 0) {
      onMove(at < 0 ? 0 : Math.max(0, Math.min(count - 1, at + steps[event.key])));
    } else if (onKey?.(event) !== true) return;
    event.preventDefault();
  };
  return (
    <div
      ref={list}
      id={props.id}
      className={`virtual-list ${props.className}`}
      role="listbox"
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable={props.multiselectable}
      aria-activedescendant={at >= first && at < last ? itemId(at) : undefined}
      onKeyDown={onKeyDown}
      onScroll={onScroll}
    >
      {count === 0 && empty !== undefined && <p className="empty">{empty}</p>}
      <div className="virtual-space" style={{ height: Math.ceil(count / columns) * height }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) =>
          renderItem(index, {
            top: Math.floor(index / columns) * height,
            left: (index % columns) * (cell.width ?? 0),
          }),
        )}
      </div>
    </div>
  );
}

/** Scrolls as little as is needed, with a row to spare. */
function reveal(list: HTMLElement, top: number, height: number): void {
  if (top < list.scrollTop) list.scrollTop = top - height;
  else if (top + height > list.scrollTop + list.clientHeight)
    list.scrollTop = top + 2 * height - list.clientHeight;
}
