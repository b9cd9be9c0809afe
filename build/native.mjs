// Builds the simulator with a C++ compiler: the Node addon, the SDK that case code links with, and what its tests need.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Compiler, filesUnder, findCompiler } from './compiler.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const native = join(root, 'native-sim');
const require = createRequire(import.meta.url);

const CHECKS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];

/**
 * @typedef {'addon' | 'sdk' | 'proofs' | 'fuzzers'} Product
 * addon: nibble-sim.node; sdk: what case code is built with; proofs: the program of test/kernels; fuzzers: one program
 * per file of fuzz/.
 */

// Each has its own folder, so that they do not undo each other's objects. `sanitize` checks addresses and undefined
// behaviour, `fuzz` is for libFuzzer, the others are for other processors.
const VARIANTS = {
  plain: {
    folder: 'native',
    compilers: [process.env.CXX, 'g++', 'clang++', 'c++'],
    install: 'g++',
    next: 'run npm run build',
    makes: ['addon', 'sdk'],
    sdk: 'sdk',
  },
  sanitize: {
    folder: 'native-sanitize',
    compilers: [process.env.CXX, 'g++', 'clang++', 'c++'],
    install: 'g++',
    makes: ['addon', 'proofs'],
    flags: ['-g', '-O1', ...CHECKS],
  },
  fuzz: {
    folder: 'native-fuzz',
    compilers: ['clang++'],
    install: 'clang',
    makes: ['fuzzers'],
    // Less memory than a board has: what asks for more would only be slow.
    flags: ['-g', '-O1', ...CHECKS, '-fsanitize=fuzzer-no-link', '-DSIM_WORKING_BYTES=16777216'],
  },
  aarch64: {
    folder: 'native-aarch64',
    compilers: ['aarch64-linux-gnu-g++'],
    install: 'g++-aarch64-linux-gnu',
    makes: ['sdk', 'proofs'],
    sdk: 'native-aarch64/sdk',
  },
  armhf: {
    folder: 'native-armhf',
    compilers: ['arm-linux-gnueabihf-g++'],
    install: 'g++-arm-linux-gnueabihf',
    makes: ['sdk', 'proofs'],
    sdk: 'native-armhf/sdk',
    // The calling convention of 2017 is of no interest.
    flags: ['-Wno-psabi'],
  },
};

// Libraries the vendor's makefile names; case code calls nothing in them.
const STAND_INS = [
  'OpenVX',
  'OpenVXU',
  'CLC',
  'VSC',
  'GAL',
  'Emulator',
  'vdtproxy',
  'ArchModelSw',
  'NNArchPerf',
];

/**
 * @param {{ log?: (line: string) => void, force?: boolean, variant?: keyof typeof VARIANTS, makes?: Product[] }} [options]
 * @returns {Promise<{ ok: boolean, message: string, seconds: number, folder: string, missing?: boolean }>} where it was
 * built; `missing` if there is no compiler for it
 */
export async function buildNative({ log = console.log, force = false, variant = 'plain', makes } = {}) {
  const start = Date.now();
  const how = VARIANTS[variant];
  const folder = join(root, 'out', how.folder);
  const done = (ok, message) => ({ ok, message, seconds: (Date.now() - start) / 1000, folder });
  try {
    const command = findCompiler(how.compilers);
    if (!command) return { ...done(false, missing(how)), missing: true };
    const objects = join(folder, 'obj');
    const compiler = new Compiler(command, { sources: native, objects, log, force });
    await new Build(compiler, folder, how).run(makes ?? how.makes);
    return done(true, `native simulator: ${compiler.compiled} of ${compiler.total} files compiled`);
  } catch (error) {
    return done(false, `the native simulator could not be built: ${error.message}`);
  }
}

function missing({ install, next = 'run this again' }) {
  return `no C++ compiler: install ${install} (Debian: apt-get install ${install}) and ${next}`;
}

const include = (folder) => ['-I', folder];

class Build {
  sources = filesUnder(join(native, 'src'), /\.cpp$/);

  constructor(compiler, out, { flags = [], sdk }) {
    this.compiler = compiler;
    this.out = out;
    this.sdkFolder = sdk && join(root, 'out', sdk);
    this.checks = flags.filter((flag) => CHECKS.includes(flag));
    this.flags = [
      '-std=c++17',
      '-O3',
      '-ffp-contract=off',
      // Neither changes a result: traps are never enabled and errno is never read, but both keep loops scalar.
      '-fno-trapping-math',
      '-fno-math-errno',
      '-fPIC',
      '-pthread',
      '-Wall',
      '-Wextra',
      '-fno-semantic-interposition',
      ...flags,
      ...include(join(native, 'src')),
      ...include(join(native, 'include')),
      ...include(join(native, 'include', 'ovxlib')),
    ];
  }

  async run(makes) {
    mkdirSync(this.compiler.objects, { recursive: true });
    const jobs = [this.sources, ...makes.map((product) => this.filesOf(product))].flat();
    await this.compiler.compileAll(jobs.map((file) => ({ file, flags: this.flagsOf(file) })));
    for (const product of makes) await this[product]();
  }

  /** The sources of a product besides the library. */
  filesOf(product) {
    const folder = { addon: 'binding', proofs: 'test/kernels', fuzzers: 'fuzz' }[product];
    return folder ? filesUnder(join(native, folder), /\.cpp$/) : [];
  }

  flagsOf(file) {
    if (!file.startsWith(join(native, 'binding'))) return this.flags;
    return [
      ...this.flags,
      '-DNAPI_VERSION=8',
      '-DNAPI_CPP_EXCEPTIONS',
      ...include(packageDir('node-addon-api')),
      ...include(join(packageDir('node-api-headers'), 'include')),
    ];
  }

  shared(target, files) {
    const linux = process.platform === 'linux' ? ['-Wl,-Bsymbolic'] : [];
    const mac = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
    return this.compiler.link(target, files, ['-shared', '-pthread', ...linux, ...mac, ...this.checks]);
  }

  addon() {
    return this.shared(join(this.out, 'nibble-sim.node'), [...this.sources, ...this.filesOf('addon')]);
  }

  proofs() {
    const files = [...this.sources, ...this.filesOf('proofs')];
    return this.compiler.link(join(this.out, 'kernel-proofs'), files, ['-pthread', ...this.checks]);
  }

  async fuzzers() {
    for (const file of this.filesOf('fuzzers'))
      await this.compiler.link(
        join(this.out, basename(file, '.cpp')),
        [...this.sources, file],
        ['-pthread', ...this.checks, '-fsanitize=fuzzer'],
      );
  }

  async sdk() {
    const sdk = this.sdkFolder;
    const lib = join(sdk, 'lib');
    rmSync(join(sdk, 'include'), { recursive: true, force: true });
    mkdirSync(lib, { recursive: true });
    cpSync(join(native, 'include'), join(sdk, 'include'), { recursive: true });
    mkdirSync(join(sdk, 'include', 'jpeg'), { recursive: true });
    await this.shared(join(lib, 'libovxlib.so'), this.sources);
    for (const name of STAND_INS) writeFileSync(join(lib, `lib${name}.a`), '!<arch>\n');
    await this.jpeg(sdk);
  }

  // The system's libjpeg if it is there; otherwise a stand-in that explains itself when it is used.
  async jpeg(sdk) {
    const target = join(sdk, 'lib', 'libjpeg.a');
    const program =
      '#include <stdio.h>\n#include <jpeglib.h>\nint main(void){struct jpeg_error_mgr e;return !jpeg_std_error(&e);}';
    if (this.compiler.accepts(program, '-ljpeg')) {
      // By its full name: `-ljpeg` would find this very file again when the SDK's lib folder is searched first.
      const found = spawnSync(this.compiler.command, ['-print-file-name=libjpeg.so'], {
        encoding: 'utf8',
      }).stdout.trim();
      writeFileSync(target, `INPUT(${found})\n`);
      return;
    }
    cpSync(join(native, 'sdk', 'jpeglib.h'), join(sdk, 'include', 'jpeg', 'jpeglib.h'));
    const object = join(this.compiler.objects, 'jpeg_stand_in.o');
    const source = join(native, 'sdk', 'jpeg_stand_in.cpp');
    await this.compiler.call([...this.flags, '-I', join(native, 'sdk'), '-c', source, '-o', object]);
    // A linker reads a plain object under any name, so no archiver is needed.
    cpSync(object, join(sdk, 'lib', 'jpeg_stand_in.o'));
    writeFileSync(target, `INPUT(${join(sdk, 'lib', 'jpeg_stand_in.o')})\n`);
  }
}

function packageDir(name) {
  return dirname(require.resolve(`${name}/package.json`));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const named = Object.keys(VARIANTS).find((variant) => process.argv.includes(`--${variant}`));
  const result = await buildNative({ force: process.argv.includes('--force'), variant: named });
  console.log(`${result.message} (${result.seconds.toFixed(1)} s)`);
  process.exitCode = result.ok ? 0 : 1;
}
