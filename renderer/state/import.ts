import type { ModelSource, WireError } from '../../core/worker/contract.ts';
import { open } from './project.ts';
import { showSource } from './source.ts';
import { useStudio } from './store.ts';

/** Opens files the page holds. */
export async function importFiles(files: readonly File[]): Promise<void> {
  const desktop = window.nibbleDesktop;
  const wanted = modelFiles(files);
  if (wanted.length === 0) return;
  const source = async (): Promise<ModelSource> =>
    desktop
      ? { paths: wanted.map((file) => desktop.pathOf(file)) }
      : { files: await Promise.all(wanted.map(readFile)) };
  await openModel(`Import ${wanted[0].name}`, async (api, id) => api.importModel(await source(), id));
}

/** Opens files by path (desktop). */
export async function importPaths(paths: string[]): Promise<void> {
  if (paths.length === 0) return;
  await openModel(`Import ${paths[0].replace(/^.*[\\/]/, '')}`, (api, id) => api.importModel({ paths }, id));
}

/** A model that was refused is shown with what can be done about it. */
async function openModel(title: string, work: Parameters<typeof open>[1]): Promise<void> {
  if (await open(title, work)) return;
  if (useStudio.getState().job?.phase === 'failed') await showSource(true);
}

/** Of a whole folder only what a model can consist of. */
function modelFiles(files: readonly File[]): readonly File[] {
  const { core, source } = useStudio.getState();
  const endings = (core?.formats ?? []).flatMap(({ extensions, companions }) => [
    ...extensions,
    ...companions,
  ]);
  const asked = source?.view.missing.map(({ name }) => name.replace(/^.*[\\/]/, '')) ?? [];
  const known = files.filter(
    ({ name }) => asked.includes(name) || endings.some((ending) => name.toLowerCase().endsWith(ending)),
  );
  return known.length > 0 ? known : files;
}

async function readFile(file: File) {
  try {
    return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    // Browsers refuse folders and files that changed since they were picked.
    const problem: WireError = {
      code: 'file-unreadable',
      message: 'this is not a file that can be read',
      place: { file: file.name },
      hint: 'Drop the model file itself, not its folder.',
    };
    throw problem;
  }
}
