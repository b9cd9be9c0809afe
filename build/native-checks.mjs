// `npm test`: the simulator's kernels against plain loops, and its own tests with every address and every overflow
// checked; on request, libFuzzer on what it is given from outside. They need compilers that not every machine has; what is
// missing is said, not failed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, run } from './install.mjs';
import { buildNative } from './native.mjs';

/** Inputs that each target of the fuzzer tries: the same in every run, so that a failure is of the change that caused it. */
const RUNS = 100_000;

/** Every kernel of every instruction set that this machine has. @returns exit code */
export async function kernelProofs() {
  return builtThen({ makes: ['proofs'] }, (folder) => run(join(folder, 'kernel-proofs'), []));
}

/** The kernels and the simulator's tests on a build with address and undefined-behaviour checks. @returns exit code */
export async function sanitizedTests() {
  const runtime =
    spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (process.platform !== 'linux' || !existsSync(runtime)) return skipped('no address sanitizer beside g++');
  // Node itself keeps memory until it ends.
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };
  return builtThen({ variant: 'sanitize' }, (folder) => {
    const addon = { ...env, NIBBLE_ADDON: join(folder, 'nibble-sim.node'), LD_PRELOAD: runtime };
    const vitest = packageScript('vitest', 'vitest.mjs');
    const folders = ['native-sim', 'core/packing', 'core/simulator'];
    return (
      run(join(folder, 'kernel-proofs'), [], { env }) ||
      run(process.execPath, [vitest, 'run', '--testTimeout=300000', ...folders], { env: addon })
    );
  });
}

/** Each fuzz target on some inputs, from the seeds in native-sim/fuzz/seeds. @returns exit code */
export async function fuzzNative() {
  return builtThen({ variant: 'fuzz' }, fuzz);
}

function fuzz(folder) {
  for (const target of ['graph', 'packed']) {
    const corpus = join(folder, `${target}-corpus`);
    rmSync(corpus, { recursive: true, force: true });
    mkdirSync(corpus, { recursive: true });
    const seeds = target === 'packed' ? [join(root, 'native-sim/fuzz/seeds')] : [];
    const limits = [`-runs=${RUNS}`, '-seed=1', '-rss_limit_mb=3000', '-timeout=20', '-max_len=20000'];
    const args = [
      ...limits,
      '-verbosity=0',
      '-print_final_stats=1',
      `-artifact_prefix=${corpus}-`,
      corpus,
      ...seeds,
    ];
    const env = { ...process.env, VSI_NN_LOG_LEVEL: '0', ASAN_OPTIONS: 'detect_leaks=0' };
    const code = run(join(folder, target), args, { env });
    if (code !== 0) return code;
  }
  return 0;
}

/** Builds and goes on with the folder of the build; skips where there is no compiler for it. @returns exit code */
export async function builtThen(how, work) {
  const { ok, message, missing, folder } = await buildNative(how);
  if (missing) return skipped(message);
  console.log(message);
  return ok ? work(folder) : 1;
}

/** Says why nothing was checked. @returns exit code */
export function skipped(why) {
  console.log(`skipped: ${why}`);
  return 0;
}
