import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { dumpFileName, parseDumpName } from '../files/layer-dump.ts';
import { isPerfLog, MAX_PERF_LOG } from '../files/perf-log.ts';
import type { DumpedLayer, OddDump } from '../jobs/compare-dumps.ts';
import type { JobContext } from '../jobs/context.ts';
import { dumpData } from '../jobs/dump-data.ts';
import { StudioError } from '../network/errors.ts';
import type { NamedBytes } from './contract.ts';
import type { DumpPoint, DumpsRequest, DumpsView } from './contract-export.ts';
import { quantizedFiles } from './export-record.ts';
import { needCoefficients } from './project-files.ts';
import type { Project } from './project.ts';
import { readSettings } from './project-settings.ts';
import { usedPostProcess } from './project-postprocess.ts';
import { runJob } from './run-job.ts';
import { thinned } from './verify-view.ts';

/** Odd files that the page is told of. */
const NAMED = 20;

/** Compares what a program wrote of every layer with the project's network, simulated on the same sample. */
export async function compareProjectDumps(
  project: Project,
  { files: given, against, sample, requantization }: DumpsRequest,
  context: JobContext,
): Promise<DumpsView> {
  const { files } = project;
  await needCoefficients(files);
  const quantized = await quantizedFiles(files);
  if (against === 'quantized' && !quantized) {
    throw new StudioError(
      'usage',
      'the network is not quantized yet',
      {},
      'Compare with float32 or float16.',
    );
  }
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-dumps-'));
  try {
    const { dumps, log, odd } = await unpack(given, scratch);
    const postprocessFile = await usedPostProcess(project);
    const { exported, target } = await readSettings(files);
    const { batchSize, forceRemovePermute } = exported?.options ?? {};
    const result = await runJob(
      'compare dumps',
      {
        ...(against === 'quantized' ? quantized : { model: files.model, modelData: files.data }),
        withInputMeta: await project.savedInputMeta(),
        dtype: against,
        requantization,
        ...(requantization === 'npu' && target !== null ? { optimize: target } : {}),
        dumps,
        sample: await sampleOf(sample, scratch),
        ...(log === undefined ? {} : { perfLog: log }),
        ...(postprocessFile === undefined ? {} : { postprocessFile }),
        ...(batchSize === undefined ? {} : { batchSize }),
        ...(forceRemovePermute === undefined ? {} : { forceRemovePermute }),
      },
      { ...context, cwd: files.folder },
    );
    const all = [...odd, ...result.odd];
    const first = result.layers.find(({ differing }) => differing > 0);
    return {
      against,
      points: thinned(pointsOf(result.layers)),
      first: first ? { layer: first.layer, differing: first.differing, elements: first.elements } : null,
      absent: result.absent,
      odd: all.slice(0, NAMED),
      oddCount: all.length,
      data: dumpData(result).map(({ name, values, scale }) => ({
        name,
        values: [...values].map(([layer, value]) => ({ layer, value })),
        unmatched: 0,
        scale,
      })),
      microseconds:
        log === undefined ? null : result.times.reduce((sum, { microseconds }) => sum + microseconds, 0),
    };
  } catch (error) {
    throw error instanceof StudioError ? withoutFolder(error, scratch) : error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes the dumps and the log where the job reads them, under names of our own making. */
async function unpack(
  given: readonly NamedBytes[],
  scratch: string,
): Promise<{ dumps: string; log: string | undefined; odd: OddDump[] }> {
  const dumps = join(scratch, 'dumps');
  await mkdir(dumps);
  let log: string | undefined;
  const odd: OddDump[] = [];
  for (const { name, bytes } of given) {
    const dump = parseDumpName(name);
    if (dump) await writeFile(join(dumps, dumpFileName(dump)), bytes);
    else if (
      log === undefined &&
      bytes.byteLength <= MAX_PERF_LOG &&
      isPerfLog(new TextDecoder().decode(bytes))
    ) {
      log = join(scratch, 'perf.log');
      await writeFile(log, bytes);
    } else odd.push({ file: name, reason: 'it is neither a layer dump nor a log of CNN_PERF=1' });
  }
  if (odd.length + (log === undefined ? 0 : 1) < given.length) return { dumps, log, odd };
  throw new StudioError(
    'file-missing',
    'none of the files is a layer dump (OP_uid_12_t_0_s_8_8_16_1.txt)',
    { file: given[0]?.name },
    'Run the program with NN_LAYER_DUMP=1. A log of CNN_PERF=1 alone is opened with "Data" on the graph.',
  );
}

/** As the job takes it. Of a file only the ending says how to read it. */
async function sampleOf(sample: DumpsRequest['sample'], scratch: string): Promise<string> {
  if ('index' in sample) return String(sample.index);
  const path = join(scratch, `sample${extname(sample.file.name).toLowerCase()}`);
  await writeFile(path, sample.file.bytes);
  return path;
}

/** A point per layer: of several tensors the worst. */
function pointsOf(layers: readonly DumpedLayer[]): DumpPoint[] {
  const points = new Map<string, DumpPoint>();
  for (const { layer, op, cosine, sqnr, maxError, differing, elements } of layers) {
    const before = points.get(layer);
    if (before && before.cosine <= cosine) continue;
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    points.set(layer, {
      layer,
      op,
      cosine,
      sqnr: finite(sqnr),
      maxError: finite(maxError),
      differing,
      elements,
    });
  }
  return [...points.values()];
}

/** People know their files by name, not our copies. */
function withoutFolder(error: StudioError, scratch: string): StudioError {
  const { file } = error.place;
  if (file === undefined || !file.startsWith(scratch)) return error;
  const name = file.slice(scratch.length + 1).replace(/^dumps\/?/, '');
  const place = { ...error.place, file: name === '' ? 'the dumps' : name };
  return new StudioError(error.code, error.message, place, error.hint);
}
