import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import type { JobId, ModelSource, ModelSummary, NamedBytes, StudioApi } from './contract.ts';
import { graphView } from './graph-view.ts';
import { importModelJob, modelFormats, type ImportedModel, type ModelReader } from './import-model.ts';
import { READERS } from './readers.ts';
import { layerView } from './layer-view.ts';
import { readPaths } from './read-paths.ts';
import type { Ui } from './rpc.ts';
import { summarizeModel } from './summary.ts';
import { throttle } from './throttle.ts';
import { checkJob, checkKey, checkSource } from './validate.ts';

/** What a {@link StudioCore} is made from. */
export interface StudioCoreOptions {
  version: string;
  /** Whether the page may name files by path: on the desktop, not over the network. */
  paths: boolean;
  readers?: readonly ModelReader[];
}

/** The core behind one page: it holds the open model and the running jobs. */
export class StudioCore implements StudioApi {
  private readonly options: StudioCoreOptions;
  private readonly readers: readonly ModelReader[];
  private readonly ui: () => Ui;
  private readonly jobs = new Map<JobId, AbortController>();
  private model: ImportedModel | undefined;

  /** `ui` is asked late, because the page is connected through this very object. */
  constructor(options: StudioCoreOptions, ui: () => Ui) {
    this.options = options;
    this.readers = options.readers ?? READERS;
    this.ui = ui;
  }

  async version() {
    const { version, paths } = this.options;
    return { version, paths, formats: modelFormats(this.readers) };
  }

  async importModel(source: ModelSource, job: JobId): Promise<ModelSummary> {
    const checked = checkSource(source);
    return this.run(checkJob(job), async (context) => {
      const files = await this.files(checked, context.signal);
      const model = await importModelJob(files, context, this.readers);
      if (context.signal.aborted) throw new StudioError('cancelled', 'the import was cancelled');
      this.model = model;
      context.log('I', `Imported ${model.file}: ${model.network.layers.size} layers`);
      return summarizeModel(model, files);
    });
  }

  async graph() {
    return graphView(this.opened());
  }

  async layer(key: string) {
    return layerView(this.opened(), checkKey(key));
  }

  async cancel(job: JobId): Promise<void> {
    this.jobs.get(checkJob(job))?.abort();
  }

  private opened(): ImportedModel {
    if (!this.model) throw new StudioError('usage', 'no model is open', {}, 'Open a model first.');
    return this.model;
  }

  private async files(source: ModelSource, signal: AbortSignal): Promise<NamedBytes[]> {
    if ('files' in source) return source.files;
    if (!this.options.paths)
      throw new StudioError('usage', 'this studio takes the files themselves, not their paths');
    return readPaths(source.paths, signal);
  }

  private async run<T>(job: JobId, work: (context: JobContext) => Promise<T>): Promise<T> {
    if (this.jobs.has(job)) throw new StudioError('usage', `job ${job} is already running`);
    const controller = new AbortController();
    this.jobs.set(job, controller);
    const ui = this.ui();
    try {
      return await work({
        signal: controller.signal,
        progress: throttle((fraction: number, text: string) => ui.progress(job, fraction, text)),
        log: (level, text) => ui.log(job, level, text),
      });
    } finally {
      this.jobs.delete(job);
    }
  }
}
