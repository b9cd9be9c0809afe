// Compiles and links with a C++ compiler: no generator, a list of files, a few jobs, and a content hash per object.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';

/** The first of these commands that runs. @param {(string | undefined)[]} candidates */
export function findCompiler(candidates) {
  return candidates.find((c) => c && spawnSync(c, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** Files below a folder, sorted. */
export function filesUnder(folder, pattern) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** One compiler with one folder of objects. What is up to date is left alone. */
export class Compiler {
  compiled = 0;
  total = 0;

  /**
   * @param {string} command
   * @param {{ sources: string, objects: string, log: (line: string) => void, force: boolean }} options `sources`: the
   * folder that names of objects are relative to.
   */
  constructor(command, options) {
    this.command = command;
    Object.assign(this, options);
  }

  /** @param {{ file: string, flags: string[] }[]} jobs */
  async compileAll(jobs) {
    // The longest files first, so that the last job is a short one.
    const sorted = jobs.toSorted((a, b) => readFileSync(b.file).length - readFileSync(a.file).length);
    this.total += jobs.length;
    await parallel(sorted, Math.min(8, Math.max(2, availableParallelism())), (job) => this.compile(job));
  }

  objectOf(file) {
    const name = relative(this.sources, file).replace(/[\\/]/g, '_');
    return join(this.objects, name.replace(/\.\w+$/, '.o'));
  }

  async compile({ file, flags }) {
    const object = this.objectOf(file);
    const key = () => hash(this.command, flags.join(' '), this.digest([file, ...headersOf(object)]));
    if (this.upToDate(object, key())) return;
    let started;
    do {
      started = Date.now();
      await this.call([...flags, '-MMD', '-c', file, '-o', object]);
      // The compiler has just said which headers it read. One that changed meanwhile may be in the object or not.
    } while ([file, ...headersOf(object)].some((path) => statSync(path).mtimeMs > started));
    writeFileSync(`${object}.key`, key());
    this.compiled++;
  }

  /** @param {string[]} files sources whose objects are linked */
  async link(target, files, flags) {
    const objects = files.map((file) => this.objectOf(file));
    const keys = objects.map((object) => readFileSync(`${object}.key`, 'utf8'));
    const key = hash(this.command, flags.join(' '), ...keys);
    if (this.upToDate(target, key)) return;
    // A new file rather than new contents: the old one may be loaded by a running process.
    rmSync(target, { force: true });
    await this.call([...flags, ...objects, '-o', target]);
    writeFileSync(`${target}.key`, key);
  }

  /** Whether a program of these lines compiles and links. */
  accepts(program, ...flags) {
    const probe = join(this.objects, 'probe');
    writeFileSync(`${probe}.cpp`, program);
    const args = [`${probe}.cpp`, '-o', probe, ...flags];
    return spawnSync(this.command, args, { stdio: 'ignore' }).status === 0;
  }

  call(args) {
    return new Promise((resolve, reject) => {
      const child = spawn(this.command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      child.stdout.on('data', (d) => (text += d));
      child.stderr.on('data', (d) => (text += d));
      child.on('error', reject);
      child.on('close', (code) => {
        if (text.trim()) this.log(text.trim());
        if (code === 0) resolve();
        else reject(new Error(`${basename(this.command)} failed for ${basename(args.at(-1))}`));
      });
    });
  }

  upToDate(target, key) {
    return (
      !this.force &&
      existsSync(target) &&
      existsSync(`${target}.key`) &&
      readFileSync(`${target}.key`, 'utf8') === key
    );
  }

  digest(files) {
    return hash(...files.flatMap((file) => [relative(this.sources, file), readFileSync(file, 'utf8')]));
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

function hash(...parts) {
  const h = createHash('sha256');
  for (const part of parts) h.update(part).update('\0');
  return h.digest('hex');
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
