import { StudioError, type ErrorCode, type Place } from '../network/errors.ts';

/** A problem as it crosses between threads and processes: an Error would lose its fields. */
export interface ThreadProblem {
  code: ErrorCode;
  message: string;
  place: Place;
  hint: string | undefined;
  /** Not a problem of the user's but ours. */
  bug: boolean;
}

/** What was thrown, to be sent. */
export function describeProblem(error: unknown, cancelled: boolean): ThreadProblem {
  if (cancelled) return { code: 'cancelled', message: 'cancelled', place: {}, hint: undefined, bug: false };
  if (error instanceof StudioError) {
    const { code, message, place, hint } = error;
    return { code, message, place, hint, bug: false };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'usage', message, place: {}, hint: undefined, bug: true };
}

/** What was sent, to be thrown. */
export function problemError({ code, message, place, hint, bug }: ThreadProblem): Error {
  return bug ? new Error(message) : new StudioError(code, message, place, hint);
}
