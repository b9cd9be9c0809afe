// `npm test arm`: the simulator for ARM boards, built with cross compilers and run by an emulator. On each processor the
// kernels must be those that it has and compute what plain loops do, and the small case program of native-sim/test/case
// must write the bytes that it writes on this machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './install.mjs';
import { builtThen, skipped } from './native-checks.mjs';

// `processors`: those of boards, and all that the emulator knows, with the instruction sets that must be found on each.
const TARGETS = [
  {
    variant: 'aarch64',
    emulator: 'qemu-aarch64',
    system: 'aarch64-linux-gnu',
    processors: {
      'cortex-a53': ['portable', 'neon'],
      'cortex-a76': ['portable', 'neon', 'neondot'],
      max: ['portable', 'neon', 'neondot', 'neoni8mm'],
    },
  },
  {
    variant: 'armhf',
    emulator: 'qemu-arm',
    system: 'arm-linux-gnueabihf',
    processors: { max: ['portable'] },
  },
];

/** @returns exit code */
export async function armChecks() {
  const built = await builtThen({ makes: ['sdk'] }, () => 0);
  if (built !== 0) return built;
  for (const target of TARGETS) {
    const code = await check(target);
    if (code !== 0) return code;
  }
  return 0;
}

function check({ variant, emulator, system, processors }) {
  const command = [emulator, `${emulator}-static`].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (!command) return skipped(`no ${emulator}: install it (Debian: apt-get install qemu-user-static)`);
  return builtThen({ variant }, (folder) => {
    for (const [processor, found] of Object.entries(processors)) {
      console.log(`\n${variant}, ${processor}:`);
      const emulated = [command, '-cpu', processor, '-L', `/usr/${system}`];
      const proofs = start([...emulated, join(folder, 'kernel-proofs'), ...found]);
      const code = proofs || sameCase(emulated, join(folder, 'sdk'), `${system}-`);
      if (code !== 0) return code;
    }
    return 0;
  });
}

const start = ([command, ...args], options) => run(command, args, options);

// The case program of this machine and the emulated one, on the same data.
function sameCase(emulated, sdk, compiler) {
  const work = mkdtempSync(join(tmpdir(), 'nibble-arm-'));
  try {
    const here = caseOutputs(join(work, 'here'), [], join(root, 'out/sdk'), '');
    const there = caseOutputs(join(work, 'there'), emulated, sdk, compiler);
    if (!here || !there) return 1;
    const same = JSON.stringify(here) === JSON.stringify(there);
    console.log(
      same ? 'the case program writes the same bytes' : 'FAILED: the case program writes other bytes',
    );
    return same ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Names and contents of the files that the case program writes, or undefined if it does not run. */
function caseOutputs(folder, emulated, sdk, compiler) {
  const program = join(folder, 'twoconv');
  mkdirSync(folder);
  const make = ['make', '-s', '-C', join(root, 'native-sim/test/case'), '-f', 'makefile.linux'];
  if (start([...make, `CROSS_COMPILE=${compiler}`, `VIVANTE_SDK_DIR=${sdk}`, `OUT=${program}`]) !== 0)
    return undefined;
  writeFileSync(join(folder, 'case.data'), caseData());
  const input = Array.from({ length: 192 }, (_, i) => String(Math.sin(i) * 3));
  writeFileSync(join(folder, 'input.tensor'), input.join('\n'));
  const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib') };
  if (start([...emulated, program, 'case.data', 'input.tensor'], { cwd: folder, env }) !== 0)
    return undefined;
  const written = readdirSync(folder).filter((file) => file.endsWith('.dat'));
  return written.sort().map((file) => [file, readFileSync(join(folder, file)).toString('hex')]);
}

// Weights and biases of two convolutions: 3x3 from 3 to 6 channels, 1x1 from 6 to 4.
function caseData() {
  const weights = (n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 73 + ((i * i) >> 3)) % 256));
  const biases = (n) => Buffer.from(Int32Array.from({ length: n }, (_, i) => i * 300 - 700).buffer);
  return Buffer.concat([weights(162), biases(6), weights(24), biases(4)]);
}
