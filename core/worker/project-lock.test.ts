import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freeLock, newLockBoard } from './lock-board.ts';
import { LOCK_FILE } from './project-lock.ts';
import { chainNetwork, testCore, textFile } from './testing.ts';

/** A project that one core holds, and where its lock is. */
async function held() {
  const board = newLockBoard();
  const first = testCore({ lock: board });
  await first.core.importModel({ files: [textFile('chain.json', chainNetwork(1))] }, 'a');
  const { projects, data } = first;
  const lock = join(projects, 'chain', LOCK_FILE);
  const second = testCore({ projects, data }).core;
  return { first: first.core, second, lock, board };
}

describe('two windows on one project', () => {
  it('the second one looks on, and takes over when the first one closes it', async () => {
    const { first, second, lock } = await held();
    expect((await first.project())?.readOnly).toBeNull();
    await second.openProject('chain', 'b');
    expect((await second.graph()).nodes).toHaveLength(3);
    expect((await second.project())?.readOnly).toBe('it is open in another window');
    await expect(second.setTarget('0X88')).rejects.toMatchObject({
      code: 'file-unwritable',
      message: 'this project can only be looked at: it is open in another window',
    });
    await expect(second.runJob('quantize', {}, 'c')).rejects.toMatchObject({ code: 'file-unwritable' });
    await first.setTarget('0X88');
    await first.closeProject();
    expect((await second.project())?.readOnly).toBeNull();
    await second.setTarget(null);
    await first.openProject('chain', 'd');
    await expect(first.setTarget('0X88')).rejects.toMatchObject({ code: 'file-unwritable' });
    await second.closeProject();
    expect(existsSync(lock)).toBe(false);
  });

  it('a program that was killed holds nothing', async () => {
    const { first, second, lock } = await held();
    await first.closeProject();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void other.kill('SIGKILL'));
    writeFileSync(lock, JSON.stringify({ pid: other.pid, host: hostname(), window: 'other' }));
    await second.openProject('chain', 'a');
    expect((await second.project())?.readOnly).toBe(`it is open in another studio (process ${other.pid})`);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect((await second.project())?.readOnly).toBeNull();
    expect(readFileSync(lock, 'utf8')).toContain(`"pid":${process.pid}`);
  });

  it('another computer holds it as long as it gives signs of life', async () => {
    const { first, second, lock } = await held();
    await first.closeProject();
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'another-computer', window: 'other' }));
    await second.openProject('chain', 'a');
    expect((await second.project())?.readOnly).toBe('it is open on another-computer');
    utimesSync(lock, 1000, 1000);
    expect((await second.project())?.readOnly).toBeNull();
  });

  it('a lock that makes no sense is waited for and then replaced', async () => {
    const { first, second, lock } = await held();
    await first.closeProject();
    writeFileSync(lock, '{"pid":');
    await second.openProject('chain', 'a');
    expect((await second.project())?.readOnly).toBe('another window is opening it');
    utimesSync(lock, 1000, 1000);
    expect((await second.project())?.readOnly).toBeNull();
  });

  it('whoever ends a thread frees its lock, and no other', async () => {
    const { second, lock, board } = await held();
    freeLock(board);
    expect(existsSync(lock)).toBe(false);
    await second.openProject('chain', 'a');
    freeLock(board);
    expect(existsSync(lock)).toBe(true);
  });
});
