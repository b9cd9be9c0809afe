import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { addonPath } from '../../core/simulator/addon.ts';
import type {
  NativeGraph,
  NativeModule,
  NativeNodeSpec,
  NativeRequantization,
  NativeTensorSpec,
} from '../../core/simulator/native.ts';
import { type Affine } from './reference/quant.ts';

const addon = addonPath();
export const built = existsSync(addon);
if (!built)
  process.emitWarning(`native-sim tests are skipped: ${addon} is missing, run node build/native.mjs`);

export function load(): NativeModule {
  return createRequire(import.meta.url)(addon) as NativeModule;
}

/** Every variant with one and with two threads. */
export function variants(sim: NativeModule): { feature: string; threads: number }[] {
  return sim.features().flatMap((feature) => [1, 2].map((threads) => ({ feature, threads })));
}

let state = 12345;
/** A repeatable random number in [0, 1). */
export function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 4294967296;
}

export const randomFloats = (n: number, span = 1): number[] =>
  Array.from({ length: n }, () => Math.fround((random() * 2 - 1) * span));

/** Codes with the extremes in them. */
export function randomCodes(n: number, q: Affine): number[] {
  return Array.from({ length: n }, () => {
    const r = random();
    if (r < 0.1) return q.lo;
    if (r < 0.2) return q.hi;
    return q.lo + Math.floor(random() * 256);
  });
}

export const bytesOf = (a: ArrayBufferView): Uint8Array =>
  new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

const TYPES = { f32: 10, f16: 15, bf16: 2074, i32: 6, i64: 8, bool8: 17 } as const;

export function plain(type: keyof typeof TYPES, size: number[], data?: ArrayBufferView): NativeTensorSpec {
  return { size, vxType: TYPES[type], qntType: 0, virtual: false, ...(data ? { data: bytesOf(data) } : {}) };
}

export const codes = (data: readonly number[]): Uint8Array => Uint8Array.from(data, (v) => v & 255);
export const signed = (data: Uint8Array, q: Affine): number[] =>
  Array.from(data, (v) => (q.lo < 0 && v > 127 ? v - 256 : v));

export function affine(q: Affine, size: number[], data?: readonly number[]): NativeTensorSpec {
  const spec = {
    size,
    vxType: q.lo < 0 ? 2 : 3,
    qntType: 2,
    scale: q.scale,
    zeroPoint: q.zero,
    virtual: false,
  };
  return data ? { ...spec, data: codes(data) } : spec;
}

export interface Once {
  op: number;
  inputs: (NativeTensorSpec | null)[];
  /** Values of the inputs that have no data of their own. */
  feed: Record<number, Uint8Array | Float32Array>;
  outputs: NativeTensorSpec[];
  params?: NativeNodeSpec['params'];
  threads?: number;
  requantization?: NativeRequantization;
}

/** A graph of one node, with its inputs written. */
export function single(sim: NativeModule, once: Once): { graph: NativeGraph; first: number } {
  const tensors: NativeTensorSpec[] = [];
  const inputs = once.inputs.map((t) => (t ? tensors.push(t) - 1 : -1));
  const first = tensors.length;
  tensors.push(...once.outputs);
  const outputs = once.outputs.map((_, i) => first + i);
  const node = { op: once.op, uid: 7, inputs, outputs, params: once.params ?? {} };
  const free = inputs.filter((t) => t >= 0 && !tensors[t]?.data);
  const graph = sim.createGraph({
    tensors,
    nodes: [node],
    inputs: free,
    outputs,
    threads: once.threads ?? 1,
    ...(once.requantization ? { requantization: once.requantization } : {}),
  });
  for (const [i, data] of Object.entries(once.feed)) {
    const t = inputs[Number(i)] ?? -1;
    if (data instanceof Float32Array) graph.writeFloat(t, data);
    else graph.write(t, data);
  }
  return { graph, first };
}

export function runFloat(sim: NativeModule, once: Once): number[][] {
  const { graph, first } = single(sim, once);
  graph.run();
  const out = once.outputs.map((_, i) => Array.from(graph.readFloat(first + i)));
  graph.dispose();
  return out;
}

export function runCodes(sim: NativeModule, once: Once): Uint8Array {
  const { graph, first } = single(sim, once);
  graph.run();
  const out = graph.read(first);
  graph.dispose();
  return out;
}

/** One float32 input and output. */
export function unary(
  sim: NativeModule,
  op: number,
  x: number[],
  params: NativeNodeSpec['params'] = {},
): number[] {
  const feed = { 0: Float32Array.from(x) };
  const once = { op, inputs: [plain('f32', [x.length])], feed, outputs: [plain('f32', [x.length])], params };
  return runFloat(sim, once)[0] ?? [];
}

/** The largest difference, relative where values are large. NaN must meet NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? NaN;
    const y = b[i] ?? NaN;
    if (Object.is(x, y) || x === y) continue;
    worst = Math.max(worst, Number.isNaN(x - y) ? Infinity : Math.abs(x - y) / Math.max(1, Math.abs(y)));
  }
  return worst;
}
