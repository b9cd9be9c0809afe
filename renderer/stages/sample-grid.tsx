import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { SamplesView } from '../../core/worker/contract-project.ts';
import { useScrollBox } from '../components/use-scroll-box.ts';
import { removeSample, showSample } from '../state/inputs.ts';
import { thumbnail, type Picture } from '../state/preview.ts';

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
          <Cell
            key={at}
            samples={samples}
            at={at}
            columns={columns}
            selected={at === index}
            ask={[version, input]}
          />
        ))}
      </div>
    </div>
  );
}

interface CellProps {
  samples: SamplesView;
  at: number;
  columns: number;
  selected: boolean;
  ask: readonly [version: string, input: string];
}

function Cell({ samples, at, columns, selected, ask: [version, input] }: CellProps) {
  const picture = useThumbnail(version, input, at);
  const { files, label } = samples.samples[at];
  const name = label === null ? files[0] : (samples.classes[label] ?? `class ${label}`);
  return (
    <div
      id={`sample-${at}`}
      className="sample"
      role="option"
      aria-selected={selected}
      aria-posinset={at + 1}
      aria-setsize={samples.samples.length}
      title={files.join(', ')}
      style={{ left: (at % columns) * CELL.width, top: Math.floor(at / columns) * CELL.height }}
      onClick={() => showSample(at)}
    >
      <span className="sample-picture">{picture && <img src={picture.url} alt="" draggable={false} />}</span>
      <small>{name}</small>
    </div>
  );
}

/** A small picture of a sample, once it has arrived. */
export function useThumbnail(version: string, input: string, index: number): Picture | undefined {
  const [picture, setPicture] = useState<Picture>();
  useEffect(() => {
    let wanted = true;
    void thumbnail(version, input, index).then((found) => wanted && setPicture(found));
    return () => {
      wanted = false;
    };
  }, [version, input, index]);
  return picture;
}
