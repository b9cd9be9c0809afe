import { toggle } from '../state/actions.ts';
import { isBusy } from '../state/job-state.ts';
import { cancelJob } from '../state/project.ts';
import { useStudio, type JobState } from '../state/store.ts';
import { JobLog } from './job-log.tsx';

/** Long work and the log, at the bottom where they never cover anything. */
export function JobBar() {
  const job = useStudio((state) => state.job);
  const logs = useStudio((state) => state.logs);
  const open = useStudio((state) => state.logOpen);
  const version = useStudio((state) => state.core?.version);
  return (
    <footer className="job-bar">
      {open && <JobLog />}
      <div className="job-row">
        {job ? <Job job={job} /> : <span className="dim">No job is running</span>}
        <span className="spring" />
        <button
          type="button"
          className="button small"
          aria-expanded={open}
          aria-controls="log"
          onClick={() => toggle('logOpen')}
        >
          Log{logs.length > 0 ? ` (${logs.length})` : ''}
        </button>
        {version !== undefined && <span className="dim">{version}</span>}
      </div>
    </footer>
  );
}

function Job({ job }: { job: JobState }) {
  const busy = isBusy(job.phase);
  return (
    <>
      <span className="job-title" title={job.title}>
        {job.title}
      </span>
      <progress aria-label={job.title} value={job.fraction} max={1} data-phase={job.phase} />
      <output className="dim job-text">{job.text}</output>
      {busy && (
        <button
          type="button"
          className="button small"
          disabled={job.phase === 'stopping'}
          onClick={cancelJob}
        >
          Cancel
        </button>
      )}
    </>
  );
}
