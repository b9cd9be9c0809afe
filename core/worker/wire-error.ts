import { StudioError } from '../network/errors.ts';
import type { WireError } from './contract.ts';

/** Longest message that crosses; a name from a hostile file may be megabytes. */
const MAX_TEXT = 2000;

/** What the page gets to see of anything that was thrown. */
export function toWireError(error: unknown): WireError {
  if (error instanceof StudioError) {
    const { code, message, place, hint } = error;
    return {
      code,
      message: clip(message),
      place: Object.fromEntries(
        Object.entries(place).map(([name, value]) => [name, typeof value === 'string' ? clip(value) : value]),
      ),
      ...(hint === undefined ? {} : { hint: clip(hint) }),
    };
  }
  if (error instanceof DOMException && error.name === 'AbortError') {
    return { code: 'cancelled', message: 'the job was cancelled', place: {} };
  }
  return {
    code: 'internal',
    message: clip(error instanceof Error ? error.message : String(error)),
    place: {},
  };
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
