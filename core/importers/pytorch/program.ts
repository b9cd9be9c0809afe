import { decodeText } from '../../files/atomic.ts';
import { StudioError } from '../../network/errors.ts';
import type { TorchArchive } from './archive.ts';
import { parseSource } from './parser.ts';
import type { FunctionDefinition, SourceFile } from './syntax.ts';
import { ClassValue, FunctionValue } from './values.ts';

/** The code of an archive: files are parsed when something in them is needed. */
export class Program {
  private readonly archive: TorchArchive;
  private readonly added = new Map<string, ClassValue>();
  private readonly files = new Map<string, SourceFile>();

  constructor(archive: TorchArchive) {
    this.archive = archive;
  }

  /**
   * Gives a class of a file before PyTorch 1.4 its methods: there they are the functions of a file, or those of its
   * only class. @param path undefined for modules without methods
   */
  addMethods(name: string, path: string | undefined): void {
    const file = path === undefined ? undefined : this.file(path);
    const [only] = file?.classes.values() ?? [];
    const methods =
      file && file.functions.size === 0 && only
        ? only.methods
        : (file?.functions ?? new Map<string, FunctionDefinition>());
    this.added.set(name, new ClassValue({ name, bases: ['Module'], attributes: new Map(), methods }, name));
  }

  /** The class or function of a full name like `__torch__.nets.LeNet5`; undefined when there is none. */
  find(name: string): ClassValue | FunctionValue | undefined {
    const known = this.added.get(name);
    if (known) return known;
    const cut = name.lastIndexOf('.');
    const path = `code/${name.slice(0, cut).replaceAll('.', '/')}.py`;
    if (cut < 0 || !this.archive.has(path)) return undefined;
    const file = this.file(path);
    const own = name.slice(cut + 1);
    const type = file.classes.get(own);
    if (type) return new ClassValue(type, name);
    const definition = file.functions.get(own);
    return definition && new FunctionValue(definition, path);
  }

  /** The class of an object. @throws StudioError file-malformed when the archive lacks it */
  classOf(name: string): ClassValue {
    const found = this.find(name);
    if (found instanceof ClassValue) return found;
    throw new StudioError('file-malformed', `the archive holds no code of the class ${name}`);
  }

  file(path: string): SourceFile {
    const known = this.files.get(path);
    if (known) return known;
    const file = parseSource(decodeText(this.archive.bytes(path), path), path);
    this.files.set(path, file);
    return file;
  }
}
