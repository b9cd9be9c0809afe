import { MessagePort, parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { forkReader } from './reader/fork.ts';
import { hostedReader } from './reader/hosted.ts';
import { serveStudio, type Ui } from './rpc.ts';
import { StudioCore } from './studio-core.ts';

/** Entry of the core's thread: one per page. Its messages are the RPC's, nothing else. */
const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');

const options = z
  .object({
    version: z.string(),
    paths: z.boolean(),
    projects: z.string(),
    data: z.string(),
    lock: z.instanceof(SharedArrayBuffer),
    /** Port to a host that starts the processes which read models; default: children of Node. */
    reader: z.instanceof(MessagePort).optional(),
  })
  .parse(workerData);
let ui: Ui;
const start = options.reader ? hostedReader(options.reader) : forkReader;
const core = new StudioCore({ ...options, start }, () => ui);
ui = serveStudio(
  { post: (message) => port.postMessage(message), on: (receive) => void port.on('message', receive) },
  core,
);
