/**
 * Calibration of real models in pictures per second, against plain float32 inference of the same network and against
 * onnxruntime-node, from inputs that are ready and from picture files; and its peak memory with few and many pictures.
 * Arguments: parts of model names. Medians of rounds in which all take turns. Set-up and the choice of the ranges
 * ("fixed") do not depend on the number of pictures and are shown apart.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { batches } from '../core/dataset/batches.ts';
import { lowerNetwork } from '../core/device/lower.ts';
import { floatPlan } from '../core/device/types.ts';
import { calibrate, type CalibrationBatch } from '../core/quantization/calibrate.ts';
import type { RangeAlgorithm } from '../core/quantization/ranges/algorithm.ts';
import { measuredRefs } from '../core/quantization/table.ts';
import { loadAddon } from '../core/simulator/addon.ts';
import { Simulator } from '../core/simulator/simulator.ts';
import { models, pictureList, prepare, type Model, type Prepared } from './calibration-models.ts';
import { openPeer, type PeerRun } from './onnxruntime.ts';
import { median } from './timing.ts';

const ROUNDS = 9;
/** Time that plain inference should take in a round, ms. */
const ROUND_MS = 60;
/** Different inputs that are kept ready, and the fewest pictures of a round. */
const READY = 16;
/** Picture counts whose peak memory is compared. */
const FEW = 50;
const MANY = 500;
/** First argument of the process whose memory is measured. */
const MEMORY = '--memory';

const NORMAL: RangeAlgorithm = { name: 'normal' };
const DIVERGENCE: RangeAlgorithm = { name: 'kl_divergence', bins: 2048 };

type Batches = AsyncIterable<CalibrationBatch>;

/** Milliseconds of one pass: for each picture, and before and after them all. */
interface Pass {
  picture: number;
  fixed: number;
}

/** Something whose speed is measured over a number of pictures. */
interface Contender {
  name: string;
  pass(count: number): Promise<Pass>;
}

/** Times how long a consumer takes from asking for the first of `count` batches to asking in vain. */
async function timed(
  count: number,
  source: Batches,
  consume: (source: Batches) => Promise<void>,
): Promise<Pass> {
  let streamed = 0;
  const started = performance.now();
  await consume(
    (async function* clocked() {
      const first = performance.now();
      yield* source;
      streamed = performance.now() - first;
    })(),
  );
  return { picture: streamed / count, fixed: performance.now() - started - streamed };
}

async function* repeated(ready: readonly CalibrationBatch[], count: number): Batches {
  for (let index = 0; index < count; index++) yield ready[index % ready.length];
}

async function calibrateOver(
  network: Prepared['network'],
  algorithm: RangeAlgorithm,
  source: Batches,
  onBatch: () => void = () => undefined,
): Promise<void> {
  await calibrate(network, {
    algorithm,
    refs: measuredRefs(network, { all: false }),
    batchSize: 1,
    batches: source,
    signal: new AbortController().signal,
    onBatch,
  });
}

/** The contenders of one kind of source. */
function contenders(
  { network, shape }: Prepared,
  peer: PeerRun | undefined,
  source: (count: number) => Batches,
): Contender[] {
  const key = network.inputs[0].key;
  const input = ({ inputs }: CalibrationBatch): Float32Array => inputs.get(key) ?? new Float32Array();
  const over = (name: string, consume: (source: Batches) => Promise<void>): Contender => ({
    name,
    pass: (count) => timed(count, source(count), consume),
  });
  const plain = async (batched: Batches): Promise<void> => {
    const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
    const simulator = new Simulator(graph);
    for await (const batch of batched) simulator.run([input(batch)]);
    simulator.dispose();
  };
  const ours = [
    over('plain', plain),
    over('normal', (batched) => calibrateOver(network, NORMAL, batched)),
    over('kl', (batched) => calibrateOver(network, DIVERGENCE, batched)),
  ];
  if (!peer) return ours;
  const theirs = async (batched: Batches): Promise<void> => {
    for await (const batch of batched) await peer(input(batch), shape);
  };
  return [...ours, over('onnxruntime', theirs)];
}

/** The passes of each contender by its name, one a round. */
async function measure(all: readonly Contender[]): Promise<Map<string, Pass[]>> {
  const { picture } = await all[0].pass(READY);
  const count = Math.min(2000, Math.max(READY, Math.round(ROUND_MS / picture)));
  for (const contender of all) await contender.pass(count);
  const passes = new Map(all.map(({ name }) => [name, [] as Pass[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of all) passes.get(contender.name)?.push(await contender.pass(count));
  }
  return passes;
}

async function collected(source: Batches): Promise<CalibrationBatch[]> {
  const ready: CalibrationBatch[] = [];
  for await (const { inputs } of source) ready.push({ inputs });
  return ready;
}

function row(label: string, cells: readonly string[]): void {
  console.log(label.padEnd(24) + cells.map((cell) => cell.padStart(12)).join(''));
}

const rate = (passes: Pass[] | undefined): string =>
  passes ? (1000 / median(passes.map(({ picture }) => picture))).toFixed(0) : '-';
const fixed = (passes: Pass[] | undefined): string =>
  passes ? `${median(passes.map((pass) => pass.fixed)).toFixed(1)} ms` : '-';
/** Of the two in the same round: a busy moment of the computer then hits both. */
const ratio = (ours: Pass[] | undefined, base: Pass[] | undefined): string =>
  ours && base ? median(ours.map(({ picture }, round) => picture / base[round].picture)).toFixed(2) : '-';

/** One line: rates, and how much longer calibration takes than plain inference and than the peer. */
async function line(label: string, all: readonly Contender[]): Promise<void> {
  const found = await measure(all);
  const [plain, normal, kl, peer] = ['plain', 'normal', 'kl', 'onnxruntime'].map((name) => found.get(name));
  const rates = [plain, normal, kl, peer].map(rate);
  const ratios = [ratio(normal, plain), ratio(kl, plain), ratio(normal, peer), ratio(kl, peer)];
  row(label, [...rates, ...ratios, fixed(normal), fixed(kl)]);
}

async function speed(model: Model, list: string): Promise<void> {
  const prepared = await prepare(model, list);
  const decoded = (count: number): Batches => batches(prepared.meta, { batchSize: 1, iterations: count });
  const ready = await collected(decoded(READY));
  for (const threads of new Set([1, availableParallelism()])) {
    process.env['NIBBLE_SIM_THREADS'] = String(threads);
    const peer = await openPeer(prepared.bytes, threads);
    const suffix = `${threads} thread${threads === 1 ? '' : 's'}`;
    await line(
      `${model.name}, ${suffix}`,
      contenders(prepared, peer, (count) => repeated(ready, count)),
    );
    await line('  with decoding', contenders(prepared, peer, decoded));
  }
}

/** Peak memory of a process that calibrates with `count` pictures, in MB. */
function peakMemory(model: Model, list: string, algorithm: string, count: number): number {
  const args = [fileURLToPath(import.meta.url), MEMORY, model.name, list, algorithm, String(count)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/**
 * What that process does. It looks at its memory after every picture: the system's own peak counts from that of the
 * parent process on Linux.
 */
async function calibrateForMemory([name, list, algorithm, count]: readonly string[]): Promise<void> {
  const [model] = models([name]);
  const { network, meta } = await prepare(model, list);
  const chosen = algorithm === NORMAL.name ? NORMAL : DIVERGENCE;
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  await calibrateOver(network, chosen, batches(meta, { batchSize: 1, iterations: Number(count) }), look);
  look();
  console.log(peak / 2 ** 20);
}

function memory(model: Model, list: string): void {
  const of = (algorithm: RangeAlgorithm, count: number): string =>
    `${peakMemory(model, list, algorithm.name, count).toFixed(0)} MB`;
  row(
    model.name,
    [NORMAL, DIVERGENCE].flatMap((algorithm) => [of(algorithm, FEW), of(algorithm, MANY)]),
  );
}

async function main(words: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nibble-bench-'));
  try {
    const all = models(words);
    const lists = await Promise.all(all.map((model) => pictureList(model, folder)));
    console.log(
      `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, variants: ${loadAddon().features().join(', ')}`,
    );
    console.log(
      'Pictures per second; time as a multiple of plain inference (/plain) and of onnxruntime (/ort)',
    );
    row('', [
      'plain',
      'normal',
      'kl',
      'ort',
      'normal/plain',
      'kl/plain',
      'normal/ort',
      'kl/ort',
      'fixed',
      'fixed kl',
    ]);
    for (const [index, model] of all.entries()) await speed(model, lists[index]);
    console.log(`\nPeak memory with ${FEW} and ${MANY} pictures, decoded from files`);
    row('', [`normal ${FEW}`, String(MANY), `kl ${FEW}`, String(MANY)]);
    for (const [index, model] of all.entries()) memory(model, lists[index]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === MEMORY) await calibrateForMemory(rest);
else await main(process.argv.slice(2));
