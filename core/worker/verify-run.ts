import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { readPicture } from '../dataset/image.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { ClassView, Requantization, VerifyColumn, VerifySample, VerifyView } from './contract-export.ts';
import type { PictureView } from './contract-project.ts';
import { buildFolder, changedPart, exportBasis, quantizedFiles } from './export-record.ts';
import { needCoefficients } from './project-files.ts';
import type { Project } from './project.ts';
import { usedPostProcess } from './project-postprocess.ts';
import { readSettings, writeSettings, type ProjectSettings } from './project-settings.ts';
import { encode, previewOf } from './preview.ts';
import { runJob } from './run-job.ts';
import { sourceData } from './runs.ts';
import { readClasses } from './sample-set.ts';
import { columnsOf, depthOf } from './verify-view.ts';

/** Longest side of the picture that is shown. */
const SHOWN = 768;

/** A sample as the job takes it and as people see it. */
interface ChosenSample {
  sample: number | string;
  name: string;
  label: ClassView | null;
  picture: PictureView | null;
}

/** What to compare on, and how integer sums become codes. */
interface Wanted {
  sample: VerifySample;
  requantization: Requantization;
}

/** Runs a sample through the float, the quantized and the compiled network. */
export async function verifyProject(
  project: Project,
  wanted: Wanted,
  context: JobContext,
): Promise<VerifyView> {
  const { files } = project;
  await needCoefficients(files);
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-sample-'));
  try {
    return await compare(project, wanted, scratch, context);
  } catch (error) {
    const own = error instanceof StudioError && error.place.file?.startsWith(scratch) === true;
    if (!own || !('file' in wanted.sample)) throw error;
    // People know their file, not the copy.
    const file = wanted.sample.file.name;
    throw new StudioError(error.code, error.message, { ...error.place, file }, error.hint);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function compare(
  project: Project,
  { sample, requantization }: Wanted,
  scratch: string,
  context: JobContext,
): Promise<VerifyView> {
  const { files } = project;
  const names = await readClasses(files);
  const chosen = await choose(project, sample, names, scratch);
  const settings = await readSettings(files);
  const basis = await exportBasis(project, settings.target);
  const quantized = await quantizedFiles(files);
  const postprocessFile = await usedPostProcess(project);
  const missing = {
    quantized: quantized ? null : 'The network is not quantized yet.',
    compiled: compiledMissing(settings, basis),
  };
  const post = postprocessFile === undefined ? {} : { postprocessFile };
  const exported = missing.compiled === null ? settings.exported : null;
  const float = { model: files.model, modelData: await sourceData(files) };
  const result = await runJob(
    'verify',
    {
      ...float,
      withInputMeta: await project.savedInputMeta(),
      sample: chosen.sample,
      requantization,
      ...(requantization === 'npu' && settings.target !== null ? { optimize: settings.target } : {}),
      ...post,
      ...(quantized ? { quantized } : {}),
      ...(exported
        ? {
            compiled: {
              ...exported.options,
              ...(exported.options.dtype === 'quantized' && quantized
                ? quantized
                : { model: files.model, modelData: files.data }),
              ...post,
              folder: buildFolder(files, 'case'),
            },
          }
        : {}),
    },
    { ...context, cwd: files.folder },
  );
  const columns = await columnsOf(result, names, missing);
  const { sameBytes } = columns[2];
  const nnVersion = NN_VERSIONS[result.requantization];
  await writeSettings(files, {
    ...(await readSettings(files)),
    verified: {
      text: summaryOf(columns, nnVersion),
      ok: sameBytes !== false && result.compiledProblem === undefined,
      basis,
      built: exported?.build?.finished ?? null,
    },
  });
  const { name, label, picture } = chosen;
  return { sample: name, label, picture, nnVersion, columns, depth: depthOf(result) };
}

/** Why the compiled case cannot be compared; null = it can. */
function compiledMissing({ exported }: ProjectSettings, basis: Record<string, string>): string | null {
  if (!exported) return 'Nothing has been exported yet.';
  const part = changedPart(exported.basis, basis);
  if (part !== undefined) return `The export was made before ${part} changed: export and build again.`;
  return exported.build ? null : 'The exported case has not been built on this computer yet.';
}

const NN_VERSIONS = { exact: null, npu7: 7, npu8: 8 } as const;

/** `cosine 0.9987, as NN cores 7 round, C as simulated` */
function summaryOf([, quantized, compiled]: VerifyColumn[], nnVersion: VerifyView['nnVersion']): string {
  const cosines = quantized.outputs.flatMap(({ similarity }) => (similarity ? [similarity.cosine] : []));
  const parts = [
    cosines.length > 0 ? `cosine ${Math.min(...cosines).toFixed(4)}` : 'float only',
    ...(nnVersion === null ? [] : [`as NN cores ${nnVersion} round`]),
    ...(compiled.sameBytes === true ? ['C as simulated'] : []),
    ...(compiled.sameBytes === false ? ['C differs'] : []),
  ];
  return parts.join(', ');
}

async function choose(
  project: Project,
  wanted: VerifySample,
  names: readonly string[],
  scratch: string,
): Promise<ChosenSample> {
  const { folder } = project.files;
  if ('file' in wanted) {
    const { name, bytes } = wanted.file;
    // The name is the user's; only its ending says how to read it.
    const path = join(scratch, `sample${extname(name).toLowerCase()}`);
    await writeFile(path, bytes);
    const source = await readPicture(path, 3).catch(() => undefined);
    return { sample: path, name, label: null, picture: source ? await encode(source, SHOWN) : null };
  }
  const set = await project.sampleSet();
  const [database] = (await project.inputMeta()).meta.databases;
  const input = database.ports[0].lid;
  const { name, port } = set.locate(input, wanted.index);
  const { original, seen } = await previewOf(set, folder, { input, index: wanted.index }, port);
  const label = set.view(folder, null).samples[wanted.index]?.label ?? null;
  return {
    sample: wanted.index,
    name,
    label: label === null ? null : { label, name: names[label] ?? null, value: 1 },
    picture: original ?? seen,
  };
}
