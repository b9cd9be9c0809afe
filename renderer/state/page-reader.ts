import type { StudioApi } from '../../core/worker/contract.ts';
import { core } from './core.ts';
import { useStudio } from './store.ts';

/**
 * Reads what a page shows of the open project.
 * @param forget empties the page's state; called when the project is another one
 * @returns a function of what the page depends on, and of what to ask: only the answer for the last version counts,
 * the others are undefined
 */
export function pageReader(forget: () => void) {
  let project: string | undefined;
  let asked: string | undefined;
  return async <T>(version: string, ask: (api: StudioApi) => Promise<T>): Promise<T | undefined> => {
    const api = core();
    const id = useStudio.getState().project?.id;
    if (!api || id === undefined) return undefined;
    if (id !== project) forget();
    project = id;
    asked = version;
    const answer = await ask(api);
    return asked === version ? answer : undefined;
  };
}
