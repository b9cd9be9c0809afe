import { serveReader } from './serve.ts';
import type { ReaderRequest } from './wire.ts';

/** Electron's port of a utility process, as far as we use it. */
interface UtilityPort {
  on(event: 'message', listener: (event: { data: ReaderRequest }) => void): void;
  postMessage(message: unknown): void;
}

/** Entry of the process that reads a model file: a child of Node, or a utility process of Electron. */
const { parentPort } = process as { parentPort?: UtilityPort };
if (parentPort) {
  const take = serveReader((answer) => parentPort.postMessage(answer));
  parentPort.on('message', ({ data }) => take(data));
} else {
  const take = serveReader((answer) => process.send?.(answer));
  process.on('message', (request: ReaderRequest) => take(request));
  // Nobody listens any more.
  process.on('disconnect', () => process.exit(0));
}
