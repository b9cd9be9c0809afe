/** Runs an operator in every combination of types that ovxlib lists for it, and compares with a reference. */
import { expect, it } from 'vitest';
import { ABSENT, type Kind, type LegalRow, legalRows, rowsOf } from '../../../core/device/legal-types.ts';
import { plain, single } from '../harness.ts';
import { type Params, sim } from '../op-check.ts';
import { count, type Dense } from '../reference/ops.ts';
import { decode, encode, isFloat, type Scheme, tensorOf } from '../reference/schemes.ts';
import { allowed, type Precision } from './compare.ts';
import { ROWS } from './rows.ts';
import { type Draw, fill, type Filled, schemeOf, type Wanted, wantedOf } from './kinds.ts';

/** One input of a case. */
export interface Port {
  size: number[];
  draw: Draw;
  /** Written into the graph rather than fed to it. */
  constant?: boolean;
  /** The dimension of output channels, of filters. */
  channel?: number;
  /** Counts products of inputs 0 and 1, as biases do. */
  bias?: boolean;
}

export const reals = (size: number[], span = 3): Port => ({ size, draw: { of: 'reals', span } });
export const positive = (size: number[], span = 3): Port => ({ size, draw: { of: 'positive', span } });
export const integers = (size: number[], low: number, high: number): Port => ({
  size,
  draw: { of: 'integers', low, high },
});
/** Given numbers; quantized types have a scale of 1 for them if they are all whole. */
export const list = (size: number[], values: readonly number[]): Port => ({
  size,
  draw: { of: 'list', values },
});

/** An operator with parameters and shapes, and what it should compute. */
export interface Case {
  op: string;
  /** Distinguishes cases of one operator. */
  name?: string;
  inputs: Port[];
  params?: Params;
  /**
   * All outputs as real numbers, from inputs without quantization; null stands for an absent input. With `ranges` also
   * how the outputs are stored, and how the inputs are.
   */
  reference: (inputs: (Dense | null)[], to: readonly Scheme[], from: readonly (Scheme | null)[]) => Dense[];
  /** Lowest and highest number of each output, where results depend on how outputs are stored. */
  ranges?: readonly (readonly [number, number])[];
  /** Combinations of types in the spelling of core/device/legal-rows.ts, of operators that it does not list. */
  rows?: string;
  /** How many columns of `rows` are outputs; the last one counts for all further outputs. */
  outputs?: number;
  /** Numbers whose size bounds the errors of float32; without, the largest result. */
  magnitude?: (inputs: (Dense | null)[]) => Dense[];
  /** When the node computes in double: always, if the first input is an integer, or unless everything is a float. */
  double?: 'always' | 'first' | 'any';
  /** Roundings to float32 that a result may be off by. */
  slack?: number;
  /** The reference rounds on its way, so that it cannot tell on which side of a tie a number is. */
  approximate?: boolean;
  /** Kinds of quantization that this case does not work with, e.g. because its indices would not fit. */
  without?: Kind[];
}

/** Numbers that the last column of a test file's report shows. */
export interface Tally {
  combinations: number;
  elements: number;
  ties: number;
}

/** Rows of every operator of which ovxlib has no table: same type in and out, and float16 on either side. */
const ANY_FLOAT = 'f32 > f32 f16 bf16; f16 > f32 f16 u8a i8d i16d; bf16 > f32 bf16';
export const ANY = `${ANY_FLOAT}; u8a > f16 f32 u8a; i8d > f16 i8d; i16d > f16 i16d`;

/** The same for an operator with several inputs of one type. */
export const anyOf = (inputs: number): string =>
  ANY.replace(/\S+(?= >)/g, (kind) => Array.from({ length: inputs }, () => kind).join(' '));

/** Quantizations of a combination: unsigned, signed, and the result like the first input. */
const VARIANTS = 3;

const valueOf = new Map(sim?.ops().map(({ name, value }) => [name, value]));

/** One test per case; its combinations are added to `tally`. */
export function conform(cases: readonly Case[], tally: Tally): void {
  for (const c of cases)
    it(`${c.op}${c.name ? ` ${c.name}` : ''}`, () => {
      const before = tally.combinations;
      for (const [index, row] of rowsFor(c).entries())
        for (let variant = 0; variant < variantsOf(row); variant++)
          combination(c, row, variant, index, tally);
      expect(tally.combinations).toBeGreaterThan(before);
    });
}

function rowsFor(c: Case): LegalRow[] {
  const text = c.rows ?? ROWS[c.op];
  const rows = text === undefined ? legalRows(c.op) : rowsOf(text, c.outputs ?? 1);
  if (!rows) throw new Error(`${c.op} needs rows`);
  return rows.filter((row) => ![...row.inputs, ...row.outputs].some((kind) => c.without?.includes(kind)));
}

const quantized = (kind: Kind): boolean => /[ad]$/.test(kind);
const variantsOf = ({ inputs, outputs }: LegalRow): number =>
  [...inputs, ...outputs].some(quantized) ? VARIANTS : 1;

function combination(c: Case, row: LegalRow, variant: number, index: number, tally: Tally): void {
  const turn = (port: number): number => variant * 4 + ((index + port) % 4);
  const inputs = c.inputs.map((port, i) => {
    const kind = row.inputs[i] ?? ABSENT;
    return kind === ABSENT ? null : filled(port, kind, turn(i));
  });
  addBias(c, inputs);
  const real = inputs.map((t) => t?.real ?? null);
  const magnitude = c.magnitude?.(real);
  const kindOf = (output: number): Kind => row.outputs[Math.min(output, row.outputs.length - 1)] ?? ABSENT;
  const chosen = (wanted: Wanted, i: number): Scheme => {
    const first = inputs[0];
    if (variant === 2 && first && kindOf(i) === row.inputs[0] && kindOf(i) !== 'i8c') return first.scheme;
    return schemeOf(kindOf(i), wanted, turn(c.inputs.length + i));
  };
  const before = (c.ranges ?? []).map(([low, high], i) => chosen({ low, high }, i));
  const from = inputs.map((t) => t?.scheme ?? null);
  const want = c.reference(real, before, from);
  const to = c.ranges ? before : want.map((t, i) => chosen(wantedFor(t), i));
  const kinds = want.map((_, i) => kindOf(i));
  const got = runNode(c, inputs, want, to);
  const how = precisionOf(c, row, [...inputs.flatMap((t) => (t ? [t.scheme] : [])), ...to]);
  const title = `${c.op} ${c.name ?? ''} ${row.inputs.join(' ')} > ${kinds.join(' ')}, variant ${variant}`;
  tally.combinations++;
  want.forEach((t, o) => {
    const scheme = to[o];
    if (scheme) compare(`${title}, output ${o}`, got[o] ?? [], t, magnitude?.[o], scheme, how, tally);
  });
}

const filled = (port: Port, kind: Kind, turn: number): Filled =>
  fill(
    port.size,
    schemeOf(
      kind,
      {
        ...wantedOf(port.draw),
        ...(port.channel === undefined
          ? {}
          : { channels: { axis: port.channel, count: port.size[port.channel] ?? 1 } }),
      },
      turn,
    ),
    port.draw,
  );

/** Biases of integer layers are at the scale of the products, where their type says so. */
function addBias(c: Case, inputs: (Filled | null)[]): void {
  const [x, w] = inputs;
  c.inputs.forEach((port, i) => {
    const given = inputs[i];
    if (port.bias !== true || !given || !x || !w || isFloat(given.scheme)) return;
    const { channels } = w.scheme;
    if (!channels && given.scheme.qntType === 1 && (x.scheme.qntType !== 1 || w.scheme.qntType !== 1)) return;
    const scales = (channels?.scales ?? [w.scheme.scale]).map((s) => s * x.scheme.scale);
    // Wide codes count products, narrow ones stand for a real number of nearly the same scale.
    const [step = 1] = given.scheme.bytes < 4 ? scales.map(Math.fround) : scales;
    const scheme: Scheme = { ...given.scheme, scale: step };
    if (scheme.qntType === 1) scheme.fl = (x.scheme.fl ?? 0) + (w.scheme.fl ?? 0);
    if (scheme.channels) scheme.channels = { axis: 0, scales };
    inputs[i] = fill(port.size, scheme, port.draw);
  });
}

const finite = (t: Dense): number[] => t.data.filter(Number.isFinite);
const wantedFor = (t: Dense): Wanted => {
  const values = finite(t);
  // A tenth of the range does not fit.
  return { low: Math.min(0, ...values) * 0.9, high: Math.max(0, ...values) * 0.9 };
};

const powerOfTwo = ({ scale, channels }: Scheme): boolean => !channels && Number.isInteger(Math.log2(scale));

function precisionOf(
  { double = 'first', slack = 16, approximate = false }: Case,
  row: LegalRow,
  schemes: Scheme[],
): Precision {
  const exact = !approximate && schemes.every(powerOfTwo);
  const float = (kind: Kind): boolean => /f\d+$/.test(kind);
  if (double === 'always') return { double: true, exact };
  const single =
    float(row.inputs[0] ?? ABSENT) &&
    (double === 'first' || (float(row.inputs[1] ?? ABSENT) && float(row.outputs[0] ?? ABSENT)));
  return single ? { double: false, slack } : { double: true, exact };
}

function runNode(c: Case, inputs: (Filled | null)[], want: Dense[], to: Scheme[]): number[][] {
  const op = valueOf.get(c.op);
  if (op === undefined) throw new Error(`the simulator has no ${c.op}`);
  const once = {
    op,
    inputs: inputs.map((t, i) => {
      if (!t) return null;
      return tensorOf(t.scheme, t.real.size, c.inputs[i]?.constant === true ? t.codes : undefined);
    }),
    feed: Object.fromEntries(
      inputs.flatMap((t, i) =>
        t && c.inputs[i]?.constant !== true ? [[i, encode(t.codes, t.scheme)] as const] : [],
      ),
    ),
    outputs: want.map((t, i) => (to[i] ? tensorOf(to[i], t.size) : plain('f32', t.size))),
    params: c.params ?? {},
  };
  const { graph, first } = single(sim, once);
  graph.run();
  const got = to.map((scheme, i) => decode(graph.read(first + i), scheme));
  graph.dispose();
  return got;
}

function compare(
  title: string,
  got: number[],
  want: Dense,
  magnitude: Dense | undefined,
  to: Scheme,
  how: Precision,
  tally: Tally,
): void {
  expect(got.length, title).toBe(count(want.size));
  const largest = Math.max(0, ...finite(want).map(Math.abs));
  tally.elements += got.length;
  want.data.forEach((value, i) => {
    const [low, high] = allowed(value, magnitude ? Math.abs(magnitude.data[i] ?? 0) : largest, to, how);
    if (how.double && !isFloat(to) && low !== high) tally.ties++;
    const v = got[i] ?? NaN;
    const right = Number.isNaN(low) ? Number.isNaN(v) : v >= low && v <= high;
    if (!right) expect.fail(`${title} [${to.name}] at ${i}: ${v} instead of ${low}..${high} for ${value}`);
  });
}
