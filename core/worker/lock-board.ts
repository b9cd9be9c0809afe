import { readFileSync, unlinkSync } from 'node:fs';

/** Memory that a core's thread shares with whoever ends it: which lock the thread holds. */
export type LockBoard = SharedArrayBuffer;

/** Room for a path and an id. */
const BYTES = 16_384;

/** A board with nothing on it. */
export function newLockBoard(): LockBoard {
  return new SharedArrayBuffer(BYTES);
}

/** Notes the lock that is held; undefined = none. */
export function noteLock(
  board: LockBoard | undefined,
  held: { path: string; window: string } | undefined,
): void {
  if (!board) return;
  const bytes = new TextEncoder().encode(held ? JSON.stringify(held) : '');
  const memory = new Uint8Array(board);
  memory.fill(0);
  // A lock whose path has no room lives on until its process ends.
  if (bytes.length < BYTES) memory.set(bytes);
}

/** Deletes the lock of a thread that has been ended: nobody else knows that it is free. */
export function freeLock(board: LockBoard): void {
  const memory = new Uint8Array(board);
  const text = new TextDecoder().decode(memory.slice(0, memory.indexOf(0)));
  if (text === '') return;
  const { path, window } = JSON.parse(text) as { path: string; window: string };
  try {
    if (readFileSync(path, 'utf8').includes(window)) unlinkSync(path);
  } catch {
    // The project is gone, and its lock with it.
  }
}
