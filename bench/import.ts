/**
 * Time and peak memory of `pegasus import onnx` for generated models of several sizes (MB as arguments,
 * default 5 50 500), next to what Node needs to read the file and copy its bytes once.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../core/files/package-root.ts';
import { onnxModelType } from '../core/importers/onnx/encode.ts';

const ROUNDS = 3;
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

/** Runs JavaScript that sets `seconds` in a fresh Node; answers that and the peak memory in MB. */
function run(code: string): { seconds: number; peak: number } {
  const report = 'console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS / 1024 }))';
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', `${code}\n${report}`], {
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as { seconds: number; peak: number };
}

function medianRun(code: string): { seconds: number; peak: number } {
  const runs = Array.from({ length: ROUNDS }, () => run(code)).sort((a, b) => a.seconds - b.seconds);
  return { seconds: runs[Math.floor(ROUNDS / 2)].seconds, peak: Math.max(...runs.map((item) => item.peak)) };
}

const timed = (setup: string, work: string): string =>
  `import { readFileSync } from 'node:fs';\n${setup}\nconst started = performance.now();\n${work}\nconst seconds = (performance.now() - started) / 1000;`;

const library = pathToFileURL(join(packageRoot(), 'out/node/index.mjs')).href;
const folder = mkdtempSync(join(tmpdir(), 'nibble-bench-'));
try {
  const sizes = process.argv.slice(2).map(Number);
  for (const size of sizes.length > 0 ? sizes : [5, 50, 500]) {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, chain(size));
    const megabytes = statSync(model).size / 2 ** 20;
    const path = JSON.stringify(model);
    const copy = medianRun(timed('', `const bytes = readFileSync(${path}); Buffer.from(bytes);`));
    const ours = medianRun(
      timed(
        `import { importers } from ${JSON.stringify(library)};`,
        `await importers[0].import(readFileSync(${path}), { name: 'model.onnx' });`,
      ),
    );
    const whole = medianRun(
      timed(
        `import { jobs } from ${JSON.stringify(library)};\nconst context = { signal: new AbortController().signal, progress() {}, log() {} };`,
        `await jobs['import onnx'].run({ model: ${path} }, context);`,
      ),
    );
    console.log(
      `${megabytes.toFixed(0).padStart(4)} MB  read and copy ${copy.seconds.toFixed(2)} s` +
        `  import ${ours.seconds.toFixed(2)} s (${(ours.seconds / copy.seconds).toFixed(1)} x)` +
        `  with files written ${whole.seconds.toFixed(2)} s` +
        `  peak ${whole.peak.toFixed(0)} MB (${(whole.peak / megabytes).toFixed(2)} x the file)`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
