/**
 * A run of the simulator holds its thread until it is done, so an abort that comes as an event is heard too late. A
 * stop flag is memory that the thread which asks for the stop shares with the one that runs.
 */

const flags = new WeakMap<AbortSignal, Int32Array>();

/** A flag that is down. */
export const newStopFlag = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** Stops runs between two nodes, now and later. */
export function raiseStopFlag(memory: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(memory), 0, 1);
}

/** From now on simulators that are given this signal stop when the flag is raised. */
export function bindStopFlag(signal: AbortSignal, memory: SharedArrayBuffer): void {
  flags.set(signal, new Int32Array(memory));
}

/** The flag that belongs to a signal, if any. */
export const stopFlagOf = (signal: AbortSignal): Int32Array | undefined => flags.get(signal);
