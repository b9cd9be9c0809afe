import { constants } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobContext } from '../jobs/context.ts';
import { compileCase, startCompiled } from '../jobs/run-case.ts';
import { StudioError } from '../network/errors.ts';
import type { BuildKind, BuildView } from './contract-export.ts';
import { buildFolder, exportFolder } from './export-record.ts';
import type { ProjectFiles } from './project-files.ts';
import { readSettings, writeSettings } from './project-settings.ts';

/** Characters of the output that are kept, from its end. */
const MOST_OUTPUT = 100_000;

/**
 * Compiles a copy of an exported case against the simulator and runs its self test. The copy is made so that the
 * export stays free of objects for this computer's processor.
 * @throws StudioError 'usage' without export; 'compiler-missing', 'file-missing'; 'simulator-failed'
 */
export async function buildProject(
  files: ProjectFiles,
  wanted: BuildKind,
  context: JobContext,
): Promise<BuildView> {
  const { exported } = await readSettings(files);
  const written = exported?.folders.find(({ kind }) => kind === wanted);
  if (!exported || !written) throw new StudioError('usage', 'nothing has been exported', {}, 'Export first.');
  const folder = buildFolder(files, wanted);
  context.progress(0, 'copying the case');
  await rm(folder, { recursive: true, force: true });
  for (const name of written.files) {
    context.signal.throwIfAborted();
    const [from, to] = [join(exportFolder(files, wanted), name), join(folder, name)];
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to, constants.COPYFILE_FICLONE).catch(() => {
      throw new StudioError('file-missing', 'a file of the export is gone', { file: name }, 'Export again.');
    });
  }
  const compiled = await compileCase(folder, context);
  context.progress(0.7, 'running the program');
  const hasTest = written.files.includes('vnn_self_test.c');
  const started = performance.now();
  const end = hasTest
    ? await startCompiled(compiled, ['--self-test'], {
        requantization: 'exact',
        cwd: folder,
        signal: context.signal,
      })
    : undefined;
  const view: BuildView = {
    finished: Date.now(),
    compileSeconds: compiled.compileSeconds,
    runSeconds: (performance.now() - started) / 1000,
    passed: end ? end.code === 0 && /^Self test: PASS$/m.test(end.text) : null,
    output: outputOf(basename(compiled.program), compiled.text, end),
  };
  const settings = await readSettings(files);
  // Another export meanwhile would have been refused: one job at a time.
  if (settings.exported) {
    const build = wanted === 'case' ? { build: view } : { packedBuild: view };
    await writeSettings(files, { ...settings, exported: { ...settings.exported, ...build } });
  }
  context.progress(1, 'built');
  return view;
}

function outputOf(name: string, compiler: string, end: { code: number; text: string } | undefined): string {
  const run = end
    ? `$ ./${name} --self-test\n${end.text}${end.code === 0 ? '' : `\nended with code ${end.code}`}`
    : 'The export has no self test: the program was compiled and not run.';
  const text = `$ make -f makefile.linux\n${compiler.trimEnd()}\n\n${run}`.trimEnd();
  return text.length > MOST_OUTPUT ? `…${text.slice(-MOST_OUTPUT)}` : text;
}
