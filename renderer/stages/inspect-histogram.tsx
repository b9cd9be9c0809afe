import { useMemo, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { formatReal } from '../graph/text.ts';
import type { Histogram, Stretch } from './tensor-error.ts';

const WIDTH = 320;
const HEIGHT = 110;
/** Columns drawn at most. */
const COLUMNS = 80;

interface Range {
  min: number;
  max: number;
}

interface InspectHistogramProps {
  histogram: Histogram;
  spread: readonly Stretch[];
  /** Of the values. */
  seen: Range;
  /** The thresholds; undefined = the type has none. */
  range: Range | undefined;
  /** Every move of a handle, and its end. */
  onRange: (range: Range, done: boolean) => void;
}

/** Float values on a logarithmic scale, with the ends of the range as handles. */
export function InspectHistogram({ histogram, spread, seen, range, onRange }: InspectHistogramProps) {
  const svg = useRef<SVGSVGElement>(null);
  const low = Math.min(seen.min, range?.min ?? 0, 0);
  const high = Math.max(seen.max, range?.max ?? 0, low + Number.MIN_VALUE);
  const columns = useMemo(() => columnsOf(spread, low, high), [spread, low, high]);
  const top = Math.log1p(Math.max(1, ...columns));
  const x = (value: number): number => ((value - low) / (high - low)) * WIDTH;
  const step = WIDTH / COLUMNS;
  const at = (event: PointerEvent): number => {
    const box = svg.current?.getBoundingClientRect();
    const share = box ? (event.clientX - box.left) / box.width : 0;
    return low + Math.min(1, Math.max(0, share)) * (high - low);
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
          const height = (Math.log1p(count) / top) * (HEIGHT - 14);
          const middle = low + ((i + 0.5) / COLUMNS) * (high - low);
          const outside = range && (middle < range.min || middle > range.max);
          return (
            <rect
              key={i}
              className={outside ? 'cut' : undefined}
              x={i * step}
              y={HEIGHT - height}
              width={Math.max(1, step - 1)}
              height={height}
            />
          );
        })}
        {range &&
          (['min', 'max'] as const).map((end) => (
            <Handle
              key={end}
              end={end}
              value={range[end]}
              x={x(range[end])}
              from={end === 'min' ? low : 0}
              to={end === 'min' ? 0 : high}
              nudge={(high - low) / 200}
              at={at}
              onMove={move}
            />
          ))}
      </svg>
      <figcaption>
        <span>{formatReal(low)}</span>
        <span>values, log scale{histogram.zeros > 0 && `; ${percentZero(histogram)} zero`}</span>
        <span>{formatReal(high)}</span>
      </figcaption>
    </figure>
  );
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
    const last = Math.min(COLUMNS - 1, Math.floor(end));
    for (let column = Math.min(COLUMNS - 1, Math.floor(start)); column <= last; column++) {
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
