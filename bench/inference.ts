/**
 * `npm run bench`: float32 and uint8 inference of real models against onnxruntime-node in one process,
 * as ratios of medians. Needs the reference models beside the checkout, or paths as arguments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, join } from 'node:path';
import { lowerNetwork } from '../core/device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../core/device/types.ts';
import { packageRoot } from '../core/files/package-root.ts';
import { importOnnx } from '../core/importers/onnx/import.ts';
import type { Network } from '../core/network/network.ts';
import { elementCount } from '../core/network/tensor.ts';
import { calibrate } from '../core/quantization/calibrate.ts';
import { resolveScheme } from '../core/quantization/schemes.ts';
import { buildTable } from '../core/quantization/table.ts';
import { loadAddon } from '../core/simulator/addon.ts';
import { Simulator } from '../core/simulator/simulator.ts';
import { openPeer } from './onnxruntime.ts';
import { median } from './timing.ts';

const ROUNDS = 9;
/** Time one round of one engine should take, ms. */
const ROUND_MS = 60;

/** Something whose speed is measured. */
interface Contender {
  name: string;
  run(): Promise<void> | void;
}

/** Milliseconds per run of each contender: rounds alternate so that all meet the same machine. */
async function measure(contenders: readonly Contender[]): Promise<number[]> {
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
      const started = performance.now();
      for (let run = 0; run < counts[index]; run++) await contender.run();
      times[index].push((performance.now() - started) / counts[index]);
    }
  }
  return times.map(median);
}

function noise(count: number): Float32Array {
  let state = 42;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

function simulated(
  name: string,
  network: Network,
  plan: TypePlan,
  input: Float32Array,
  threads: number,
): Contender {
  const { graph } = lowerNetwork(network, { plan, batch: 1 });
  const simulator = new Simulator(graph, { threads });
  return { name, run: () => void simulator.run([input]) };
}

async function uint8Plan(network: Network, input: Float32Array): Promise<TypePlan> {
  const inputs = new Map([[network.inputs[0].key, input]]);
  const ranges = await calibrate(network, {
    batchSize: 1,
    batches: (async function* once() {
      yield { inputs };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  });
  return quantizedPlan(
    buildTable(network, { scheme: resolveScheme('asymmetric_affine', 'uint8'), ranges, all: false }),
  );
}

async function peer(
  bytes: Uint8Array,
  shape: readonly number[],
  input: Float32Array,
  threads: number,
): Promise<Contender | undefined> {
  const run = await openPeer(bytes, threads);
  return run && { name: 'onnxruntime float32', run: () => run(input, shape) };
}

async function benchModel(path: string, threads: number): Promise<void> {
  const bytes = readFileSync(path);
  const network = await importOnnx(bytes, { name: basename(path) });
  const shape = network.inputs[0].ints('shape');
  const input = noise(elementCount(shape));
  const contenders = [
    simulated('ours float32', network, floatPlan('float32'), input, threads),
    simulated('ours uint8', network, await uint8Plan(network, input), input, threads),
  ];
  const reference = await peer(bytes, shape, input, threads);
  const times = await measure(reference ? [...contenders, reference] : contenders);
  const base = reference ? times[times.length - 1] : undefined;
  console.log(`\n${basename(path)}, ${threads} thread${threads === 1 ? '' : 's'}`);
  for (const [index, { name }] of (reference ? [...contenders, reference] : contenders).entries()) {
    const ratio = base === undefined ? '' : `  ${(times[index] / base).toFixed(2)} x onnxruntime's time`;
    console.log(`  ${name.padEnd(22)} ${times[index].toFixed(3).padStart(8)} ms${ratio}`);
  }
}

const shared = join(packageRoot(), '../shared/models/onnx');
const models = [
  join(packageRoot(), 'assets/sample/mobilenetv2-tiny.onnx'),
  join(shared, 'resnet20-cifar10/resnet20-cifar10-opset17.onnx'),
].filter((path) => existsSync(path));
console.log(
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, variants: ${loadAddon().features().join(', ')}`,
);
for (const path of process.argv.length > 2 ? process.argv.slice(2) : models) {
  for (const threads of new Set([1, availableParallelism()])) await benchModel(path, threads);
}
