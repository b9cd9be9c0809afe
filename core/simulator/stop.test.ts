import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { calibrate } from '../quantization/calibrate.ts';
import { GraphBuilder, smallNetwork } from '../testing/device-graphs.ts';
import { networkOf } from '../testing/networks.ts';
import { addonPath } from './addon.ts';
import { Simulator } from './simulator.ts';
import { bindStopFlag, newStopFlag, raiseStopFlag } from './stop-flag.ts';

const NODES = 200;
const SIDE = 128;

/** Many layers, each of which takes a while. */
function longNetwork(): DeviceGraph {
  const build = new GraphBuilder();
  let id = build.input('in_0', [SIDE, SIDE, 1, 1]);
  for (let layer = 1; layer <= NODES; layer++)
    id = build.node('TANH', `tanh_${layer}`, [id], [SIDE, SIDE, 1, 1]);
  build.output(id);
  return build.build();
}

/** A signal with a flag that belongs to it. */
function stoppable(): { signal: AbortSignal; flag: SharedArrayBuffer } {
  const { signal } = new AbortController();
  const flag = newStopFlag();
  bindStopFlag(signal, flag);
  return { signal, flag };
}

const lower = (flag: SharedArrayBuffer): void => void Atomics.store(new Int32Array(flag), 0, 0);
const cancelled = expect.objectContaining({ code: 'cancelled' });

describe.skipIf(!existsSync(addonPath()))('stopping a run (skipped without the addon)', () => {
  it('starts no node when the flag is up, and runs as before when it is down again', () => {
    const { signal, flag } = stoppable();
    const picture = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
    const simulator = new Simulator(smallNetwork(), { signal, keepAll: true });
    const [{ values }] = simulator.run([picture]);
    raiseStopFlag(flag);
    expect(() => simulator.run([picture.map((value) => -value)])).toThrow(cancelled);
    expect(simulator.times().every(({ milliseconds }) => milliseconds === 0)).toBe(true);
    expect(simulator.read(simulator.graph.outputs[0]).values).toEqual(values);
    expect(() => simulator.runUntil([picture], 1)).toThrow(cancelled);
    expect(() => [...simulator.stream([picture], [3])]).toThrow(cancelled);
    const other = new Simulator(smallNetwork(), { keepAll: true });
    other.execute([picture]);
    simulator.compareWith(other, [{ ours: 3, theirs: 3 }]);
    for (const mode of ['entire', 'single', 'stored', 'together'] as const)
      expect(() => simulator.runCompared([picture], mode)).toThrow(cancelled);
    expect(() => new Simulator(smallNetwork(), { signal })).toThrow(cancelled);
    lower(flag);
    expect(simulator.run([picture])[0].values).toEqual(values);
    simulator.dispose();
    expect(new Simulator(smallNetwork()).run([picture])[0].values).toEqual(values);
  });

  it('stops between two nodes when another thread says so, and can be run again', async () => {
    const { signal, flag } = stoppable();
    const picture = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.cos(i));
    const simulator = new Simulator(longNetwork(), { signal, threads: 1 });
    const [{ values }] = simulator.run([picture]);
    const code = `const { parentPort, workerData } = require('node:worker_threads');
      parentPort.on('message', () => Atomics.store(new Int32Array(workerData), 0, 1));
      parentPort.postMessage('ready');`;
    const other = new Worker(code, { eval: true, workerData: flag });
    await once(other, 'message');
    try {
      // The flag may be seen in front of the first node as well; over many tries it is not always.
      let reached = 0;
      for (let attempt = 0; attempt < 100 && (reached === 0 || reached === NODES); attempt++) {
        lower(flag);
        other.postMessage('stop');
        expect(() => runUntilStopped(simulator, picture)).toThrow(cancelled);
        reached = simulator.times().filter(({ milliseconds }) => milliseconds > 0).length;
      }
      expect(reached).toBeGreaterThan(0);
      expect(reached).toBeLessThan(NODES);
      lower(flag);
      expect(simulator.run([picture])[0].values).toEqual(values);
    } finally {
      await other.terminate();
      simulator.dispose();
    }
  });

  it('ends a calibration', async () => {
    const { signal, flag } = stoppable();
    const network = networkOf([1, 4], [{ key: 'relu_1', op: 'relu', inputs: ['x_0'] }], 'relu_1');
    const inputs = new Map([['x_0', Float32Array.of(1, 2, 3, 4)]]);
    const onBatch = (): void => raiseStopFlag(flag);
    const batches = (async function* twice() {
      yield { inputs };
      yield { inputs };
    })();
    await expect(calibrate(network, { batchSize: 1, batches, signal, onBatch })).rejects.toThrow(cancelled);
  });
});

/** Runs again and again. Nothing but the flag ends it, or a minute where that does not work. */
function runUntilStopped(simulator: Simulator, picture: Float32Array): void {
  const started = performance.now();
  while (performance.now() - started < 60_000) simulator.execute([picture]);
}
