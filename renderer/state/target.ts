import { create } from 'zustand';
import type { TargetFit, TargetMatch } from '../../core/worker/contract-export.ts';
import { core, report } from './core.ts';
import { setTarget } from './project.ts';

/** Milliseconds after the last key until a text is looked at. */
const PAUSE = 200;

/** What the Target page shows. */
export interface TargetState {
  /** What was pasted. */
  text: string;
  /** Boards in it; undefined while nothing has been pasted. */
  matches: readonly TargetMatch[] | undefined;
  /** What does not fit the chosen chip; undefined until it is known. */
  fit: TargetFit | undefined;
}

/** State of the Target page; changed only here. */
export const useTarget = create<TargetState>(() => ({ text: '', matches: undefined, fit: undefined }));

const { setState: set, getState: get } = useTarget;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = '';

/** Takes a text that may name boards. One known board is chosen at once. */
export function pasteText(text: string): void {
  set({ text });
  clearTimeout(timer);
  if (text.trim() === '') return set({ matches: undefined });
  timer = setTimeout(() => void recognize(text), PAUSE);
}

async function recognize(text: string): Promise<void> {
  try {
    const matches = (await core()?.recognizeTargets(text)) ?? [];
    if (get().text !== text) return;
    set({ matches });
    const pids = new Set(matches.map(({ pid }) => pid));
    const [only] = pids;
    if (pids.size === 1 && only) await setTarget(only);
  } catch (error) {
    report(error);
  }
}

/**
 * Looks at what does not fit a chip.
 * @param table how the quantization stands: only the answer for the last one counts
 */
export async function loadFit(pid: string | null, table: string | undefined): Promise<void> {
  const mine = JSON.stringify([pid, table]);
  asked = mine;
  if (pid === null) return set({ fit: undefined });
  try {
    const fit = await core()?.targetFit(pid);
    if (asked === mine) set({ fit });
  } catch (error) {
    set({ fit: undefined });
    report(error);
  }
}
