import { StudioError } from '../core/network/errors.ts';

/** A result as JSON text: maps as objects, typed arrays as lists, what is no finite number as null. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, plain, 2);
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  return value;
}

/** A problem as JSON text. */
export function problemJson(error: unknown, cancelled: boolean): string {
  if (cancelled) return toJson({ error: { code: 'cancelled', message: 'cancelled' } });
  if (error instanceof StudioError) {
    const { code, message, place, hint } = error;
    return toJson({ error: { code, message, ...place, hint } });
  }
  return toJson({ error: { code: 'bug', message: error instanceof Error ? error.message : String(error) } });
}
