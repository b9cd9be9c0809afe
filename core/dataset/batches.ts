import { setImmediate } from 'node:timers/promises';
import { StudioError } from '../network/errors.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { openDatabase, type SampleSource } from './database.ts';
import { sampleShape, sampleSize } from './preprocess.ts';

/** The samples of one step. */
export interface Batch {
  /** 0-based iteration. */
  index: number;
  /** Input layer key → values of all samples one after the other. */
  inputs: Map<string, Float32Array>;
  /** Input layer key → shape with the batch in front. */
  shapes: Map<string, number[]>;
  /** Per sample, the class number of the list. */
  labels: (number | undefined)[];
}

/** How many batches of which size. */
export interface BatchOptions {
  /** Samples per batch. Default shape[0] of the first port. */
  batchSize?: number;
  /** Default 1. */
  iterations?: number;
  /** What relative paths start from. Default: the working directory. */
  cwd?: string | undefined;
  signal?: AbortSignal;
}

/** Pictures decoded at a time: sharp has threads of its own, and memory should stay small. */
const PARALLEL = 4;

/** Samples that are decoded before they are asked for, if batches are smaller; else the next batch. */
const AHEAD = 2 * PARALLEL;

/**
 * Yields batches in list order, wrapping round when a list is shorter than batchSize x iterations. While
 * the consumer works on a batch, the next ones are already being decoded: so much that small batches
 * keep the decoder as busy as large ones, and no more, so that memory does not depend on the number of samples.
 * @throws StudioError 'cancelled' after an abort, 'dataset-invalid', 'inputmeta-invalid', 'file-missing', ...
 */
export async function* batches(
  meta: InputMeta,
  options: BatchOptions = {},
): AsyncGenerator<Batch, void, undefined> {
  const { iterations = 1, signal } = options;
  const batchSize = options.batchSize ?? meta.databases[0]?.ports[0]?.shape[0] ?? 1;
  requirePositive('batch size', batchSize);
  requirePositive('number of iterations', iterations);
  const cwd = options.cwd ?? process.cwd();
  const feeds = await Promise.all(
    meta.databases.map(async (database) => ({
      ports: database.ports,
      source: await openDatabase(database, cwd),
    })),
  );
  const stop = new AbortController();
  const loader: Loader = {
    feeds,
    batchSize,
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    gate: new Gate(PARALLEL),
  };
  const ahead = Math.ceil(AHEAD / batchSize);
  const loading: Promise<Batch>[] = [];
  let started = 0;
  const startUpTo = (end: number): void => {
    for (; started < Math.min(end, iterations); started++) {
      const batch = loadBatch(loader, started);
      // Its error is thrown when the batch is asked for; until then it is not "unhandled".
      batch.catch(() => undefined);
      loading.push(batch);
    }
  };
  try {
    for (let index = 0; index < iterations; index++) {
      startUpTo(index + 1 + ahead);
      const batch = await loading.shift();
      throwIfAborted(signal);
      // A consumer that computes without pause would keep decoded pictures and a cancel waiting.
      await setImmediate();
      if (batch) yield batch;
    }
  } finally {
    stop.abort();
  }
}

/** Lets a few at a time pass, in the order they came. */
class Gate {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async pass<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** What loads batches. */
interface Loader {
  feeds: readonly Feed[];
  batchSize: number;
  signal: AbortSignal;
  gate: Gate;
}

/** One database and the ports it feeds. */
interface Feed {
  ports: readonly InputPort[];
  source: SampleSource;
}

async function loadBatch({ feeds, batchSize, signal, gate }: Loader, index: number): Promise<Batch> {
  const batch = emptyBatch(feeds, index, batchSize);
  const first = index * batchSize;
  await Promise.all(
    Array.from({ length: batchSize }, (_, slot) =>
      gate.pass(async () => {
        throwIfAborted(signal);
        await fillSlot(batch, feeds, slot, first + slot);
      }),
    ),
  );
  return batch;
}

function emptyBatch(feeds: readonly Feed[], index: number, batchSize: number): Batch {
  const labels = Array.from<undefined>({ length: batchSize });
  const batch: Batch = { index, inputs: new Map(), shapes: new Map(), labels };
  for (const port of feeds.flatMap((feed) => feed.ports)) {
    const shape = [batchSize, ...sampleShape(port)];
    const length = batchSize * sampleSize(port);
    if (length > 2 ** 31 - 1)
      throw new StudioError('usage', `a batch of ${batchSize} samples is too large`, { layer: port.lid });
    batch.shapes.set(port.lid, shape);
    batch.inputs.set(port.lid, new Float32Array(length));
  }
  return batch;
}

/** Sample number `sample` of every database goes to place `slot` of the batch. */
async function fillSlot(batch: Batch, feeds: readonly Feed[], slot: number, sample: number): Promise<void> {
  for (const { ports, source } of feeds) {
    const wrapped = sample % source.length;
    const values = await source.load(wrapped);
    batch.labels[slot] ??= source.label(wrapped);
    ports.forEach((port, column) => {
      const sampleValues = values[column];
      if (sampleValues) batch.inputs.get(port.lid)?.set(sampleValues, slot * sampleSize(port));
    });
  }
}

function requirePositive(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new StudioError('usage', `the ${name} must be at least 1, not ${value}`);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StudioError('cancelled', 'cancelled');
}
