// Builds the simulator with the system's C++ compiler: the Node addon and the SDK that case code links with.
// No download, no generator: a list of files, two jobs, and a content hash per object.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const native = join(root, 'native-sim');
const require = createRequire(import.meta.url);

const NO_COMPILER = 'no C++ compiler: install g++ (Debian: apt-get install g++) and run npm run build';
const NO_CLANG = 'fuzzing needs clang: install it (Debian: apt-get install clang)';

// Where each build goes. `sanitize` checks addresses and undefined behaviour, `fuzz` makes programs for libFuzzer as well.
const FOLDERS = { plain: 'native', sanitize: 'native-sanitize', fuzz: 'native-fuzz' };

const CHECKS = '-fsanitize=address,undefined';
const VARIANT_FLAGS = {
  plain: [],
  sanitize: ['-g', '-O1', CHECKS, '-fno-sanitize-recover=undefined'],
  // Less memory than a board has: what asks for more would only be slow.
  fuzz: [
    '-g',
    '-O1',
    CHECKS,
    '-fno-sanitize-recover=undefined',
    '-fsanitize=fuzzer-no-link',
    '-DSIM_WORKING_BYTES=16777216',
  ],
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
 * @param {{ log?: (line: string) => void, force?: boolean, variant?: 'plain' | 'sanitize' | 'fuzz' }} [options]
 * @returns {Promise<{ ok: boolean, message: string, seconds: number }>}
 */
export async function buildNative({ log = console.log, force = false, variant = 'plain' } = {}) {
  const start = Date.now();
  const done = (ok, message) => ({ ok, message, seconds: (Date.now() - start) / 1000 });
  try {
    const compiler = findCompiler(variant === 'fuzz' ? ['clang++'] : undefined);
    if (!compiler) return done(false, variant === 'fuzz' ? NO_CLANG : NO_COMPILER);
    const build = new Build(compiler, join(root, 'out', FOLDERS[variant]), { log, force, variant });
    await build.run();
    return done(true, `native simulator: ${build.compiled} of ${build.total} files compiled`);
  } catch (error) {
    return done(false, `the native simulator could not be built: ${error.message}`);
  }
}

/** Our headers that an object was compiled with, as the compiler listed them; a vanished one means nothing is known. */
function headersOf(object) {
  const list = object.replace(/\.o$/, '.d');
  if (!existsSync(list)) return [];
  const words =
    readFileSync(list, 'utf8')
      .replaceAll('\\\n', ' ')
      .match(/(?:\\.|\S)+/g) ?? [];
  return words
    .slice(1)
    .map((word) => word.replaceAll('\\ ', ' '))
    .filter((path) => /\.(h|inl)$/.test(path) && existsSync(path))
    .sort();
}

function findCompiler(candidates = [process.env.CXX, 'g++', 'clang++', 'c++']) {
  return candidates.find((c) => c && spawnSync(c, ['--version'], { stdio: 'ignore' }).status === 0);
}

class Build {
  compiled = 0;
  total = 0;

  constructor(compiler, out, { log, force, variant }) {
    Object.assign(this, { compiler, out, log, force, variant });
    this.objects = join(out, 'obj');
    const include = (dir) => ['-I', dir];
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
      ...VARIANT_FLAGS[variant],
      ...include(join(native, 'src')),
      ...include(join(native, 'include')),
      ...include(join(native, 'include', 'ovxlib')),
    ];
    this.addonFlags = [
      '-DNAPI_VERSION=8',
      '-DNAPI_CPP_EXCEPTIONS',
      ...include(packageDir('node-addon-api')),
      ...include(join(packageDir('node-api-headers'), 'include')),
    ];
    this.linkFlags = [
      '-shared',
      '-pthread',
      ...(process.platform === 'linux' ? ['-Wl,-Bsymbolic'] : []),
      ...(variant === 'sanitize' ? [CHECKS] : []),
    ];
    if (process.platform === 'darwin') this.linkFlags.push('-undefined', 'dynamic_lookup');
  }

  async run() {
    mkdirSync(this.objects, { recursive: true });
    const fuzz = this.variant === 'fuzz';
    const library = filesUnder(join(native, 'src'), /\.cpp$/);
    const top = filesUnder(join(native, fuzz ? 'fuzz' : 'binding'), /\.cpp$/);
    const jobs = [
      ...library.map((file) => ({ file, flags: this.flags })),
      ...top.map((file) => ({ file, flags: fuzz ? this.flags : [...this.flags, ...this.addonFlags] })),
    ];
    // The longest files first, so that the last job is a short one.
    jobs.sort((a, b) => readFileSync(b.file).length - readFileSync(a.file).length);
    this.total = jobs.length;
    await parallel(jobs, Math.min(8, Math.max(2, availableParallelism())), (job) => this.compile(job));
    const objects = (files) => files.map((file) => this.objectOf(file));
    if (fuzz) return this.fuzzers(top, objects(library));
    await this.link(join(this.out, 'nibble-sim.node'), [...objects(library), ...objects(top)]);
    if (this.variant === 'plain') await this.sdk(objects(library));
  }

  // One program per target.
  async fuzzers(targets, library) {
    this.linkFlags = ['-pthread', `${CHECKS},fuzzer`];
    for (const file of targets)
      await this.link(join(this.out, basename(file, '.cpp')), [...library, this.objectOf(file)]);
  }

  objectOf(file) {
    return join(
      this.objects,
      relative(native, file)
        .replace(/[\\/]/g, '_')
        .replace(/\.\w+$/, '.o'),
    );
  }

  async compile({ file, flags }) {
    const object = this.objectOf(file);
    const key = () => hash(this.compiler, flags.join(' '), digest([file, ...headersOf(object)]));
    if (this.upToDate(object, key())) return;
    await this.call([...flags, '-MMD', '-c', file, '-o', object]);
    // The compiler has just said which headers it read.
    writeFileSync(`${object}.key`, key());
    this.compiled++;
  }

  async link(target, objects, extra = []) {
    const key = hash(
      this.compiler,
      this.linkFlags.join(' '),
      extra.join(' '),
      ...objects.map((o) => readFileSync(`${o}.key`, 'utf8')),
    );
    if (this.upToDate(target, key)) return;
    // A new file rather than new contents: the old one may be loaded by a running process.
    rmSync(target, { force: true });
    await this.call([...this.linkFlags, ...extra, ...objects, '-o', target]);
    writeFileSync(`${target}.key`, key);
  }

  upToDate(target, key) {
    return (
      !this.force &&
      existsSync(target) &&
      existsSync(`${target}.key`) &&
      readFileSync(`${target}.key`, 'utf8') === key
    );
  }

  async sdk(objects) {
    const sdk = join(root, 'out', 'sdk');
    const lib = join(sdk, 'lib');
    rmSync(join(sdk, 'include'), { recursive: true, force: true });
    mkdirSync(lib, { recursive: true });
    cpSync(join(native, 'include'), join(sdk, 'include'), { recursive: true });
    mkdirSync(join(sdk, 'include', 'jpeg'), { recursive: true });
    await this.link(join(lib, 'libovxlib.so'), objects);
    for (const name of STAND_INS) writeFileSync(join(lib, `lib${name}.a`), '!<arch>\n');
    await this.jpeg(sdk);
  }

  // The system's libjpeg if it is there; otherwise a stand-in that explains itself when it is used.
  async jpeg(sdk) {
    const target = join(sdk, 'lib', 'libjpeg.a');
    if (
      this.hasLibrary(
        '#include <stdio.h>\n#include <jpeglib.h>\nint main(void){struct jpeg_error_mgr e;return !jpeg_std_error(&e);}',
        '-ljpeg',
      )
    ) {
      // By its full name: `-ljpeg` would find this very file again when the SDK's lib folder is searched first.
      const found = spawnSync(this.compiler, ['-print-file-name=libjpeg.so'], {
        encoding: 'utf8',
      }).stdout.trim();
      writeFileSync(target, `INPUT(${found})\n`);
      return;
    }
    cpSync(join(native, 'sdk', 'jpeglib.h'), join(sdk, 'include', 'jpeg', 'jpeglib.h'));
    const object = join(this.objects, 'jpeg_stand_in.o');
    const source = join(native, 'sdk', 'jpeg_stand_in.cpp');
    await this.call([...this.flags, '-I', join(native, 'sdk'), '-c', source, '-o', object]);
    // A linker reads a plain object under any name, so no archiver is needed.
    cpSync(object, join(sdk, 'lib', 'jpeg_stand_in.o'));
    writeFileSync(target, `INPUT(${join(sdk, 'lib', 'jpeg_stand_in.o')})\n`);
  }

  hasLibrary(program, library) {
    const test = join(this.objects, 'probe');
    writeFileSync(`${test}.cpp`, program);
    return spawnSync(this.compiler, [`${test}.cpp`, '-o', test, library], { stdio: 'ignore' }).status === 0;
  }

  call(args) {
    return new Promise((resolve, reject) => {
      const child = spawn(this.compiler, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      child.stdout.on('data', (d) => (text += d));
      child.stderr.on('data', (d) => (text += d));
      child.on('error', reject);
      child.on('close', (code) => {
        if (text.trim()) this.log(text.trim());
        if (code === 0) resolve();
        else reject(new Error(`${basename(this.compiler)} failed for ${basename(args.at(-1))}`));
      });
    });
  }
}

function packageDir(name) {
  return dirname(require.resolve(`${name}/package.json`));
}

function filesUnder(dir, pattern) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(native, file).startsWith('test'))
    .sort();
}

function hash(...parts) {
  const h = createHash('sha256');
  for (const part of parts) h.update(part).update('\0');
  return h.digest('hex');
}

function digest(files) {
  return hash(...files.flatMap((file) => [relative(native, file), readFileSync(file, 'utf8')]));
}

async function parallel(items, jobs, work) {
  let next = 0;
  let failed;
  const worker = async () => {
    while (next < items.length && !failed) {
      const item = items[next++];
      await work(item).catch((error) => (failed ??= error));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  if (failed) throw failed;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = await buildNative({
    force: process.argv.includes('--force'),
    variant: process.argv.includes('--sanitize')
      ? 'sanitize'
      : process.argv.includes('--fuzz')
        ? 'fuzz'
        : 'plain',
  });
  console.log(`${result.message} (${result.seconds.toFixed(1)} s)`);
  process.exitCode = result.ok ? 0 : 1;
}
