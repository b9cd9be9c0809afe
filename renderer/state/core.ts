import type { StudioApi } from '../../core/worker/contract.ts';
import { asWireError, connectCore, type Client } from '../api/client.ts';
import { finish, isBusy, log, progress } from './job-state.ts';
import { useStudio, type JobState } from './store.ts';

const { setState: set, getState: get } = useStudio;
/** Milliseconds; a job's thread gets 5 s to stop by itself. */
const JOB_PATIENCE = 10_000;
let client: Client | undefined;
/** Whoever comes too early waits for it. */
let connecting: Promise<void> = Promise.resolve();

/** Connects to a fresh core. */
export function connect(): Promise<void> {
  connecting = connectNow();
  return connecting;
}

async function connectNow(): Promise<void> {
  client?.close();
  client = undefined;
  set({ connection: 'connecting' });
  try {
    client = await connectCore({ progress, log }, () => set({ connection: 'lost', job: undefined }));
    set({ core: await client.api.version(), connection: 'ready' });
  } catch {
    set({ connection: 'lost' });
  }
}

/** The core; undefined while there is none. */
export function core(): StudioApi | undefined {
  return get().connection === 'ready' ? client?.api : undefined;
}

/** Shows what went wrong, unless the core is lost: that says itself, and better. */
export function report(error: unknown): void {
  if (get().connection !== 'lost') set({ problem: asWireError(error) });
}

/**
 * Runs one job with the bar at the bottom; refused while another one runs.
 * @param done what the bar says in the end
 * @returns undefined when it failed or was cancelled, which has been shown
 */
export async function track<T>(
  job: Pick<JobState, 'title' | 'stage'> & Partial<Pick<JobState, 'patience'>>,
  work: (api: StudioApi, id: string) => Promise<T>,
  done: (result: T) => string,
): Promise<T | undefined> {
  await connecting;
  const api = core();
  if (!api) return undefined;
  const { job: running } = get();
  if (running && isBusy(running.phase)) {
    const hint = 'Wait for it, or cancel it.';
    set({ problem: { code: 'usage', message: `${running.title} is still running`, place: {}, hint } });
    return undefined;
  }
  const id = crypto.randomUUID();
  set({
    problem: undefined,
    job: { patience: JOB_PATIENCE, ...job, id, fraction: 0, text: 'Starting', phase: 'running' },
  });
  try {
    const result = await work(api, id);
    finish(id, 'done', done(result));
    return result;
  } catch (error) {
    if (get().connection === 'lost') return undefined;
    const problem = asWireError(error);
    const phase = get().job?.phase;
    // Its core was replaced under it, which has been said.
    if (phase === 'cancelled') return undefined;
    if (problem.code === 'cancelled' || phase === 'stopping') {
      finish(id, 'cancelled', 'Cancelled');
      return undefined;
    }
    set({ problem });
    finish(id, 'failed', 'Failed');
    log(id, 'E', problem.message);
    return undefined;
  }
}
