import { rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobContext } from '../jobs/context.ts';
import { StudioError } from '../network/errors.ts';
import { findChip } from '../targets/chips.ts';
import { checkExportForm } from './export-form.ts';
import { exportBasis, exportFolder, quantizedFiles, type ExportRecord } from './export-record.ts';
import { needCoefficients, type ProjectFiles } from './project-files.ts';
import type { Project } from './project.ts';
import { usedPostProcess } from './project-postprocess.ts';
import { readSettings, writeSettings } from './project-settings.ts';
import { runJob } from './run-job.ts';

/** Exports a project into export/NAME and remembers what was written from what. */
export async function exportProject(
  project: Project,
  options: unknown,
  paths: boolean,
  context: JobContext,
): Promise<ExportRecord> {
  const { files } = project;
  const quantized = await quantizedFiles(files);
  const given = checkExportForm(options, quantized !== undefined, paths);
  if (given.dtype === 'quantized' && !quantized) {
    throw new StudioError('usage', 'the network is not quantized', {}, 'Quantize it, or export float16.');
  }
  await needCoefficients(files);
  const { target } = await readSettings(files);
  const chip = target === null ? undefined : findChip(target);
  const withInputMeta = await project.savedInputMeta();
  const postprocessFile = await usedPostProcess(project);
  const basis = await exportBasis(project, target);
  const source = given.dtype === 'quantized' ? quantized : { model: files.model, modelData: files.data };
  const warnings: string[] = [];
  const result = await runJob(
    'export ovxlib',
    {
      ...given,
      ...source,
      withInputMeta,
      outputPath: join(exportFolder(files, 'case'), files.name),
      ...(chip ? { optimize: chip.optimize } : {}),
      ...(postprocessFile === undefined ? {} : { postprocessFile }),
    },
    {
      ...context,
      cwd: files.folder,
      log: (level, line) => {
        if (level === 'W') warnings.push(line);
        context.log(level, line);
      },
    },
  );
  const { packed } = result;
  const record: ExportRecord = {
    finished: Date.now(),
    options: {
      dtype: given.dtype ?? 'float16',
      batchSize: given.batchSize,
      forceRemovePermute: given.forceRemovePermute ?? false,
    },
    folders: [
      { kind: 'case', files: result.files },
      ...(packed ? [{ kind: packed.kind, files: packed.files }] : []),
    ],
    warnings,
    basis,
    build: null,
    packedBuild: null,
  };
  const settings = await readSettings(files);
  if (settings.exported) await removeOld(files, settings.exported, record);
  await writeSettings(files, { ...settings, exported: record });
  return record;
}

/** Deletes files of the export before that the new one did not write again; what is not ours stays. */
async function removeOld(files: ProjectFiles, old: ExportRecord, now: ExportRecord): Promise<void> {
  for (const { kind, files: names } of old.folders) {
    const kept = new Set(now.folders.find((folder) => folder.kind === kind)?.files);
    const folder = exportFolder(files, kind);
    const gone = names.filter((name) => !kept.has(name)).map((name) => join(folder, name));
    for (const path of gone) await unlink(path).catch(() => undefined);
    for (const place of [...new Set(gone.map((path) => dirname(path))), folder]) {
      // Only an empty folder can be removed this way.
      if (basename(place) !== 'export') await rmdir(place).catch(() => undefined);
    }
  }
}
