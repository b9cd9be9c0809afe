/**
 * `npm run bench`: float32, uint8 and int16 inference of real networks against onnxruntime-node in one process. The
 * peer runs the same graph: float32, and QLinear operators with the same scales and zero points. Rounds alternate
 * between the engines, with a pause before each, and what counts is the median of the ratios of one round.
 * Needs the reference models beside the checkout, or paths of ONNX files as arguments.
 */
import { availableParallelism, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { loadAddon } from '../core/simulator/addon.ts';
import { Simulator } from '../core/simulator/simulator.ts';
import { FORMATS, graphOf, openSubject, subjectNames, type Subject } from './networks.ts';
import { openPeer } from './onnxruntime.ts';
import { peerModel } from './peer-model.ts';
import { geometricMean, median } from './timing.ts';

const ROUNDS = 31;
/** Time one round of one engine should take, ms. */
const ROUND_MS = 30;
/** Threads of an engine wait actively for more work: so long, ms, after it is done. The next one must not pay for that. */
const SETTLE_MS = 40;

/** Something whose speed is measured. */
interface Contender {
  name: string;
  run(): Promise<void> | void;
}

/** Milliseconds per run, by round, of each contender. */
async function measure(contenders: readonly Contender[]): Promise<number[][]> {
  const counts: number[] = [];
  for (const contender of contenders) {
    for (let warm = 0; warm < 3; warm++) await contender.run();
    const started = performance.now();
    for (let index = 0; index < 5; index++) await contender.run();
    counts.push(Math.max(3, Math.round(ROUND_MS / ((performance.now() - started) / 5))));
  }
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contender] of contenders.entries()) {
      await setTimeout(SETTLE_MS);
      for (let warm = 0; warm < 3; warm++) await contender.run();
      const started = performance.now();
      for (let run = 0; run < counts[index]; run++) await contender.run();
      times[index].push((performance.now() - started) / counts[index]);
    }
  }
  return times;
}

async function contendersFor(subject: Subject, threads: number): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const format of FORMATS) {
    const graph = await graphOf(subject, format);
    const simulator = new Simulator(graph, { threads });
    contenders.push({ name: `ours ${format}`, run: () => void simulator.run([subject.input]) });
    const peer = format === 'int16' ? undefined : await openPeer(peerModel(graph), threads);
    if (peer) {
      contenders.push({ name: `onnxruntime ${format}`, run: () => peer(subject.input, subject.shape) });
    }
  }
  return contenders;
}

/** What is compared: our format, and what its time is divided by. */
const COMPARISONS = [
  ['ours float32', 'onnxruntime float32'],
  ['ours uint8', 'onnxruntime uint8'],
  ['ours int16', 'ours uint8'],
] as const;

/** Ratios by `ours / other`, one per network. */
type Ratios = Map<string, number[]>;

async function benchNetwork(subject: Subject, threads: number, ratios: Ratios): Promise<void> {
  const contenders = await contendersFor(subject, threads);
  const times = await measure(contenders);
  const timesOf = (name: string): number[] | undefined =>
    times[contenders.findIndex((contender) => contender.name === name)];
  console.log(`\n${subject.name}, ${threads} thread${threads === 1 ? '' : 's'}`);
  for (const [index, { name }] of contenders.entries())
    console.log(`  ${name.padEnd(22)} ${median(times[index]).toFixed(3).padStart(8)} ms`);
  for (const [ours, other] of COMPARISONS) {
    const [mine, base] = [timesOf(ours), timesOf(other)];
    if (!mine || !base) continue;
    const ratio = median(mine.map((time, round) => time / base[round]));
    const title = `${ours} / ${other}`;
    console.log(`  ${title.padEnd(40)} ${ratio.toFixed(2)}`);
    ratios.set(title, [...(ratios.get(title) ?? []), ratio]);
  }
}

console.log(
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, variants: ${loadAddon().features().join(', ')}`,
);
const names = subjectNames(process.argv.slice(2));
for (const threads of new Set([1, availableParallelism()])) {
  const ratios: Ratios = new Map();
  for (const name of names) await benchNetwork(await openSubject(name), threads, ratios);
  console.log(`\ngeometric means, ${threads} thread${threads === 1 ? '' : 's'}`);
  for (const [title, values] of ratios)
    console.log(`  ${title.padEnd(40)} ${geometricMean(values).toFixed(3)}`);
}
