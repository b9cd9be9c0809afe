import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { readFileOf } from '../files/atomic.ts';
import { packageRoot } from '../files/package-root.ts';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { ModelSource, NamedBytes } from './contract.ts';
import type { ImportChoices } from './contract-model.ts';
import type { ProjectId } from './contract-project.ts';
import {
  createBeside,
  createProject,
  isImported,
  isNetwork,
  projectName,
  writeModel,
} from './create-project.ts';
import { findModel } from './find-model.ts';
import { findModelFiles, type ImportedModel, type ModelFiles, type ModelReader } from './import-model.ts';
import { Project } from './project.ts';
import { changed, ProjectFiles } from './project-files.ts';
import { readSettings } from './project-settings.ts';
import type { ReaderProcess } from './reader/read.ts';
import { ModelAccess } from './model-access.ts';
import { readPaths } from './read-paths.ts';
import { keepSource, ProjectSource, rememberSource, sourcePaths } from './project-source.ts';
import {
  canWait,
  joinFiles,
  keepBeside,
  modelOf,
  overwritesWeights,
  requireFiles,
  completesModel,
  withNamed,
  type GivenFiles,
  type RefusedModel,
} from './given-files.ts';
import { RecentProjects } from './recent.ts';
import { copyPictures, SAMPLE } from './sample-project.ts';
import { SOURCE_FOLDER } from './source-record.ts';
import { toWireError } from './wire-error.ts';

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

/** The open project, and what has to be asked before it is changed. */
export interface OpenForWriting {
  opened: OpenedProject;
  /** @throws StudioError 'file-unwritable' while another window holds it */
  require(): Promise<void>;
}

/** Opens and makes projects; each comes with its model, or the attempt throws and nothing changes. */
export class ProjectOpener {
  readonly recent: RecentProjects;
  readonly sources: ProjectSource;
  readonly models: ModelAccess;
  /** The last model that was refused and may be imported yet: with other choices, or with more files. */
  refused: RefusedModel | undefined;

  constructor(
    private readonly places: ProjectPlaces,
    private readonly readers: readonly ModelReader[],
  ) {
    this.recent = new RecentProjects(places.data, places.projects, places.paths);
    this.sources = new ProjectSource(readers);
    this.models = new ModelAccess(places.start);
  }

  /** Dropped files become a new project; on the desktop, files are worked on where they are. */
  async import(source: ModelSource, context: JobContext, open?: OpenForWriting): Promise<OpenedProject> {
    if ('files' in source) return this.take({ files: source.files, paths: new Map() }, context, open);
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
    const paths = new Map(files.map(({ name }, index) => [name, source.paths[index]]));
    return this.take({ files, paths }, context, open);
  }

  /** Files that begin no model of their own complete the one that waits for them, or that of the open project. */
  private async take(
    given: GivenFiles,
    context: JobContext,
    open: OpenForWriting | undefined,
  ): Promise<OpenedProject> {
    const paths =
      open && !this.refused ? await sourcePaths(open.opened.project.files, this.readers) : undefined;
    if (!open || !paths || !completesModel(given, paths[0], this.readers))
      return this.convert(joinFiles(this.refused, given, this.readers), null, context);
    await open.require();
    const { files } = open.opened.project;
    const { source } = await readSettings(files);
    const kept = await keepSource(files.folder, given.files);
    const before = namesInFolder(files, paths);
    const record = { choices: source?.choices ?? null, notes: source?.notes ?? [] };
    await rememberSource(files, { ...record, files: [...new Set([...before, ...kept])] });
    try {
      return await this.importAgain(open.opened, record.choices, context);
    } catch (error) {
      await rememberSource(files, { ...record, files: before });
      throw error;
    }
  }

  /** Imports the model that was refused, with other choices; what is missing and can be done without, is. */
  async importRefused(
    { given }: RefusedModel,
    choices: ImportChoices | null,
    context: JobContext,
  ): Promise<OpenedProject> {
    return this.convert(given, choices, context, true);
  }

  /** Imports the model of a project again; its network, its coefficients and what the model quantizes are replaced. */
  async importAgain(
    { project: { files } }: OpenedProject,
    choices: ImportChoices | null,
    context: JobContext,
  ): Promise<OpenedProject> {
    const source = await this.sources.read(files);
    const names = (await sourcePaths(files, this.readers)) ?? [];
    const model = await this.read(source, context, choices);
    await writeModel(files, model);
    const notes = [...(model.notes ?? [])];
    await rememberSource(files, { files: namesInFolder(files, names), choices, notes });
    return this.opened(files, model, [source.main, ...source.others], context);
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
    const source = findModelFiles([{ name: SAMPLE.model, bytes }], this.readers);
    const model = await this.read(source, context);
    const made = await createProject(this.places.projects, model, [source.main], async (folder) => {
      context.progress(0.6, 'copying the pictures');
      await copyPictures(
        join(sample, SAMPLE.pictures),
        new ProjectFiles(join(folder, `${name}.json`)),
        model,
      );
    });
    await rememberSource(made, { files: [`${SOURCE_FOLDER}/${SAMPLE.model}`], choices: null, notes: [] });
    return this.opened(made, model, [source.main], context);
  }

  /** @param without whether it may be imported without files that it is not whole without */
  private async convert(
    given: GivenFiles,
    choices: ImportChoices | null,
    context: JobContext,
    without = false,
  ): Promise<OpenedProject> {
    let model: ModelFiles | undefined;
    try {
      model = await modelOf(given, this.readers, context.signal);
      requireFiles(model, without);
      return await this.make(given, model, choices, context);
    } catch (error) {
      const problem = toWireError(error);
      const more = await withNamed(given, model, problem.details?.files ?? [], context.signal);
      if (more) return this.convert(more, choices, context, without);
      if (problem.code !== 'cancelled') {
        const waits = await canWait(model, problem, given, this.readers, this.models);
        this.refused = waits ? { given, model, choices, problem } : undefined;
      }
      throw error;
    }
  }

  /** Dropped files become a new project, files of the desktop one beside them. */
  private async make(
    given: GivenFiles,
    source: ModelFiles,
    choices: ImportChoices | null,
    context: JobContext,
  ): Promise<OpenedProject> {
    const model = await this.read(source, context, choices);
    const all = [source.main, ...source.others];
    const path = given.paths.get(source.main.name);
    const beside = path !== undefined && !(await overwritesWeights(path));
    const files = beside
      ? await createBeside(path, model)
      : await createProject(this.places.projects, model, all);
    if (source.reader.graph) {
      const names = beside
        ? await keepBeside(path, source)
        : all.map(({ name }) => `${SOURCE_FOLDER}/${name}`);
      await rememberSource(files, { files: names, choices, notes: [...(model.notes ?? [])] });
    }
    return this.opened(files, model, all, context);
  }

  private async openModel(path: string, context: JobContext): Promise<OpenedProject> {
    const files = new ProjectFiles(path);
    const data = (await changed(files.data)) === undefined ? [] : [files.data];
    const read = await readPaths([path, ...data], context.signal);
    return this.opened(files, await this.read(findModelFiles(read, this.readers), context), read, context);
  }

  private async read(
    source: ModelFiles,
    context: JobContext,
    choices: ImportChoices | null = null,
  ): Promise<ImportedModel> {
    const model = await this.models.read(source, choices, context);
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
    this.refused = undefined;
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

/** Names of files as nibble.json has them. */
function namesInFolder({ folder }: ProjectFiles, paths: readonly string[]): string[] {
  return paths.map((path) => path.slice(folder.length + 1).replaceAll('\\', '/'));
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
