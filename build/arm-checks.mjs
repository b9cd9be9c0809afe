// `npm test arm`: the simulator for ARM boards, built with cross compilers and run by an emulator. On each processor the
// kernels must be those that it has and compute what plain loops do, and case code must compute the integers of every
// layer that it computes on this machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildCase, caseOutputs, writeCases } from './arm-cases.mjs';
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
  const work = mkdtempSync(join(tmpdir(), 'nibble-arm-'));
  try {
    const built = await builtThen({ makes: ['sdk'] }, () => 0);
    const cases = built === 0 ? writeCases(work) : undefined;
    if (!cases) return 1;
    for (const target of TARGETS) {
      const code = await check(target, cases);
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function check({ variant, emulator, system, processors }, cases) {
  const command = [emulator, `${emulator}-static`].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (!command) return skipped(`no ${emulator}: install it (Debian: apt-get install qemu-user-static)`);
  const emulators = Object.keys(processors).map((name) => [command, '-cpu', name, '-L', `/usr/${system}`]);
  return builtThen({ variant }, (folder) => {
    for (const [name, ...args] of emulators) {
      const found = processors[args[1]];
      console.log(`\n${variant}, ${args[1]}:`);
      const code = run(name, [...args, join(folder, 'kernel-proofs'), ...found]);
      if (code !== 0) return code;
    }
    const there = { sdk: join(folder, 'sdk'), compiler: `${system}-` };
    return cases.every((source) => sameCase(source, variant, there, emulators)) ? 0 : 1;
  });
}

// The case program of this machine and the emulated one.
function sameCase(source, variant, there, emulators) {
  const here = { sdk: join(root, 'out/sdk'), compiler: '' };
  const [native, emulated] = [
    buildCase(source, `${source}-${variant}-here`, here),
    buildCase(source, `${source}-${variant}`, there),
  ];
  const wanted = native && caseOutputs(native, here, []);
  if (!wanted || !emulated) return false;
  return emulators.every((emulator) => {
    const got = caseOutputs(emulated, there, emulator);
    if (!got) return false;
    const other = [...wanted.keys()].filter((file) => got.get(file) !== wanted.get(file));
    const title = `${variant}, ${emulator[2]}, case ${basename(source)}`;
    if (other.length > 0) console.log(`FAILED ${title}: other numbers in ${other.join(', ')}`);
    else console.log(`${title}: ${wanted.size} files equal`);
    return other.length === 0;
  });
}
