/**
 * Time of the files of an export, next to writing the same bytes once: `bench-export [MB of weights ...]`, default 5
 * 50 200. A chain of float32 convolutions is printed as C, packed, written in both kinds and read back. Medians; every
 * round does both, so that a busy moment of the computer hits both alike.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceGraph, DeviceNode, DeviceTensor } from '../core/device/graph.ts';
import { caseFiles, packedCaseFiles, PACKED_FILE, type CaseFiles } from '../core/export/case-files.ts';
import { verifyCase } from '../core/export/verify.ts';
import { writeCase } from '../core/export/write-case.ts';
import { packNetwork } from '../core/packing/write.ts';

const ROUNDS = 5;
const CHANNELS = 256;
const WEIGHT_BYTES = CHANNELS * CHANNELS * 9 * 4;

/** A chain of 3x3 convolutions with about `megabytes` of weights. */
function chain(megabytes: number): DeviceGraph {
  const count = Math.max(1, Math.round((megabytes * 2 ** 20) / WEIGHT_BYTES));
  const tensors: DeviceTensor[] = [];
  const add = (name: string, size: number[], role: DeviceTensor['role'], data?: Uint8Array): number => {
    const common = { type: 'float32', quantization: { kind: 'none' }, order: size.map((_, d) => d) } as const;
    tensors.push({ id: tensors.length, name, size, role, ...common, ...(data ? { data } : {}) });
    return tensors.length - 1;
  };
  const params = {
    ksize: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1], dilation: [1, 1], weights: CHANNELS, group: 1, multiplier: 0,
  }; // prettier-ignore
  const input = add('@in_0:out0', [8, 8, CHANNELS, 1], 'input');
  let last = input;
  const nodes = Array.from({ length: count }, (_, index): DeviceNode => {
    const layer = `conv_${index + 1}`;
    const data = new Uint8Array(WEIGHT_BYTES).fill(index + 1);
    const weight = add(`@${layer}:weight`, [3, 3, CHANNELS, CHANNELS], 'const', data);
    const role = index === count - 1 ? 'output' : 'virtual';
    const output = add(`@${layer}:out0`, [8, 8, CHANNELS, 1], role);
    const inputs = [last, weight, -1];
    last = output;
    return {
      layer,
      operation: 'convolution',
      uid: index + 1,
      op: 'CONV2D',
      params,
      inputs,
      outputs: [output],
    };
  });
  return { name: 'chain', tensors, nodes, inputs: [input], outputs: [last], ports: [last, input] };
}

async function exportBoth(graph: DeviceGraph, folder: string): Promise<CaseFiles[]> {
  const unify = caseFiles(graph, { databases: [] }, { name: 'chain' });
  const packed = packedCaseFiles(graph, { databases: [] }, { name: 'chain' });
  packed.set(PACKED_FILE, packNetwork(graph, 0x88));
  for (const [name, files] of [['unify', unify] as const, ['packed', packed] as const]) {
    await writeCase(join(folder, name), files);
    await verifyCase(join(folder, name), files);
  }
  return [unify, packed];
}

async function writeOnce(sets: readonly CaseFiles[], folder: string): Promise<void> {
  for (const [index, files] of sets.entries()) {
    for (const [name, data] of files) await writeFile(join(folder, `plain-${index}-${name}`), data);
  }
}

async function seconds(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

console.log('weights, MB | bytes written, MB | export, s | write once, s | limit 1.5x + 1 s');
for (const megabytes of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [5, 50, 200]) {
  const folder = await mkdtemp(join(tmpdir(), 'nibble-bench-'));
  try {
    const graph = chain(megabytes);
    let sets: CaseFiles[] = [];
    const [exported, plain]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      exported.push(await seconds(async () => (sets = await exportBoth(graph, folder))));
      plain.push(await seconds(() => writeOnce(sets, folder)));
    }
    const bytes = sets.flatMap((files) => [...files.values()]).reduce((sum, data) => sum + data.length, 0);
    const [ours, once] = [median(exported), median(plain)];
    const verdict = ours <= once * 1.5 + 1 ? 'kept' : 'BROKEN';
    const columns = [megabytes, (bytes / 2 ** 20).toFixed(1), ours.toFixed(3), once.toFixed(3), verdict];
    console.log(columns.join(' | '));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
