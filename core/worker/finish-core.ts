import type { BuildKind, DumpsRequest, ExportApi, Requantization, VerifySample } from './contract-export.ts';
import type { JobId } from './contract.ts';
import type { JobOptions } from './contract-project.ts';
import { compareProjectDumps } from './dumps-run.ts';
import { buildProject } from './export-build.ts';
import { caseFileView, exportView } from './export-files.ts';
import { exportOptionViews } from './export-form.ts';
import { quantizedFiles } from './export-record.ts';
import { exportProject } from './export-run.ts';
import type { JobRunner } from './job-runner.ts';
import type { OpenedProject } from './open-project.ts';
import { postProcessView, savePostProcess } from './project-postprocess.ts';
import { readSettings } from './project-settings.ts';
import { chipViews, recognizeTargets, targetFit } from './target-view.ts';
import * as check from './validate.ts';
import {
  checkBuildKind,
  checkCaseFile,
  checkDumps,
  checkPasted,
  checkPostProcessText,
  checkRequantization,
  checkVerifySample,
} from './validate-export.ts';
import { verifyProject } from './verify-run.ts';

/** The last stages: chip, export, comparison. */
export abstract class FinishCore implements ExportApi {
  protected abstract readonly jobs: JobRunner;
  /** Whether the page may name folders. */
  protected abstract readonly paths: boolean;

  /** @throws StudioError 'usage' when no project is open */
  protected abstract opened(): OpenedProject;

  /** The same, to be changed. @throws StudioError 'file-unwritable' while another window holds it */
  protected abstract writing(): Promise<OpenedProject>;

  async chips() {
    return chipViews();
  }

  async recognizeTargets(text: string) {
    return recognizeTargets(checkPasted(text));
  }

  async targetFit(pid: string) {
    return targetFit(this.opened().project.files, check.checkTarget(pid) ?? '');
  }

  async postProcess() {
    return postProcessView(this.opened().project);
  }

  async savePostProcess(text: string | null) {
    return savePostProcess((await this.writing()).project, checkPostProcessText(text));
  }

  async exportOptions() {
    const quantized = (await quantizedFiles(this.opened().project.files)) !== undefined;
    return exportOptionViews(quantized, this.paths);
  }

  async exportCase(options: JobOptions, job: JobId) {
    const { project } = await this.writing();
    return this.jobs.run(check.checkJob(job), `Export ${project.files.name}`, async (context) =>
      exportView(project.files, await exportProject(project, options, this.paths, context)),
    );
  }

  async caseFiles() {
    const { files } = this.opened().project;
    const { exported } = await readSettings(files);
    return exported && exportView(files, exported);
  }

  async caseFile(name: string) {
    const { files } = this.opened().project;
    const checked = checkCaseFile(name);
    const { exported } = await readSettings(files);
    return caseFileView(files, exported, checked);
  }

  async buildCase(kind: BuildKind, job: JobId) {
    const checked = checkBuildKind(kind);
    const { files } = (await this.writing()).project;
    return this.jobs.run(check.checkJob(job), `Build ${files.name}`, (context) =>
      buildProject(files, checked, context),
    );
  }

  async verify(sample: VerifySample, job: JobId, requantization: Requantization = 'exact') {
    const { project } = await this.writing();
    const wanted = { sample: checkVerifySample(sample), requantization: checkRequantization(requantization) };
    return this.jobs.run(check.checkJob(job), `Verify ${project.files.name}`, (context) =>
      verifyProject(project, wanted, context),
    );
  }

  async compareDumps(request: DumpsRequest, job: JobId) {
    const { project } = await this.writing();
    const checked = checkDumps(request);
    return this.jobs.run(check.checkJob(job), `Compare dumps of ${project.files.name}`, (context) =>
      compareProjectDumps(project, checked, context),
    );
  }
}
