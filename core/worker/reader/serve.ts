import type { NamedBytes } from '../contract.ts';
import { findModelFiles, readModel } from '../import-model.ts';
import type { JobContext } from '../../jobs/context.ts';
import { describeProblem } from '../problem.ts';
import { cutModel, lookInto } from '../source-facts.ts';
import { modelAnswers, Pieces, type ReaderAnswer, type ReaderRequest, type ReaderTask } from './wire.ts';

/**
 * The side of the process that reads one model: files come in, a network, what is to be shown of them, or a problem goes out. It touches nothing else.
 * @returns what takes the requests
 */
export function serveReader(post: (answer: ReaderAnswer) => void): (request: ReaderRequest) => void {
  const files: { name: string; data: Pieces }[] = [];
  const controller = new AbortController();
  const context: JobContext = {
    signal: controller.signal,
    cwd: undefined,
    progress: (fraction, text) => post({ kind: 'progress', fraction, text }),
    log: (level, text) => post({ kind: 'log', level, text }),
  };
  const answer = async (request: ReaderTask): Promise<void> => {
    const given: NamedBytes[] = files.map(({ name, data }) => ({ name, bytes: data.bytes }));
    try {
      const model = findModelFiles(given);
      if (request.kind === 'look') post({ kind: 'source', facts: await lookInto(model) });
      else if (request.kind === 'cut') {
        const { choices, nodes, side } = request.cut;
        post({ kind: 'choices', choices: await cutModel(model, choices, nodes, side) });
      } else for (const one of modelAnswers(await readModel(model, context, request.choices))) post(one);
    } catch (error) {
      post({ kind: 'failed', problem: describeProblem(error, controller.signal.aborted) });
    }
  };
  return (request) => {
    if (request.kind === 'file') files.push({ name: request.name, data: new Pieces(request.length) });
    else if (request.kind === 'piece') files.at(-1)?.data.add(request.bytes);
    else if (request.kind === 'cancel') controller.abort();
    else void answer(request);
  };
}
