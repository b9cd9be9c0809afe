import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { readFileOf, readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { formatInputMeta } from '../files/inputmeta-text.ts';
import { packageRoot } from '../files/package-root.ts';
import { parseDatasetList } from '../files/dataset-list.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import { addSamples } from './add-samples.ts';
import type { ModelSource, NamedBytes } from './contract.ts';
import type { ProjectId } from './contract-project.ts';
import { createBeside, createProject, isImported, isNetwork, projectName } from './create-project.ts';
import { findModel } from './find-model.ts';
import { importModelJob, type ImportedModel, type ModelReader } from './import-model.ts';
import { Project } from './project.ts';
import { changed, ProjectFiles } from './project-files.ts';
import { readSettings } from './project-settings.ts';
import { readModelApart, type ReaderProcess } from './reader/read.ts';
import { readPaths } from './read-paths.ts';
import { RecentProjects } from './recent.ts';

/** Where projects are, and whether files elsewhere may be named. */
export interface ProjectPlaces {
  /** Folder for projects made from dropped files. */
  projects: string;
  /** The user's data folder. */
  data: string;
  /** Whether the page may name files by path: on the desktop, not over the network. */
  paths: boolean;
  /** Starts a process that reads a model; default: models are read here. */
  start?: (heapMegabytes: number) => ReaderProcess;
}

/** A project with the model that was read from it. */
export interface OpenedProject {
  project: Project;
  model: ImportedModel;
  /** Names of the files that were read. */
  read: string[];
  /** When NAME.json changed last, as it was read. */
  time: number | undefined;
}

/** The bundled model. */
const SAMPLE = { folder: 'assets/sample', model: 'mobilenetv2-tiny.onnx', pictures: 'fashion-mnist' };
/** The network was trained on pixel / 255. */
const SAMPLE_SCALE = '0 0 0 0.00392156862745098';

/** Opens and makes projects; each comes with its model, or the attempt throws and nothing changes. */
export class ProjectOpener {
  readonly recent: RecentProjects;

  constructor(
    private readonly places: ProjectPlaces,
    private readonly readers: readonly ModelReader[],
  ) {
    this.recent = new RecentProjects(places.data, places.projects, places.paths);
  }

  /** Dropped files become a new project; on the desktop, files are worked on where they are. */
  async import(source: ModelSource, context: JobContext): Promise<OpenedProject> {
    if ('files' in source) return this.create(source.files, context);
    if (!this.places.paths) {
      throw new StudioError('usage', 'this studio takes the files themselves, not their paths');
    }
    const [first, ...more] = source.paths;
    if (more.length === 0 && (await isFolder(first))) return this.openModel(await findModel(first), context);
    const network = source.paths.find(isNetwork);
    if (network !== undefined) return this.openModel(network, context);
    if (await isImported(first)) {
      context.log('I', `${basename(first)} was imported before: opening its network`);
      return this.openModel(first.replace(/\.[^.]*$/, '.json'), context);
    }
    const files = await readPaths(source.paths, context.signal);
    const model = await this.read(files, context);
    const path = source.paths[files.findIndex(({ name }) => name === model.file)] ?? first;
    return this.opened(await createBeside(path, model), model, files, context);
  }

  async open(id: ProjectId, context: JobContext): Promise<OpenedProject> {
    return this.openModel(await this.resolve(id), context);
  }

  /** The sample project; it is made the first time and opened as it was left afterwards. */
  async openSample(context: JobContext): Promise<OpenedProject> {
    const sample = join(packageRoot(), SAMPLE.folder);
    const name = projectName(SAMPLE.model);
    const existing = join(this.places.projects, name, `${name}.json`);
    if ((await changed(existing)) !== undefined) return this.openModel(existing, context);
    const bytes = await readFileOf(join(sample, SAMPLE.model));
    const files = [{ name: SAMPLE.model, bytes }];
    const model = await this.read(files, context);
    const made = await createProject(this.places.projects, model, files, async (folder) => {
      context.progress(0.6, 'copying the pictures');
      await copyPictures(
        join(sample, SAMPLE.pictures),
        new ProjectFiles(join(folder, `${name}.json`)),
        model,
      );
    });
    return this.opened(made, model, files, context);
  }

  private async create(files: NamedBytes[], context: JobContext): Promise<OpenedProject> {
    const model = await this.read(files, context);
    return this.opened(await createProject(this.places.projects, model, files), model, files, context);
  }

  private async openModel(path: string, context: JobContext): Promise<OpenedProject> {
    const files = new ProjectFiles(path);
    const data = (await changed(files.data)) === undefined ? [] : [files.data];
    const read = await readPaths([path, ...data], context.signal);
    return this.opened(files, await this.read(read, context), read, context);
  }

  private async read(files: readonly NamedBytes[], context: JobContext): Promise<ImportedModel> {
    const { start } = this.places;
    const model = start
      ? await readModelApart(files, context, start)
      : await importModelJob(files, context, this.readers);
    // From here on files are written.
    if (context.signal.aborted) throw new StudioError('cancelled', 'the import was cancelled');
    return model;
  }

  private async opened(
    files: ProjectFiles,
    model: ImportedModel,
    read: readonly NamedBytes[],
    context: JobContext,
  ): Promise<OpenedProject> {
    const project = new Project(files, model.network, !this.places.paths);
    await project.tidy();
    await readSettings(files, (text) => context.log('W', text));
    await this.recent.add(files.model);
    return { project, model, read: read.map(({ name }) => name), time: await changed(files.model) };
  }

  private async resolve(id: ProjectId): Promise<string> {
    if (this.places.paths && isAbsolute(id)) return isNetwork(id) ? id : findModel(id);
    if (/[\\/\0]/.test(id) || id.startsWith('.')) {
      throw new StudioError('usage', 'a project is named by its folder', { file: id });
    }
    return findModel(join(this.places.projects, id));
  }
}

async function copyPictures(from: string, files: ProjectFiles, model: ImportedModel): Promise<void> {
  const meta = defaultInputMeta(model.network, { channelMeanValue: SAMPLE_SCALE });
  await writeFileAtomic(files.inputMeta, formatInputMeta(meta));
  const labels = new Map(
    parseDatasetList(await readTextOf(join(from, 'labels.txt')), 1).map(({ paths, label }) => [
      paths[0],
      label,
    ]),
  );
  const items = parseDatasetList(await readTextOf(join(from, 'calibration.txt')), 1);
  const pictures = await Promise.all(
    items.map(async ({ paths: [path] }) => ({
      name: basename(path),
      bytes: await readFileOf(join(from, path)),
    })),
  );
  const list = items.map(({ paths: [path] }) => `${path} ${labels.get(path) ?? ''}\n`).join('');
  const text = { name: 'labels.txt', bytes: Buffer.from(list) };
  const classes = { name: 'classes.txt', bytes: await readFileOf(join(from, 'classes.txt')) };
  const input = meta.databases[0]?.ports[0]?.lid ?? '';
  await addSamples(files, meta, { input, files: [...pictures, text, classes], classes: [] });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
