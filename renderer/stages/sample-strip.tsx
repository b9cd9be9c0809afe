import { useRef, useState, type KeyboardEvent } from 'react';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';
import { useVerify, verifySample } from '../state/verify.ts';
import { SampleCell } from './sample-cell.tsx';

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
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((at) => (
          <SampleCell
            key={at}
            id={`strip-${at}`}
            samples={samples}
            at={at}
            place={{ left: at * CELL, top: 0 }}
            selected={at === index}
            ask={[version, input]}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  );
}
