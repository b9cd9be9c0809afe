/** Recurrent cells by their equations, with the roundings of tensors that exist only inside of them. */
import { sigmoid } from './elementwise.ts';
import { type Dense, need } from './ops.ts';
import { affineOf, float16, type Scheme, stored } from './schemes.ts';
import { mean, variance } from './statistics.ts';

export type Inputs = readonly (Dense | null | undefined)[];
type Row = number[];
export type Round = (v: number) => number;

/** What a type keeps of a number. */
export const roundTo = (s: Scheme): Round => (s.hi === Infinity ? (v) => stored(v, s) : codes(s));
const codes =
  (s: Scheme): Round =>
  (v) => {
    const steps = Math.min(Math.max(v / s.scale, s.lo - s.zero), s.hi - s.zero);
    const low = Math.floor(steps);
    const up = steps - low > 0.5 || (steps - low === 0.5 && low % 2 !== 0);
    return (low + (up ? 1 : 0)) * s.scale;
  };
export const half: Round = (v) => stored(v, float16);
export const same: Round = (v) => v;

/** W x + b; the rows of W are those of a tensor [inputs, outputs]. */
function product(w: Dense, x: Row, bias: Dense | null | undefined): Row {
  const n = w.size[0] ?? 1;
  return Array.from({ length: w.size[1] ?? 1 }, (_, o) => {
    let sum = bias?.data[o] ?? 0;
    for (let i = 0; i < n; i++) sum += (x[i] ?? NaN) * (w.data[o * n + i] ?? NaN);
    return sum;
  });
}

const plus = (a: Row, b: Row): Row => a.map((v, i) => v + (b[i] ?? NaN));
const times = (a: Row, b: Row): Row => a.map((v, i) => v * (b[i] ?? NaN));

/** Steps of a sequence [width, batch, steps] or [width, steps, batch]: of one element of the batch. */
export function stepsOf(x: Dense, timeMajor: boolean, element: number): Row[] {
  const [width = 1, a = 1, b = 1] = x.size;
  return Array.from({ length: timeMajor ? b : a }, (_, t) => {
    const row = timeMajor ? t * a + element : element * a + t;
    return x.data.slice(row * width, (row + 1) * width);
  });
}

/** The reverse of {@link stepsOf}: outputs by element of the batch and step. */
export function joinSteps(all: Row[][], timeMajor: boolean): Dense {
  const [batch, steps, width] = [all.length, all[0]?.length ?? 0, all[0]?.[0]?.length ?? 0];
  const data: number[] = [];
  for (let i = 0; i < batch * steps; i++)
    data.push(
      ...(timeMajor
        ? (all[i % batch]?.[Math.floor(i / batch)] ?? [])
        : (all[Math.floor(i / steps)]?.[i % steps] ?? [])),
    );
  return { size: timeMajor ? [width, batch, steps] : [width, steps, batch], data };
}

export interface LstmOptions {
  forgetBias: number;
  cellClip: number;
  /** Types of the hidden and of the cell state. */
  hidden: Round;
  cell: Round;
  /** The bias is added behind normalisation. */
  normalised: boolean;
  /** Type of what is projected. */
  projected: Round;
}

/** One step of an LSTM with the inputs of LSTM_OVXLIB, where absent ones are left out of the equations. */
export function lstmStep(
  inputs: Inputs,
  x: Row,
  h: Row,
  c: Row,
  o: LstmOptions,
): { out: Row; h: Row; c: Row } {
  const gate = (g: number): Row => {
    const bias = inputs[14 + g];
    let sum = product(need(inputs[3 + g]), x, o.normalised ? null : bias);
    const peephole = g === 2 ? null : inputs[g === 3 ? 13 : 11 + g];
    if (inputs[24]) sum = plus(sum, product(need(inputs[25 + g]), need(inputs[24]).data, null));
    if (peephole) sum = plus(sum, times(peephole.data, c));
    sum = plus(sum, product(need(inputs[7 + g]), h, null));
    if (!o.normalised) return sum;
    const [m, v] = [mean(sum), variance(sum)];
    const norm = sum.map((t) => half((t - m) / Math.sqrt(v > 0 ? v : 1e-8)));
    return plus(times(norm, need(inputs[20 + g]).data), need(bias).data);
  };
  const f = gate(1).map((v) => sigmoid(v + o.forgetBias));
  const i = inputs[3] ? gate(0).map(sigmoid) : f.map((v) => 1 - v);
  const exact = plus(times(f, c), times(i, gate(2).map(Math.tanh))).map((v) =>
    o.cellClip > 0 ? Math.min(Math.max(v, -o.cellClip), o.cellClip) : v,
  );
  let out = times(gate(3).map(sigmoid), exact.map(Math.tanh));
  if (inputs[18]) out = product(inputs[18], out.map(o.projected), inputs[19]).map(o.hidden);
  return { out, h: out.map(o.hidden), c: exact.map(o.cell) };
}

/** Codes that stand for -1 to 1, which ovxlib uses for the projection of several rows with uint8 weights. */
export const projectedCodes: Round = (v) => roundTo(affineOf('u8', 0.007866097716834601, 128))(v);

export interface GruOptions {
  resetAfter: boolean;
  /** The type of everything in between. */
  inner: Round;
  hidden: Round;
  /** Inputs of weights and biases of update, reset and candidate: of the data, then of the state. */
  ports: { input: Row; state: Row; inputBias: Row; stateBias: Row };
}

/** One step of a GRU. */
export function gruStep(inputs: Inputs, x: Row, h: Row, o: GruOptions): { out: Row; h: Row } {
  const port = (list: Row, g: number): Dense | null | undefined => inputs[list[g] ?? -1];
  const of = (g: number): Row =>
    product(need(port(o.ports.input, g)), x, port(o.ports.inputBias, g)).map(o.inner);
  const back = (g: number, state: Row): Row =>
    product(need(port(o.ports.state, g)), state, port(o.ports.stateBias, g)).map(o.inner);
  const gate = (g: number): Row => plus(of(g), back(g, h)).map((v) => o.inner(sigmoid(o.inner(v))));
  const [z, r] = [gate(0), gate(1)];
  const left = o.resetAfter ? times(r, back(2, h)).map(o.inner) : back(2, times(r, h).map(o.inner));
  const candidate = plus(of(2), left).map((v) => o.inner(Math.tanh(o.inner(v))));
  const out = candidate.map((v, i) => o.inner((z[i] ?? NaN) * o.inner((h[i] ?? NaN) - v)) + v);
  return { out, h: out.map(o.hidden) };
}

/** One step of h = f(W x + R h + b) with the inputs of RNN. */
export function rnnStep(inputs: Inputs, x: Row, h: Row, f: (v: number) => number): Row {
  const sum = plus(product(need(inputs[1]), x, inputs[3]), product(need(inputs[2]), h, null));
  return (inputs[5] ? plus(sum, product(need(inputs[6]), inputs[5].data, null)) : sum).map(f);
}

/** One step of SVDF: filters keep their last products, rank filters make a unit. */
export function svdfStep(
  inputs: Inputs,
  x: Row,
  state: Row,
  rank: number,
  kept: Round,
): { out: Row; state: Row } {
  const now = product(need(inputs[2]), x, null);
  const time = need(inputs[3]);
  const memory = time.size[0] ?? 1;
  const next = now.flatMap((v, f) => [...state.slice(f * memory + 1, (f + 1) * memory), v]).map(kept);
  const weighed = next.map((v, i) => v * (time.data[i] ?? NaN));
  const out = Array.from({ length: now.length / rank }, (_, u) =>
    weighed
      .slice(u * rank * memory, (u + 1) * rank * memory)
      .reduce((a, b) => a + b, inputs[4]?.data[u] ?? 0),
  );
  return { out, state: next };
}
