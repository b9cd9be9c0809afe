import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { formatReal } from '../graph/text.ts';
import { storedBars, type Grid, type Histogram, type Stretch } from './tensor-error.ts';

const WIDTH = 320;
const HEIGHT = 110;
/** Columns drawn at most. */
const COLUMNS = 80;
/** Steps of the grid that are drawn one by one: more would be a grey area. */
const MOST_STEPS = 100;
const MOST_ZOOM = 2 ** 14;

interface Range {
  min: number;
  max: number;
}

/** The part of the axis that is shown. */
interface View {
  from: number;
  to: number;
}

interface InspectHistogramProps {
  histogram: Histogram;
  spread: readonly Stretch[];
  /** Of the values. */
  seen: Range;
  /** The thresholds; undefined = the type has none. */
  range: Range | undefined;
  /** What can be stored within them. */
  grid: Grid | undefined;
  /** Every move of a handle, and its end. */
  onRange: (range: Range, done: boolean) => void;
}

/**
 * Float values on a logarithmic scale, with the ends of the range as handles. The wheel zooms; near enough, the steps of
 * the type show, with the values that are stored in each.
 */
export function InspectHistogram({ histogram, spread, seen, range, grid, onRange }: InspectHistogramProps) {
  const svg = useRef<SVGSVGElement>(null);
  const low = Math.min(seen.min, range?.min ?? 0, 0);
  const high = Math.max(seen.max, range?.max ?? 0, low + Number.MIN_VALUE);
  const [view, zoom, setView] = useZoom(svg, low, high);
  const { from, to } = view;
  const columns = useMemo(() => columnsOf(spread, from, to), [spread, from, to]);
  const bars = useMemo(
    () => (grid ? storedBars(spread, histogram.zeros, grid, { from, to }, MOST_STEPS) : []),
    [spread, histogram.zeros, grid, from, to],
  );
  const top = Math.log1p(Math.max(1, ...columns, ...bars.map(({ count }) => count)));
  const y = (count: number): number => HEIGHT - (Math.log1p(count) / top) * (HEIGHT - 14);
  const x = (value: number): number => ((value - from) / (to - from)) * WIDTH;
  const step = WIDTH / COLUMNS;
  const at = (event: PointerEvent): number => {
    const box = svg.current?.getBoundingClientRect();
    const share = box ? (event.clientX - box.left) / box.width : 0;
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  };
  const move = (end: 'min' | 'max', value: number, done: boolean): void => {
    if (!range) return;
    // The range always holds zero: the chip stores it exactly.
    const held = end === 'min' ? Math.min(0, value) : Math.max(0, value);
    onRange({ ...range, [end]: held }, done);
  };
  return (
    <figure className="histogram inspect-histogram">
      <svg ref={svg} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-label="Spread of the float values">
        {columns.map((count, i) => {
          const middle = from + ((i + 0.5) / COLUMNS) * (to - from);
          const outside = range && (middle < range.min || middle > range.max);
          return (
            <rect
              key={i}
              className={outside ? 'cut' : undefined}
              x={i * step}
              y={y(count)}
              width={Math.max(1, step - 1)}
              height={HEIGHT - y(count)}
            />
          );
        })}
        <g className="stored" aria-hidden="true">
          {bars.map(({ value, count }) => (
            <path key={value} d={`M${x(value)} ${HEIGHT}V${y(count)}h-3h6`} />
          ))}
        </g>
        {range &&
          (['min', 'max'] as const)
            .filter((end) => range[end] >= from && range[end] <= to)
            .map((end) => (
              <Handle
                key={end}
                end={end}
                value={range[end]}
                x={x(range[end])}
                from={end === 'min' ? low : 0}
                to={end === 'min' ? 0 : high}
                nudge={(to - from) / 200}
                at={at}
                onMove={move}
              />
            ))}
      </svg>
      <figcaption>
        <span>{formatReal(from)}</span>
        <span>values, log scale{histogram.zeros > 0 && `; ${percentZero(histogram)} zero`}</span>
        <span>{formatReal(to)}</span>
      </figcaption>
      <div className="histogram-zoom" role="group" aria-label="Zoom">
        <button type="button" className="button small" aria-label="Farther" onClick={() => zoom(0.5)}>
          −
        </button>
        <button type="button" className="button small" aria-label="Nearer" onClick={() => zoom(2)}>
          +
        </button>
        <button type="button" className="button small" onClick={() => setView({ from: low, to: high })}>
          All
        </button>
        <output className="dim">
          {bars.length > 0
            ? `${bars.length} steps: marks show the stored values`
            : grid
              ? 'Zoom in to see the steps'
              : ''}
        </output>
      </div>
    </figure>
  );
}

/** The shown part of the axis; the wheel zooms at the pointer, with Shift it moves along. */
function useZoom(
  svg: React.RefObject<SVGSVGElement | null>,
  low: number,
  high: number,
): [view: View, zoom: (factor: number, at?: number) => void, setView: (view: View) => void] {
  const [kept, setView] = useState<View>({ from: low, to: high });
  const near = kept.to - kept.from < high - low && kept.from >= low && kept.to <= high;
  const view = near ? kept : { from: low, to: high };
  const move = (from: number, size: number): void => {
    const start = Math.max(low, Math.min(high - size, from));
    setView({ from: start, to: start + size });
  };
  // Without a place it goes towards zero, where the steps are needed most.
  const zoom = (factor: number, at = Math.min(view.to, Math.max(view.from, 0))): void => {
    const size = view.to - view.from;
    const next = Math.min(high - low, Math.max((high - low) / MOST_ZOOM, size / factor));
    move(at - ((at - view.from) / size) * next, next);
  };
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const box = svg.current?.getBoundingClientRect();
    const share = box ? (event.clientX - box.left) / box.width : 0.5;
    const size = view.to - view.from;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      move(view.from + (Math.sign(event.deltaX || event.deltaY) * size) / 10, size);
    } else zoom(event.deltaY < 0 ? 1.25 : 0.8, view.from + share * size);
  };
  const latest = useRef(onWheel);
  useEffect(() => {
    latest.current = onWheel;
  });
  useEffect(() => {
    const element = svg.current;
    if (!element) return undefined;
    // React listens passively, and the page would scroll.
    const listen = (event: WheelEvent): void => latest.current(event);
    element.addEventListener('wheel', listen, { passive: false });
    return () => element.removeEventListener('wheel', listen);
  }, [svg]);
  return [view, zoom, setView];
}

interface HandleProps {
  end: 'min' | 'max';
  value: number;
  x: number;
  from: number;
  to: number;
  /** What an arrow key moves. */
  nudge: number;
  at: (event: PointerEvent) => number;
  onMove: (end: 'min' | 'max', value: number, done: boolean) => void;
}

function Handle({ end, value, x, from, to, nudge, at, onMove }: HandleProps) {
  const drag = (event: PointerEvent<SVGGElement>, done: boolean): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    onMove(end, at(event), done);
  };
  const onKey = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageDown: -10,
      PageUp: 10,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    onMove(end, Math.min(to, Math.max(from, value + steps[event.key] * nudge)), true);
  };
  return (
    <g
      className="handle"
      role="slider"
      tabIndex={0}
      aria-label={end === 'min' ? 'Lower end of the range' : 'Upper end of the range'}
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={value}
      aria-valuetext={formatReal(value)}
      onKeyDown={onKey}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => drag(event, false)}
      onPointerUp={(event) => drag(event, true)}
    >
      <rect className="grip" x={x - 7} y={0} width={14} height={HEIGHT} />
      <path d={`M${x} 0V${HEIGHT}`} />
      <text x={x > WIDTH / 2 ? x - 5 : x + 5} y={10} textAnchor={x > WIDTH / 2 ? 'end' : 'start'}>
        {end} {formatReal(value)}
      </text>
    </g>
  );
}

/** Values per column, those of a stretch shared evenly among its columns. */
function columnsOf(spread: readonly Stretch[], low: number, high: number): number[] {
  const columns = new Array<number>(COLUMNS).fill(0);
  const place = (value: number): number => ((value - low) / (high - low)) * COLUMNS;
  for (const { from, to, count } of spread) {
    const [start, end] = [place(from), place(to)];
    if (end < 0 || start > COLUMNS) continue;
    const last = Math.min(COLUMNS - 1, Math.floor(end));
    for (let column = Math.max(0, Math.min(COLUMNS - 1, Math.floor(start))); column <= last; column++) {
      const part = end > start ? (Math.min(end, column + 1) - Math.max(start, column)) / (end - start) : 1;
      columns[column] += count * Math.max(0, part);
    }
  }
  return columns;
}

function percentZero({ zeros, counts }: Histogram): string {
  const total = counts.reduce((sum, count) => sum + count, zeros);
  return `${((100 * zeros) / total).toFixed(0)} %`;
}
