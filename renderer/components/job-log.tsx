import { useEffect, useRef, useState } from 'react';
import type { UiLogLevel } from '../../core/worker/contract.ts';
import type { JobRecord } from '../../core/worker/contract-project.ts';
import { core, report } from '../state/core.ts';
import { useStudio } from '../state/store.ts';

/** What was logged: everything as it comes, or one job of those that ran. */
export function JobLog() {
  const live = useStudio((state) => state.logs);
  const phase = useStudio((state) => state.job?.phase);
  const [jobs, setJobs] = useState<readonly JobRecord[]>([]);
  const [chosen, setChosen] = useState<string>();
  useEffect(() => {
    void core()?.jobHistory().then(setJobs, report);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the list changes with the phase
  }, [phase]);
  const job = jobs.find(({ id }) => id === chosen);
  return (
    <div className="log-drawer" id="log">
      <div className="log-jobs" role="group" aria-label="Jobs">
        <button type="button" aria-pressed={job === undefined} onClick={() => setChosen(undefined)}>
          All, as it comes
        </button>
        {jobs.toReversed().map(({ id, title, phase: end, seconds }) => (
          <button key={id} type="button" aria-pressed={id === chosen} onClick={() => setChosen(id)}>
            {title}
            <small>
              {end}, {seconds.toFixed(1)} s
            </small>
          </button>
        ))}
      </div>
      <Lines lines={job ? job.log : live} />
    </div>
  );
}

function Lines({ lines }: { lines: readonly { level: UiLogLevel; text: string }[] }) {
  const box = useRef<HTMLDivElement>(null);
  // The newest line is what one looks for.
  useEffect(() => {
    // In braces: newer browsers return a promise, which is no clean-up.
    box.current?.lastElementChild?.scrollIntoView({ block: 'nearest' });
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- lines came
  }, [lines]);
  return (
    <div ref={box} className="log" role="log" aria-label="Log" tabIndex={0}>
      {lines.length === 0 && <p>Nothing has been logged.</p>}
      {lines.map(({ level, text }, index) => (
        <p key={index} data-level={level}>
          <b>{level}</b> {text}
        </p>
      ))}
    </div>
  );
}
