import { useRef, useState, type KeyboardEvent } from 'react';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';
import { useVerify, verifySample } from '../state/verify.ts';
import { useThumbnail } from './sample-grid.tsx';

const CELL = 84;
/** Cells drawn beyond the visible ones. */
const SPARE = 6;

/** All samples in a row; only those that can be seen are drawn and asked for. */
export function SampleStrip({ version }: { version: string }) {
  const samples = useVerify((state) => state.samples);
  const input = useVerify((state) => state.input);
  const index = useVerify((state) => state.index);
  const busy = useStudio(({ job }) => isBusy(job?.phase));
  const box = useRef<HTMLDivElement>(null);
  const [left, setLeft] = useState(0);
  const count = samples?.samples.length ?? 0;
  if (!samples) return null;
  if (count === 0) return <p className="dim">There are no samples yet: drop a picture.</p>;
  const choose = (at: number): void => {
    if (!busy) void verifySample(Math.max(0, Math.min(count - 1, at)));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (index ?? -1) + step;
    box.current?.scrollTo({ left: next * CELL - box.current.clientWidth / 2 });
    choose(next);
  };
  const first = Math.max(0, Math.floor(left / CELL) - SPARE);
  const last = Math.min(count, first + Math.ceil(2600 / CELL) + SPARE);
  return (
    <div
      ref={box}
      className="strip"
      role="listbox"
      tabIndex={0}
      aria-label="Samples"
      aria-orientation="horizontal"
      aria-activedescendant={
        index !== undefined && index >= first && index < last ? `strip-${index}` : undefined
      }
      onKeyDown={onKey}
      onScroll={({ currentTarget }) => setLeft(currentTarget.scrollLeft)}
    >
      <div className="strip-space" style={{ width: count * CELL }}>
        {samples.samples.slice(first, last).map(({ files, label }, offset) => (
          <StripCell
            key={first + offset}
            at={first + offset}
            selected={first + offset === index}
            name={label === null ? files[0] : (samples.classes[label] ?? `class ${label}`)}
            title={files.join(', ')}
            ask={[version, input]}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  );
}

interface StripCellProps {
  at: number;
  selected: boolean;
  name: string;
  title: string;
  ask: readonly [version: string, input: string];
  onChoose: (at: number) => void;
}

function StripCell({ at, selected, name, title, ask: [version, input], onChoose }: StripCellProps) {
  const picture = useThumbnail(version, input, at);
  return (
    <div
      id={`strip-${at}`}
      className="sample"
      role="option"
      aria-selected={selected}
      title={title}
      style={{ left: at * CELL, top: 0 }}
      onClick={() => onChoose(at)}
    >
      <span className="sample-picture">{picture && <img src={picture.url} alt="" draggable={false} />}</span>
      <small>{name}</small>
    </div>
  );
}
