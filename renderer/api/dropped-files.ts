/** A file with the folders it was dropped or picked with. */
export interface DroppedFile {
  /** `cat/1.png`: at most the folder it lies in. */
  name: string;
  file: File;
}

/** Files are read so many at a time. */
const MAX_FILES = 100_000;

/** All files of a drop, folders included. To be called while the event is handled; the rest may take its time. */
export function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  // A drop that a program made has files but no entries.
  if (entries.length === 0) return Promise.resolve(pickedFiles([...transfer.files]));
  return walk(entries);
}

/** Files of a picker; those of a folder keep the folder they lie in. */
export function pickedFiles(files: readonly File[]): DroppedFile[] {
  return files
    .filter(({ name }) => !name.startsWith('.'))
    .map((file) => ({ name: lastTwo(file.webkitRelativePath || file.name), file }));
}

/** Folders that hold the files, sorted, when they are several and hold all of them: those are classes. */
export function classFolders(files: readonly DroppedFile[]): string[] {
  const samples = files.filter(({ name }) => !/\.(?:txt|csv)$/i.test(name));
  const folders = new Set(samples.map(({ name }) => (name.includes('/') ? name.split('/')[0] : '')));
  return folders.size < 2 || folders.has('') ? [] : [...folders].sort();
}

async function walk(entries: readonly FileSystemEntry[]): Promise<DroppedFile[]> {
  const found: DroppedFile[] = [];
  const waiting = [...entries];
  for (let entry = waiting.pop(); entry && found.length < MAX_FILES; entry = waiting.pop()) {
    if (entry.name.startsWith('.')) continue;
    if (isFile(entry)) found.push({ name: lastTwo(entry.fullPath), file: await fileOf(entry) });
    else if (isFolder(entry)) waiting.push(...(await contents(entry)));
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A reader gives a hundred entries at a time. */
async function contents(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function lastTwo(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .slice(-2)
    .join('/');
}
