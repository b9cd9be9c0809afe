import type { JobContext } from '../../jobs/context.ts';
import { StudioError } from '../../network/errors.ts';
import type { NamedBytes } from '../contract.ts';
import type { ImportChoices } from '../contract-model.ts';
import type { ImportedModel } from '../import-model.ts';
import { problemError } from '../problem.ts';
import type { SourceFacts } from '../source-facts.ts';
import {
  ModelAssembler,
  pieces,
  type ModelCut,
  type ReaderAnswer,
  type ReaderRequest,
  type ReaderTask,
} from './wire.ts';

/** A process that reads one model. */
export interface ReaderProcess {
  post(request: ReaderRequest): void;
  onAnswer(listener: (answer: ReaderAnswer) => void): void;
  /** Told once, however it ends. */
  onEnd(listener: () => void): void;
  /** Bytes it holds, where the system tells. */
  memory(): Promise<number | undefined>;
  end(): void;
}

/** What a process may take. */
export interface ReaderLimits {
  /** Megabytes of its JavaScript heap. */
  heapMegabytes: number;
  /** Bytes altogether, where the system tells. */
  memory: number;
  /** Milliseconds without a sign of life. */
  silence: number;
}

/** Limits for files of this size: arrays come to several times the file when weights are stored in few bits. */
export function limitsFor(bytes: number): ReaderLimits {
  return { heapMegabytes: 4096, memory: 2 * 2 ** 30 + 8 * bytes, silence: 60_000 };
}

/** Milliseconds between two looks at a process. */
const LOOK = 250;

/** Starts a process that reads a model. */
type Start = (heapMegabytes: number) => ReaderProcess;

/**
 * Reads a model in a process of its own: what a hostile file might make of our readers stays there.
 * @param choices null = as the model says itself
 * @throws StudioError of the reader, or 'file-unreadable' when the process died, took too much, or said nothing
 */
export function readModelApart(
  files: readonly NamedBytes[],
  context: JobContext,
  start: Start,
  limits = limitsOf(files),
  choices: ImportChoices | null = null,
): Promise<ImportedModel> {
  const assembler = new ModelAssembler();
  return ask(files, { kind: 'read', choices }, { context, start, limits }, (answer) =>
    assembler.take(answer),
  );
}

/** Looks into a model in a process of its own, as {@link readModelApart}. */
export function lookApart(
  files: readonly NamedBytes[],
  context: JobContext,
  start: Start,
): Promise<SourceFacts> {
  return ask(files, { kind: 'look' }, { context, start, limits: limitsOf(files) }, (answer) =>
    answer.kind === 'source' ? answer.facts : undefined,
  );
}

/** Cuts a model in a process of its own, as {@link readModelApart}. */
export function cutModelApart(
  files: readonly NamedBytes[],
  context: JobContext,
  start: Start,
  cut: ModelCut,
): Promise<ImportChoices> {
  return ask(files, { kind: 'cut', cut }, { context, start, limits: limitsOf(files) }, (answer) =>
    answer.kind === 'choices' ? answer.choices : undefined,
  );
}

const limitsOf = (files: readonly NamedBytes[]): ReaderLimits =>
  limitsFor(files.reduce((sum, { bytes }) => sum + bytes.length, 0));

/** Gives the files and a task to a process. @param take the result, once an answer completes it */
function ask<T>(
  files: readonly NamedBytes[],
  task: ReaderTask,
  { context, start, limits }: { context: JobContext; start: Start; limits: ReaderLimits },
  take: (answer: ReaderAnswer) => T | undefined,
): Promise<T> {
  const reader = start(limits.heapMegabytes);
  const file = files[0]?.name;
  let heard = performance.now();
  return new Promise((resolve, reject) => {
    const cancel = (): void => fail(new StudioError('cancelled', 'the import was cancelled'));
    const settle = (finish: () => void): void => {
      clearInterval(watch);
      context.signal.removeEventListener('abort', cancel);
      reader.end();
      finish();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const refuse = (why: string): void =>
      fail(
        new StudioError(
          'file-unreadable',
          why,
          file === undefined ? {} : { file },
          'The file may be damaged.',
        ),
      );
    const look = async (): Promise<void> => {
      if (performance.now() - heard > limits.silence)
        return refuse(`reading it took more than ${limits.silence / 1000} s without getting on`);
      const held = await reader.memory();
      if (held !== undefined && held > limits.memory)
        refuse(`reading it takes more than ${Math.round(limits.memory / 2 ** 20)} MB of memory`);
    };
    const watch = setInterval(() => void look(), LOOK);
    reader.onAnswer((answer) => {
      heard = performance.now();
      if (answer.kind === 'progress') context.progress(answer.fraction, answer.text);
      else if (answer.kind === 'log') context.log(answer.level, answer.text);
      else if (answer.kind === 'failed') fail(problemError(answer.problem));
      else assemble(answer);
    });
    const assemble = (answer: ReaderAnswer): void => {
      try {
        const result = take(answer);
        if (result !== undefined) settle(() => resolve(result));
      } catch (error) {
        fail(error);
      }
    };
    reader.onEnd(() => refuse('the process that reads it ended'));
    if (context.signal.aborted) return cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    for (const { name, bytes } of files) {
      reader.post({ kind: 'file', name, length: bytes.length });
      for (const piece of pieces(bytes)) reader.post(piece);
    }
    reader.post(task);
  });
}
