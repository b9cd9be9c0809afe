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
  cwd?: string;
  signal?: AbortSignal;
}

/** Pictures decoded at a time: sharp has threads of its own, and memory should stay small. */
const PARALLEL = 4;

/**
 * Yields batches in list order, wrapping round when a list is shorter than batchSize x iterations. While
 * the consumer works on a batch, the next one is already being decoded.
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
  const start = (index: number): Promise<Batch> => {
    const loading = loadBatch(feeds, index, batchSize, signal);
    // Its error is thrown when the batch is asked for; until then it is not "unhandled".
    loading.catch(() => undefined);
    return loading;
  };
  let next = start(0);
  for (let index = 0; index < iterations; index++) {
    const batch = await next;
    throwIfAborted(signal);
    if (index + 1 < iterations) next = start(index + 1);
    yield batch;
  }
}

/** One database and the ports it feeds. */
interface Feed {
  ports: readonly InputPort[];
  source: SampleSource;
}

async function loadBatch(
  feeds: readonly Feed[],
  index: number,
  batchSize: number,
  signal?: AbortSignal,
): Promise<Batch> {
  const batch = emptyBatch(feeds, index, batchSize);
  const first = index * batchSize;
  let slot = 0;
  const work = async (): Promise<void> => {
    while (slot < batchSize) {
      const mine = slot++;
      throwIfAborted(signal);
      await fillSlot(batch, feeds, mine, first + mine);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, batchSize) }, work));
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
