import type { JobContext } from '../jobs/context.ts';
import type { JobId } from './contract.ts';
import type {
  AnalysisView,
  CustomizedDraft,
  CustomizedView,
  HybridDraft,
  InspectApi,
  TableSource,
} from './contract-inspect.ts';
import { readTable, writeCustomized } from './current-table.ts';
import { checkedCustomized, customizedView } from './customized-draft.ts';
import { runHybrid, tryHybrid } from './hybrid-run.ts';
import { analysisOf, differences, measureLayers } from './inspection.ts';
import type { JobRunner } from './job-runner.ts';
import { nextLayerEffect } from './next-layer-effect.ts';
import type { Project } from './project.ts';
import { runView } from './project-settings.ts';
import { checkJob } from './validate.ts';
import {
  checkCustomizedDraft,
  checkHybridDraft,
  checkRange,
  checkRef,
  checkTableSource,
} from './validate-inspect.ts';

/** The Inspect stage of the core. */
export class InspectCore implements InspectApi {
  /** The last of the changes to a table: they are made in the order they were asked for. */
  private writing: Promise<unknown> = Promise.resolve();

  /**
   * @param opened the open project; throws when there is none
   * @param forWriting the same; rejects while it can only be looked at
   */
  constructor(
    private readonly opened: () => Project,
    private readonly forWriting: () => Promise<Project>,
    private readonly jobs: JobRunner,
  ) {}

  async analysis(): Promise<AnalysisView | null> {
    return analysisOf(this.opened());
  }

  async measureLayers(job: JobId): Promise<AnalysisView> {
    return this.run('Measure every layer', job, measureLayers);
  }

  async customized(): Promise<CustomizedView> {
    const project = this.opened();
    const { customized } = await readTable(project.files.table);
    return this.view(project, { layers: Object.fromEntries(customized) });
  }

  async checkCustomized(draft: CustomizedDraft): Promise<CustomizedView> {
    return this.view(this.opened(), checkCustomizedDraft(draft));
  }

  async saveCustomized(draft: CustomizedDraft): Promise<CustomizedView> {
    const project = await this.forWriting();
    const { files, network } = project;
    const checked = checkCustomizedDraft(draft);
    const layers = checkedCustomized(network, checked, `${files.name}.quantize`);
    const written = this.writing.then(() => writeCustomized(files, layers));
    this.writing = written.catch(() => undefined);
    await written;
    return this.view(project, checked);
  }

  async whatIf(draft: HybridDraft, job: JobId) {
    const checked = checkHybridDraft(draft);
    return this.run('Try the changes', job, (project, context) => tryHybrid(project, checked, context));
  }

  async applyHybrid(draft: HybridDraft, job: JobId) {
    const checked = checkHybridDraft(draft);
    return this.run('Apply the changes', job, async (project, context) =>
      runView(await runHybrid(project, checked, context)),
    );
  }

  async nextLayerEffect(ref: string, range: { min: number; max: number }) {
    return nextLayerEffect(this.opened(), checkRef(ref), checkRange(range));
  }

  async diffTables(a: TableSource, b: TableSource) {
    return differences(this.opened(), checkTableSource(a), checkTableSource(b));
  }

  private view({ network, files }: Project, draft: CustomizedDraft): CustomizedView {
    return customizedView(network, draft, `${files.name}.quantize`);
  }

  private async run<T>(
    title: string,
    job: JobId,
    work: (project: Project, context: JobContext) => Promise<T>,
  ): Promise<T> {
    const project = await this.forWriting();
    return this.jobs.run(checkJob(job), title, (context) => work(project, context));
  }
}
