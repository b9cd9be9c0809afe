import { basename } from 'node:path';
import { StudioError } from '../network/errors.ts';
import { findChip } from '../targets/chips.ts';
import type { JobId, ModelSource, ModelSummary, NamedBytes, StudioApi } from './contract.ts';
import type { CustomizedDraft, HybridDraft, InspectApi, TableSource } from './contract-inspect.ts';
import type { CutSide, ImportChoices } from './contract-model.ts';
import type {
  InputDraft,
  JobOptions,
  OptionView,
  PreviewRequest,
  ProjectId,
  ProjectJobName,
  ProjectJobResults,
  ProjectView,
  SampleBatch,
} from './contract-project.ts';
import { FinishCore } from './finish-core.ts';
import type { NodeDataFormat } from './contract-graph.ts';
import { GraphCore } from './graph-core.ts';
import { graphView } from './graph-view.ts';
import { InspectCore } from './inspect-core.ts';
import { modelFormats, type ModelReader } from './import-model.ts';
import { JobRunner } from './job-runner.ts';
import { layerView, parameterViews } from './layer-view.ts';
import type { LockBoard } from './lock-board.ts';
import { ProjectOpener, type OpenedProject, type ProjectPlaces } from './open-project.ts';
import { changed, fingerprint } from './project-files.ts';
import { ProjectLock } from './project-lock.ts';
import { sourcePaths } from './project-source.ts';
import { readSettings, runView, writeSettings } from './project-settings.ts';
import { quantizeOptionViews } from './quantize-form.ts';
import { quantizeProject } from './quantize-run.ts';
import { READERS } from './readers.ts';
import type { Ui } from './rpc.ts';
import { currentRun, useRun } from './runs.ts';
import { SourceCore } from './source-core.ts';
import { stageStates } from './stage-states.ts';
import { summarizeModel } from './summary.ts';
import * as check from './validate.ts';
import { checkImportChoices } from './validate-model.ts';

/** What a {@link StudioCore} is made from. */
export interface StudioCoreOptions extends ProjectPlaces {
  version: string;
  readers?: readonly ModelReader[];
  /** Where the held lock is noted. */
  lock?: LockBoard | undefined;
}

/** The core behind one page: it holds the open project and the running job. */
export class StudioCore extends FinishCore implements StudioApi {
  private readonly options: StudioCoreOptions;
  private readonly readers: readonly ModelReader[];
  protected readonly jobs: JobRunner;
  protected readonly paths: boolean;
  private readonly opener: ProjectOpener;
  private readonly inspect: InspectApi;
  private readonly models: SourceCore;
  private readonly graphs: GraphCore;
  private current: OpenedProject | undefined;
  private readonly lock: ProjectLock;

  /** `ui` is asked late, because the page is connected through this very object. */
  constructor(options: StudioCoreOptions, ui: () => Ui) {
    super();
    this.options = options;
    this.paths = options.paths;
    this.readers = options.readers ?? READERS;
    this.jobs = new JobRunner(ui);
    this.opener = new ProjectOpener(options, this.readers);
    this.lock = new ProjectLock(options.lock);
    this.models = new SourceCore(this.opener, () => this.current);
    this.inspect = new InspectCore(
      () => this.opened().project,
      async () => (await this.writing()).project,
      this.jobs,
    );
    this.graphs = new GraphCore(() => this.opened(), this.jobs);
  }

  async version() {
    const { version, paths } = this.options;
    return { version, paths, formats: modelFormats(this.readers) };
  }

  async importModel(source: ModelSource, job: JobId): Promise<ModelSummary> {
    const checked = check.checkSource(source);
    const first = 'files' in checked ? checked.files[0].name : checked.paths[0];
    return this.open(job, `Import ${first.replace(/^.*[\\/]/, '')}`, (context) =>
      this.opener.import(
        checked,
        context,
        this.current && { opened: this.current, require: () => this.lock.require() },
      ),
    );
  }

  async openProject(id: ProjectId, job: JobId): Promise<ModelSummary> {
    const checked = check.checkProjectId(id);
    return this.open(job, `Open ${checked.replace(/^.*[\\/]/, '')}`, (context) =>
      this.opener.open(checked, context),
    );
  }

  async openSample(job: JobId): Promise<ModelSummary> {
    return this.open(job, 'Open the sample project', (context) => this.opener.openSample(context));
  }

  async closeProject(): Promise<void> {
    this.current = undefined;
    this.opener.refused = undefined;
    await this.lock.follow(undefined);
  }

  async importSource(choices: ImportChoices | null, job: JobId): Promise<ModelSummary> {
    const checked = choices === null ? null : checkImportChoices(choices);
    const { refused } = this.opener;
    const name = refused ? (refused.model?.main.name ?? '') : this.opened().project.files.name;
    return this.open(job, `Import ${name}`, (context) =>
      refused
        ? this.opener.importRefused(refused, checked, context)
        : this.writing().then((opened) => this.opener.importAgain(opened, checked, context)),
    );
  }

  source = () => this.models.source();
  sourceGraph = () => this.models.sourceGraph();
  cutSource = (choices: ImportChoices, nodes: string[], side: CutSide) =>
    this.models.cutSource(choices, nodes, side);
  dropSource = () => this.models.dropSource();
  modelNotes = () => this.models.modelNotes();

  async graph() {
    return graphView(this.opened().model);
  }

  async allParameters() {
    return [...this.opened().model.network.layers.values()].map(parameterViews);
  }

  async layer(key: string) {
    return layerView(this.opened().model, check.checkKey(key));
  }

  async cancel(job: JobId): Promise<void> {
    this.jobs.cancel(check.checkJob(job));
  }

  async project(): Promise<ProjectView | null> {
    if (!this.current) return null;
    const { project, time } = this.current;
    const { files } = project;
    const settings = await readSettings(files);
    const { target, runs } = settings;
    const run = await currentRun(files);
    const stages = await stageStates(project, run, settings);
    if ((await changed(files.model)) !== time) {
      stages.model = { state: 'stale', text: 'changed outside: open it again' };
    }
    return {
      id: this.opener.recent.idOf(files.model) ?? files.name,
      name: files.name,
      folder: files.folder,
      stages,
      readOnly: await this.lock.reason(),
      source: basename((await sourcePaths(files, this.readers))?.[0] ?? '') || null,
      weights: (await changed(files.data)) !== undefined,
      target,
      runs: runs.map(runView),
      currentRun: run?.number ?? null,
      inputsVersion: await project.inputsVersion(),
      tableVersion: `${await fingerprint(files.table)} ${await fingerprint(files.analysis)}`,
    };
  }

  async recentProjects() {
    return this.opener.recent.list();
  }

  async setTarget(pid: string | null): Promise<void> {
    const { files } = (await this.writing()).project;
    const chip = check.checkTarget(pid);
    if (chip !== null && !findChip(chip)) throw new StudioError('usage', `"${chip}" is no known chip`);
    await writeSettings(files, { ...(await readSettings(files)), target: chip });
  }

  async samples() {
    return this.opened().project.samples();
  }

  async addSamples(batch: SampleBatch) {
    return (await this.writing()).project.addSamples(check.checkSampleBatch(batch));
  }

  async removeSamples(indices: number[]) {
    return (await this.writing()).project.removeSamples(check.checkIndices(indices));
  }

  async thumbnail(input: string, index: number) {
    const place = check.checkSample(input, index);
    return this.opened().project.thumbnail(place.input, place.index);
  }

  async preview(request: PreviewRequest) {
    return this.opened().project.preview(check.checkPreview(request));
  }

  async inputMeta() {
    return this.opened().project.inputMetaView();
  }

  async checkInputMeta(draft: InputDraft) {
    return this.opened().project.checkInputMeta(check.checkDraft(draft));
  }

  async saveInputMeta(draft: InputDraft) {
    return (await this.writing()).project.saveInputMeta(check.checkDraft(draft));
  }

  async jobOptions(name: ProjectJobName): Promise<OptionView[]> {
    check.checkProjectJob(name);
    return quantizeOptionViews();
  }

  async runJob<Name extends ProjectJobName>(
    name: Name,
    options: JobOptions,
    job: JobId,
  ): Promise<ProjectJobResults[Name]> {
    check.checkProjectJob(name);
    const { project } = await this.writing();
    return this.jobs.run(check.checkJob(job), `Quantize ${project.files.name}`, async (context) => {
      const { target } = await readSettings(project.files);
      return runView(await quantizeProject(project, options, target, context));
    });
  }

  async jobHistory() {
    return this.jobs.history();
  }

  async useRun(number: number): Promise<void> {
    const { files } = (await this.writing()).project;
    await useRun(files, check.checkRunNumber(number));
  }

  profile = (runs: number, job: JobId) => this.graphs.profile(runs, job);
  channelRanges = (key: string) => this.graphs.channelRanges(key);
  readNodeData = (file: NamedBytes) => this.graphs.readNodeData(file);
  quantities = () => this.graphs.quantities();
  exportNodeData = (format: NodeDataFormat, quantity: string | null) =>
    this.graphs.exportNodeData(format, quantity);
  analysis = () => this.inspect.analysis();
  measureLayers = (job: JobId) => this.inspect.measureLayers(job);
  customized = () => this.inspect.customized();
  checkCustomized = (draft: CustomizedDraft) => this.inspect.checkCustomized(draft);
  saveCustomized = (draft: CustomizedDraft) => this.inspect.saveCustomized(draft);
  whatIf = (draft: HybridDraft, job: JobId) => this.inspect.whatIf(draft, job);
  applyHybrid = (draft: HybridDraft, job: JobId) => this.inspect.applyHybrid(draft, job);
  nextLayerEffect = (ref: string, range: { min: number; max: number }) =>
    this.inspect.nextLayerEffect(ref, range);
  diffTables = (a: TableSource, b: TableSource) => this.inspect.diffTables(a, b);

  protected opened(): OpenedProject {
    if (!this.current) throw new StudioError('usage', 'no model is open', {}, 'Open a model first.');
    return this.current;
  }

  protected async writing(): Promise<OpenedProject> {
    const opened = this.opened();
    await this.lock.require();
    return opened;
  }

  private async open(
    job: JobId,
    title: string,
    work: (context: Parameters<ProjectOpener['openSample']>[0]) => Promise<OpenedProject>,
  ): Promise<ModelSummary> {
    return this.jobs.run(check.checkJob(job), title, async (context) => {
      const opened = await work(context);
      if (context.signal.aborted) throw new StudioError('cancelled', 'the import was cancelled');
      this.current = opened;
      await this.lock.follow(opened.project.files.folder);
      const { model, read } = opened;
      context.log('I', `Imported ${model.file}: ${model.network.layers.size} layers`);
      return summarizeModel(model, read);
    });
  }
}
