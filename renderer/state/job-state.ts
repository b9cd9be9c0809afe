import type { UiLogLevel } from '../../core/worker/contract.ts';
import { useStudio, type JobState } from './store.ts';

/** Log lines kept; older ones are in nobody's way any more. */
const MAX_LOGS = 500;

const { setState: set, getState: get } = useStudio;
let logId = 0;

/** How far a job is; other jobs' messages are dropped. */
export function progress(id: string, fraction: number, text: string): void {
  const { job } = get();
  if (job?.id === id && job.phase === 'running') set({ job: { ...job, fraction, text } });
}

/** The end of a job. */
export function finish(id: string, phase: JobState['phase'], text: string): void {
  const { job } = get();
  if (job?.id === id) set({ job: { ...job, fraction: phase === 'done' ? 1 : job.fraction, text, phase } });
}

/** A line for the log drawer. */
export function log(_job: string, level: UiLogLevel, text: string): void {
  set({ logs: [...get().logs.slice(1 - MAX_LOGS), { id: logId++, level, text }] });
}

/** Whether a job is on its way. */
export function isBusy(phase: string | undefined): boolean {
  return phase === 'running' || phase === 'stopping';
}
