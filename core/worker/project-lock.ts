import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../network/errors.ts';
import { noteLock, type LockBoard } from './lock-board.ts';

/** Lies in the folder of a project that somebody works on. */
export const LOCK_FILE = '.nibble-lock';
/** Milliseconds between two signs of life. */
const BEAT = 10_000;
/** A holder that gave no sign for so long is gone, wherever it runs. */
const GONE = 6 * BEAT;

const holder = z.object({ pid: z.int().positive(), host: z.string(), window: z.string() });

type Holder = z.output<typeof holder>;

/**
 * Keeps two windows, or two programs, from writing one project. Whoever opens it first writes; the others look on and
 * take over when the first one closes it or dies.
 */
export class ProjectLock {
  private readonly self: Holder = { pid: process.pid, host: hostname(), window: randomUUID() };
  private path: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The last who asked: answers come in the order of the questions. */
  private asked: Promise<unknown> = Promise.resolve();

  /** @param board where the path of the lock is noted for whoever ends this thread */
  constructor(private readonly board?: LockBoard) {}

  /** Goes from one project to another, or to none. */
  async follow(folder: string | undefined): Promise<void> {
    const path = folder === undefined ? undefined : join(folder, LOCK_FILE);
    if (path === this.path) return;
    await this.release();
    this.path = path;
    if (path === undefined) return;
    await this.reason();
    this.timer = setInterval(() => void this.beat(path), BEAT);
    this.timer.unref();
  }

  /** Why the project can't be written, in words; null = it can. Takes the lock where it is free. */
  async reason(): Promise<string | null> {
    const { path } = this;
    if (path === undefined) return null;
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        if (await this.create(path)) return null;
        const found = await readLock(path);
        if (found === undefined) continue;
        if (found.holder?.window === this.self.window) return null;
        if (!this.isGone(found)) return heldBy(found.holder, this.self);
        await putAside(path, found.text);
      }
      return 'another window is opening it';
    } catch (error) {
      return `its folder cannot be written (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  /** @throws StudioError 'file-unwritable' while another one holds the project */
  async require(): Promise<void> {
    const answer = this.asked.then(() => this.reason());
    this.asked = answer;
    const reason = await answer;
    if (reason === null) return;
    throw new StudioError(
      'file-unwritable',
      `this project can only be looked at: ${reason}`,
      {},
      'Close it there, and it can be changed here.',
    );
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    const { path } = this;
    this.path = undefined;
    if (path === undefined) return;
    noteLock(this.board, undefined);
    const found = await readLock(path);
    if (found?.holder?.window === this.self.window) await unlink(path).catch(() => undefined);
  }

  /** @returns whether the lock was free and is now ours */
  private async create(path: string): Promise<boolean> {
    try {
      await writeFile(path, JSON.stringify(this.self), { flag: 'wx' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
    noteLock(this.board, { path, window: this.self.window });
    return true;
  }

  private async beat(path: string): Promise<void> {
    const found = await readLock(path);
    const now = new Date();
    if (found?.holder?.window === this.self.window) await utimes(path, now, now).catch(() => undefined);
  }

  private isGone({ holder: who, touched }: FoundLock): boolean {
    if (Date.now() - touched > GONE) return true;
    return who !== undefined && who.host === this.self.host && !isAlive(who.pid);
  }
}

interface FoundLock {
  text: string;
  /** Undefined while it is being written. */
  holder: Holder | undefined;
  /** Milliseconds since 1970. */
  touched: number;
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const [text, info] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, holder: parseHolder(text), touched: info.mtimeMs };
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Takes a dead lock away; one that somebody else took meanwhile is put back. */
async function putAside(path: string, text: string): Promise<void> {
  const aside = `${path}-${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readLock(aside);
  if (moved && moved.text !== text) await rename(aside, path);
  else await unlink(aside).catch(() => undefined);
}

function heldBy(who: Holder | undefined, self: Holder): string {
  if (!who) return 'another window is opening it';
  if (who.host !== self.host) return `it is open on ${who.host}`;
  return who.pid === self.pid
    ? 'it is open in another window'
    : `it is open in another studio (process ${who.pid})`;
}

/** Whether a process of this computer runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
