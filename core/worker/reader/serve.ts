import type { NamedBytes } from '../contract.ts';
import { importModelJob } from '../import-model.ts';
import { describeProblem } from '../problem.ts';
import { modelAnswers, Pieces, type ReaderAnswer, type ReaderRequest } from './wire.ts';

/**
 * The side of the process that reads one model: files come in, a network or a problem goes out. It touches nothing else.
 * @returns what takes the requests
 */
export function serveReader(post: (answer: ReaderAnswer) => void): (request: ReaderRequest) => void {
  const files: { name: string; data: Pieces }[] = [];
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    const given: NamedBytes[] = files.map(({ name, data }) => ({ name, bytes: data.bytes }));
    try {
      const model = await importModelJob(given, {
        signal: controller.signal,
        cwd: undefined,
        progress: (fraction, text) => post({ kind: 'progress', fraction, text }),
        log: (level, text) => post({ kind: 'log', level, text }),
      });
      for (const answer of modelAnswers(model)) post(answer);
    } catch (error) {
      post({ kind: 'failed', problem: describeProblem(error, controller.signal.aborted) });
    }
  };
  return (request) => {
    if (request.kind === 'file') files.push({ name: request.name, data: new Pieces(request.length) });
    else if (request.kind === 'piece') files.at(-1)?.data.add(request.bytes);
    else if (request.kind === 'cancel') controller.abort();
    else void read();
  };
}
