import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { SamplesView } from '../../core/worker/contract-project.ts';
import { useScrollBox } from '../components/use-scroll-box.ts';
import { removeSample, showSample } from '../state/inputs.ts';
import { SampleCell } from './sample-cell.tsx';

const CELL = { width: 84, height: 96 };
/** Rows drawn beyond the visible ones. */
const SPARE = 2;

interface SampleGridProps {
  samples: SamplesView;
  input: string;
  index: number;
  version: string;
}

/** All samples as small pictures; only those that can be seen are drawn and asked for. */
export function SampleGrid({ samples, input, index, version }: SampleGridProps) {
  const list = useRef<HTMLDivElement>(null);
  const { scroll, onScroll } = useScrollBox(list);
  const count = samples.samples.length;
  const columns = Math.max(1, Math.floor(scroll.width / CELL.width));
  const rows = Math.ceil(count / columns);
  const row = Math.floor(index / columns);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    if (row * CELL.height < element.scrollTop) element.scrollTop = row * CELL.height;
    else if ((row + 1) * CELL.height > element.scrollTop + element.clientHeight)
      element.scrollTop = (row + 1) * CELL.height - element.clientHeight;
  }, [row]);
  const first = Math.max(0, Math.floor(scroll.top / CELL.height) - SPARE) * columns;
  const last = Math.min(count, (Math.ceil((scroll.top + scroll.height) / CELL.height) + SPARE) * columns);
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * Math.max(1, Math.floor(scroll.height / CELL.height) - 1),
    PageDown: columns * Math.max(1, Math.floor(scroll.height / CELL.height) - 1),
    Home: -count,
    End: count,
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step !== undefined) showSample(Math.max(0, Math.min(count - 1, index + step)));
    else if (event.key === 'Delete' && samples.fixed === null) void removeSample(index);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={list}
      className="sample-grid"
      role="listbox"
      tabIndex={0}
      aria-label="Samples"
      aria-activedescendant={index >= first && index < last ? `sample-${index}` : undefined}
      onKeyDown={onKey}
      onScroll={onScroll}
    >
      <div className="sample-space" style={{ height: rows * CELL.height }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((at) => (
          <SampleCell
            key={at}
            id={`sample-${at}`}
            samples={samples}
            at={at}
            place={{ left: (at % columns) * CELL.width, top: Math.floor(at / columns) * CELL.height }}
            selected={at === index}
            ask={[version, input]}
            onChoose={showSample}
          />
        ))}
      </div>
    </div>
  );
}
