import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import type { RecentProject } from './contract-project.ts';
import { findModel } from './find-model.ts';

/** Lines of the list. */
const MOST = 12;

const file = z.object({
  version: z.literal(1),
  projects: z.array(z.object({ model: z.string().min(1), opened: z.number() })),
});

type Entry = z.output<typeof file>['projects'][number];

/** The list of projects that were opened, in the user's data folder. */
export class RecentProjects {
  private readonly path: string;

  /**
   * @param root where projects made from dropped files lie
   * @param elsewhere whether projects outside of it may be named
   */
  constructor(
    data: string,
    private readonly root: string,
    private readonly elsewhere: boolean,
  ) {
    this.path = join(data, 'recent.json');
  }

  /** Puts a network on top. A list that cannot be written is no reason to stop working. */
  async add(model: string): Promise<void> {
    const others = (await this.read()).filter((entry) => entry.model !== model);
    const projects = [{ model, opened: Date.now() }, ...others].slice(0, 4 * MOST);
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await writeFileAtomic(this.path, `${JSON.stringify({ version: 1, projects }, undefined, 2)}\n`);
    } catch {
      // The next start knows one project less.
    }
  }

  /** Those that still exist, last opened first, then what else lies in the projects folder. */
  async list(): Promise<RecentProject[]> {
    const found: RecentProject[] = [];
    for (const { model, opened } of await this.read()) {
      const id = this.idOf(model);
      if (id !== undefined && (await isFile(model))) found.push(lineOf(id, model, opened));
    }
    for (const folder of await readdir(this.root).catch(() => [])) {
      if (found.length >= MOST) break;
      if (found.some((known) => known.id === folder)) continue;
      const model = await findModel(join(this.root, folder)).catch(() => undefined);
      if (model !== undefined && !found.some((known) => known.id === model)) {
        found.push(lineOf(this.idOf(model) ?? folder, model, null));
      }
    }
    return found.slice(0, MOST);
  }

  /** The name under which the page asks for a network; undefined where it must not. */
  idOf(model: string): string | undefined {
    if (this.elsewhere) return model;
    const folder = relative(this.root, dirname(model));
    return folder === '' || folder.startsWith('.') || /[\\/]/.test(folder) ? undefined : folder;
  }

  private async read(): Promise<Entry[]> {
    try {
      return file.parse(JSON.parse(await readTextOf(this.path))).projects;
    } catch {
      return [];
    }
  }
}

function lineOf(id: string, model: string, opened: number | null): RecentProject {
  const folder = dirname(model);
  return { id, name: model.slice(folder.length + 1).replace(/\.json$/, ''), folder, opened };
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
