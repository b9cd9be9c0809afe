import { StudioError, type ErrorCode, type Place, type ProblemDetails } from '../network/errors.ts';

/** A problem as it crosses between threads and processes: an Error would lose its fields. */
export interface ThreadProblem {
  code: ErrorCode;
  message: string;
  place: Place;
  hint: string | undefined;
  details: ProblemDetails;
  /** Not a problem of the user's but ours. */
  bug: boolean;
}

/** What was thrown, to be sent. */
export function describeProblem(error: unknown, cancelled: boolean): ThreadProblem {
  const nothing = { place: {}, hint: undefined, details: {} };
  if (cancelled) return { ...nothing, code: 'cancelled', message: 'cancelled', bug: false };
  if (error instanceof StudioError) {
    const { code, message, place, hint, details } = error;
    return { code, message, place, hint, details, bug: false };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...nothing, code: 'usage', message, bug: true };
}

/** What was sent, to be thrown. */
export function problemError({ code, message, place, hint, details, bug }: ThreadProblem): Error {
  return bug ? new Error(message) : new StudioError(code, message, place, hint, details);
}
