import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../files/package-root.ts';
import type { Framework } from '../importers/formats.ts';
import type { ImportOptions, ModelFile } from '../importers/options.ts';
import { importers } from '../importers/registry.ts';
import { describeError, StudioError } from '../network/errors.ts';
import { inferShapes } from '../ops/shapes.ts';
import { distort } from './distort.ts';
import { fixtureCases } from './fixtures.ts';

/** Bytes of memory a process may hold after an import of a model of some kilobytes. */
const MEMORY = 1.5 * 2 ** 30;

/** Bytes of the largest model that is damaged: what comes early in a file is what decides. */
const LARGEST = 256 * 2 ** 10;

/** A whole model that is going to be damaged. */
interface Seed {
  name: string;
  files: readonly ModelFile[];
  /** What the import needs to know, e.g. sizes of inputs. */
  options?: Partial<ImportOptions>;
}

/** What came of a damaged model. A bug is anything but a network or a StudioError. */
export interface FuzzResult {
  request: string;
  outcome: 'imported' | 'refused' | 'bug';
  reason?: string;
}

/** `FRAMEWORK SEED`: the models are taken in turn, one file of each is damaged. */
export const fuzzRequest = (framework: Framework, seed: number): string => `${framework} ${seed}`;

/** The frameworks that have models to damage. */
export const fuzzedFrameworks = (): Framework[] => importers.map(({ framework }) => framework);

const known = new Map<string, Promise<Seed[]>>();

async function seedsOf(framework: Framework): Promise<Seed[]> {
  if (framework === 'onnx') {
    const name = 'mobilenetv2-tiny.onnx';
    return [{ name, files: [{ name, bytes: readFileSync(join(packageRoot(), 'assets/sample', name)) }] }];
  }
  const cases = await fixtureCases(framework);
  return cases.filter(({ files }) => files.every(({ bytes }) => bytes.length <= LARGEST));
}

/** Imports the damaged model of a request. */
export async function fuzzImport(request: string): Promise<FuzzResult> {
  const [name, number] = request.split(' ');
  const importer = importers.find(({ framework }) => framework === name);
  if (!importer) return { request, outcome: 'bug', reason: `there is no framework "${name}"` };
  const seeds = await (known.get(name) ?? remember(name, seedsOf(importer.framework)));
  const seed = Number(number);
  const { files, options } = seeds[seed % seeds.length];
  const hit = Math.floor(seed / seeds.length) % files.length;
  const [main, ...companions] = files.map((file, index) =>
    index === hit ? { ...file, bytes: distort(file.bytes, seed) } : file,
  );
  try {
    inferShapes(await importer.import(main.bytes, { name: main.name, companions, ...options }));
    return withinMemory({ request, outcome: 'imported' });
  } catch (error) {
    if (error instanceof StudioError) return withinMemory({ request, outcome: 'refused' });
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 3).join(' ').trim() : '';
    return { request, outcome: 'bug', reason: `${describeError(error)} ${stack}` };
  }
}

function remember(name: string, seeds: Promise<Seed[]>): Promise<Seed[]> {
  known.set(name, seeds);
  return seeds;
}

function withinMemory(result: FuzzResult): FuzzResult {
  const { rss } = process.memoryUsage();
  if (rss < MEMORY) return result;
  return { ...result, outcome: 'bug', reason: `the process holds ${Math.round(rss / 2 ** 20)} MiB` };
}
