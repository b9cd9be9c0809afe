/**
 * Time and peak memory of `pegasus import onnx` for generated models of several sizes (MB as arguments,
 * default 5 50 500), next to what Node needs to read the file and copy its bytes once. An import also writes a
 * .data file of this size, so the same with the copy written is shown as well. Twice: inside a fresh process
 * after its modules are loaded, and the whole process from its start to its end. Medians; every round runs
 * all of them, so that a busy moment of the computer hits all alike.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packageRoot } from '../core/files/package-root.ts';
import { onnxModelType } from '../core/importers/onnx/encode.ts';
import { median } from './timing.ts';

const ROUNDS = 7;
/** First argument of the process that only writes a model. */
const GENERATE = '--generate';
/** Channels of every convolution: 3x3x512x512 float32 weights are 9.4 MB. */
const CHANNELS = 512;

/** A chain of 3x3 convolutions of about `megabytes`. */
function chain(megabytes: number): Uint8Array {
  const bytes = CHANNELS * CHANNELS * 9 * 4;
  const count = Math.max(1, Math.round((megabytes * 2 ** 20) / bytes));
  const channels = count === 1 ? Math.round(Math.sqrt((megabytes * 2 ** 20) / 36)) : CHANNELS;
  const shape = (dims: number[]) => ({
    tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } },
  });
  const names = Array.from({ length: count }, (_, index) => `conv${index}`);
  const weight = new Uint8Array(
    Float32Array.from({ length: channels * channels * 9 }, (_, index) => Math.sin(index) / channels).buffer,
  );
  const graph = {
    name: 'chain',
    node: names.map((name, index) => ({
      opType: 'Conv',
      name,
      input: [index === 0 ? 'input' : names[index - 1], `${name}.weight`],
      output: [name],
      attribute: [{ name: 'pads', type: 7, ints: [1, 1, 1, 1] }],
    })),
    initializer: names.map((name) => ({
      name: `${name}.weight`,
      dims: [channels, channels, 3, 3],
      dataType: 1,
      rawData: weight,
    })),
    input: [{ name: 'input', type: shape([1, channels, 8, 8]) }],
    output: [{ name: names[count - 1], type: shape([1, channels, 8, 8]) }],
  };
  const type = onnxModelType;
  return type
    .encode(type.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph }))
    .finish();
}

/** One measured run. */
interface Run {
  /** Of the work itself, after modules were loaded; absent where only the whole is measured. */
  inside: number;
  /** From start to end of the process. */
  whole: number;
  /** Peak memory in MB. */
  peak: number;
}

const library = pathToFileURL(join(packageRoot(), 'out/node/index.mjs')).href;
const folder = process.argv[2] === GENERATE ? '' : mkdtempSync(join(tmpdir(), 'nibble-bench-'));
const file = (name: string): string => join(folder, name);
const quoted = (name: string): string => JSON.stringify(file(name));
const context = '{ signal: new AbortController().signal, progress() {}, log() {} }';

/** Prints the peak memory of any Node program at its end. */
const PEAK =
  "process.on('exit', () => console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS / 1024 })))";

/** Runs Node; answers what its last line says and how long the process took. */
function node(args: readonly string[]): Run {
  for (const name of ['model.json', 'model.data', 'copy']) rmSync(file(name), { force: true });
  const started = performance.now();
  const result = spawnSync(process.execPath, ['--import', `data:text/javascript,${PEAK}`, ...args], {
    encoding: 'utf8',
  });
  const whole = performance.now() - started;
  if (result.status !== 0) throw new Error(result.stderr);
  const said = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  return Object.assign(
    { inside: NaN, whole, peak: NaN },
    ...said.map((line) => JSON.parse(line) as Partial<Run>),
  ) as Run;
}

/** A module that reports how long `work` took. */
function script(setup: string, work: string): string[] {
  const code = `import { readFileSync, writeFileSync } from 'node:fs';
    ${setup}
    const started = performance.now();
    ${work}
    console.log(JSON.stringify({ inside: performance.now() - started }));`;
  return ['--input-type=module', '-e', code];
}

const copy = `const copy = Buffer.from(readFileSync(${quoted('model.onnx')}));`;
const contestants = {
  copy: script('', copy),
  write: script('', `${copy} writeFileSync(${quoted('copy')}, copy);`),
  job: script(
    // A file that is not there: loads the modules and does nothing.
    `import { jobs } from ${JSON.stringify(library)};
    const run = (model) => jobs['import onnx'].run({ model }, ${context});
    await run(${quoted('missing.onnx')}).catch(() => undefined);`,
    `await run(${quoted('model.onnx')});`,
  ),
  pegasus: [join(packageRoot(), 'bin/pegasus'), 'import', 'onnx', '--model', file('model.onnx')],
};
type Contestant = keyof typeof contestants;

/** Medians of all contestants. */
function measure(): Record<Contestant, Run> {
  const names = Object.keys(contestants) as Contestant[];
  const rounds = Array.from({ length: ROUNDS }, () => names.map((name) => node(contestants[name])));
  const entries = names.map((name, index) => {
    const of = (key: keyof Run): number => median(rounds.map((round) => round[index][key]));
    return [name, { inside: of('inside'), whole: of('whole'), peak: of('peak') }];
  });
  return Object.fromEntries(entries) as Record<Contestant, Run>;
}

function row(label: string, cells: readonly string[]): void {
  console.log(label.padEnd(26) + cells.map((cell) => cell.padStart(15)).join(''));
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;
const times = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)} x`;

function compare(size: number): void {
  generate(size);
  const megabytes = statSync(file('model.onnx')).size / 2 ** 20;
  const { copy: read, write, job, pegasus } = measure();
  row(`${megabytes.toFixed(0)} MB`, ['read, copy', '+ write', 'import', 'x read, copy', 'x + write']);
  const line = (label: string, key: 'inside' | 'whole', ours: Run): void =>
    row(label, [
      ...[read, write, ours].map((run) => ms(run[key])),
      ...[read, write].map((run) => times(ours[key], run[key])),
    ]);
  line('  in a running process', 'inside', job);
  line('  whole process', 'whole', pegasus);
  row('  peak memory', [
    ...[read, write, pegasus].map((run) => `${run.peak.toFixed(0)} MB`),
    times(pegasus.peak, read.peak),
    times(pegasus.peak, write.peak),
  ]);
}

/**
 * Writes the model in a process of its own: on Linux the peak memory of a child counts from that of its parent,
 * which must therefore stay small.
 */
function generate(size: number): void {
  const args = [fileURLToPath(import.meta.url), GENERATE, String(size), file('model.onnx')];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const [first, size, target] = process.argv.slice(2);
if (first === GENERATE) {
  writeFileSync(target, chain(Number(size)));
} else {
  try {
    const sizes = process.argv.slice(2).map(Number);
    (sizes.length > 0 ? sizes : [5, 50, 500]).forEach(compare);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
