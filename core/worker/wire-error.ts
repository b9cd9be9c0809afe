import { StudioError, type ProblemDetails } from '../network/errors.ts';
import type { WireError } from './contract.ts';

/** Longest message that crosses; a name from a hostile file may be megabytes. */
const MAX_TEXT = 2000;

/** What the page gets to see of anything that was thrown. */
export function toWireError(error: unknown): WireError {
  if (error instanceof StudioError) {
    const { code, message, place, hint, details } = error;
    return {
      code,
      message: clip(message),
      place: Object.fromEntries(
        Object.entries(place).map(([name, value]) => [name, typeof value === 'string' ? clip(value) : value]),
      ),
      ...(hint === undefined ? {} : { hint: clip(hint) }),
      ...(Object.keys(details).length === 0 ? {} : { details: clipDetails(details) }),
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

/** Lines of each list that cross; a hostile file may have a problem in each of millions of nodes. */
const MAX_LINES = 5000;

function clipDetails({ nodes, choices, files }: ProblemDetails): ProblemDetails {
  return {
    ...(nodes && {
      nodes: nodes.slice(0, MAX_LINES).map(({ node, tensor, op, reason }) => ({
        node: clip(node),
        // A key: cut off it would name nothing.
        tensor,
        op: clip(op),
        reason: reason === undefined ? undefined : clip(reason),
      })),
    }),
    ...(choices && {
      choices: choices.slice(0, MAX_LINES).map((one) => ({ ...one, message: clip(one.message) })),
    }),
    ...(files && { files: files.slice(0, MAX_LINES).map(clip) }),
  };
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
