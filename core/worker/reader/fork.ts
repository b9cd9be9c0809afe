import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../files/package-root.ts';
import { builtFile } from '../built-file.ts';
import type { ReaderProcess } from './read.ts';
import type { ReaderAnswer } from './wire.ts';

/** Node's flags for a process that may read our own code and nothing else: no writing, no processes, no addons. */
export function confinement(heapMegabytes: number): string[] {
  const { allowedNodeEnvironmentFlags: flags } = process;
  const permission = flags.has('--permission') ? '--permission' : '--experimental-permission';
  return [`--max-old-space-size=${heapMegabytes}`, permission, `--allow-fs-read=${join(packageRoot(), '*')}`];
}

/** Starts the process as a child of Node. @param heapMegabytes limit of its JavaScript heap */
export function forkReader(heapMegabytes: number): ReaderProcess {
  const child = fork(builtFile('model-reader.mjs'), [], {
    serialization: 'advanced',
    silent: true,
    env: {},
    execArgv: confinement(heapMegabytes),
  });
  return {
    post: (request) => void child.send(request, () => undefined),
    onAnswer: (listener) => void child.on('message', (answer) => listener(answer as ReaderAnswer)),
    onEnd: (listener) => {
      child.once('exit', listener);
      child.once('error', listener);
    },
    memory: () => (child.pid === undefined ? Promise.resolve(undefined) : residentBytes(child.pid)),
    end: () => void child.kill('SIGKILL'),
  };
}

const PAGE = 4096;

/** Memory that a process holds, where the system tells it in a file (Linux). */
async function residentBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  const pages = Number(text.split(' ')[1]);
  return Number.isFinite(pages) && pages > 0 ? pages * PAGE : undefined;
}
