/**
 * `node out/node/bench-footprint.mjs [model.onnx ...]`: memory, load time and first run of the same networks here, as
 * packed networks, and in onnxruntime-node, as ONNX files. Each is measured in a process of its own, which starts with
 * the engine already loaded.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPacked } from '../core/packing/open.ts';
import { packNetwork } from '../core/packing/write.ts';
import { loadAddon } from '../core/simulator/addon.ts';
import { graphOf, openSubject, subjectNames } from './networks.ts';
import { peerModel } from './peer-model.ts';
import { median } from './timing.ts';

/** A311D; any device will do. */
const PID = 0x88;
const REPEATS = 5;
const RUNS = 20;

/** What one process measured. */
interface Footprint {
  /** MB that loading and running added to the largest size of the process. */
  memory: number;
  /** ms from the file to a graph that can run. */
  load: number;
  /** ms of the first run, and the median of those after it. */
  first: number;
  later: number;
}

/** Opens a file and returns how to run it. */
type Open = (path: string, elements: number, shape: readonly number[]) => Promise<() => Promise<void> | void>;

const engines: Readonly<Record<string, () => Promise<Open>>> = {
  ours: async () => {
    loadAddon();
    return async (path, elements) => {
      const simulator = await openPacked(path, { threads: 1 });
      const input = new Float32Array(elements);
      return () => void simulator.run([input]);
    };
  },
  onnxruntime: async () => {
    const ort = await import('onnxruntime-node');
    return async (path, elements, shape) => {
      const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
      const session = await ort.InferenceSession.create(path, options);
      const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', new Float32Array(elements), shape) };
      return async () => void (await session.run(feeds));
    };
  },
};

async function measureHere(engine: string, path: string, shape: readonly number[]): Promise<Footprint> {
  const open = await engines[engine]();
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const run = await open(
    path,
    shape.reduce((product, dim) => product * dim, 1),
    shape,
  );
  const load = performance.now() - started;
  const times: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const memory = (process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20;
  return { memory, load, first: times[0], later: median(times.slice(1)) };
}

/** Medians over processes of their own. */
function measureApart(engine: string, path: string, shape: readonly number[]): Footprint {
  const self = fileURLToPath(import.meta.url);
  const all = Array.from({ length: REPEATS }, () => {
    const text = execFileSync(process.execPath, [self, '--measure', engine, path, shape.join()], {
      encoding: 'utf8',
    });
    return JSON.parse(text) as Footprint;
  });
  const of = (key: keyof Footprint): number => median(all.map((one) => one[key]));
  return { memory: of('memory'), load: of('load'), first: of('first'), later: of('later') };
}

async function benchSubject(name: string, folder: string): Promise<void> {
  const subject = await openSubject(name);
  console.log(`\n${subject.name}`);
  for (const format of ['float32', 'uint8'] as const) {
    const graph = await graphOf(subject, format);
    const files = { ours: join(folder, `${format}.nb`), onnxruntime: join(folder, `${format}.onnx`) };
    writeFileSync(files.ours, packNetwork(graph, PID));
    writeFileSync(files.onnxruntime, peerModel(graph));
    for (const [engine, path] of Object.entries(files)) {
      const { memory, load, first, later } = measureApart(engine, path, subject.shape);
      console.log(
        `  ${format.padEnd(8)} ${engine.padEnd(12)} memory ${memory.toFixed(1).padStart(6)} MB` +
          `  load ${load.toFixed(1).padStart(7)} ms  first run ${first.toFixed(2).padStart(7)} ms` +
          `  later ${later.toFixed(2).padStart(7)} ms`,
      );
    }
  }
}

const [flag, engine, path, shape] = process.argv.slice(2);
if (flag === '--measure') {
  console.log(JSON.stringify(await measureHere(engine, path, shape.split(',').map(Number))));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'nibble-footprint-'));
  try {
    for (const name of subjectNames(process.argv.slice(2))) await benchSubject(name, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
