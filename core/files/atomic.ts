import { randomBytes } from 'node:crypto';
import {
  copyFile,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../network/errors.ts';

/** Receives the next bytes of a file that is being written. The bytes may be reused once it resolves. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

/** More than one Buffer of Node can be asked for, and more than any file of a network for these chips. */
export const MAX_FILE_BYTES = 2 ** 32 - 1;

/** Text files beyond this are not ours; JavaScript strings end at 512 MB anyway. */
export const MAX_TEXT_BYTES = 256 * 2 ** 20;

/**
 * Writes a whole file or nothing: a reader never sees a half-written one.
 * @throws StudioError 'file-unwritable'
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  await writeAtomically(path, (write) => write(bytes));
}

/**
 * Writes a text file of ours and reads it back before it takes its name: what `parse` refuses is not written.
 * @throws StudioError 'file-unwritable'
 */
export async function writeChecked(
  path: string,
  text: string,
  parse: (text: string) => unknown,
): Promise<void> {
  await writeAtomically(
    path,
    (write) => write(Buffer.from(text, 'utf8')),
    async (temporary) => {
      const found = await readFile(temporary, 'utf8');
      if (found !== text) throw new Error('it reads back other text');
      parse(found);
    },
  );
}

/**
 * Streams a file through a temporary one in the same folder, then renames. It is not forced to the disk: a power
 * cut may lose it, as any compiler's output, and waiting would take longer than the import of a small model. When `produce` throws, the
 * temporary file is removed, the old file stays, and its error goes on unchanged.
 * @param check looks at the finished file before it takes its name; its size is looked at in any case
 * @throws StudioError 'file-unwritable' when the system refuses, or the file is not what was written
 */
export async function writeAtomically(
  path: string,
  produce: (write: ByteSink) => Promise<void>,
  check: (temporary: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await throughTemporary(path, await linkTarget(path), async (temporary) => {
    const handle = await orUnwritable(path, () => open(temporary, 'wx'));
    let written = 0;
    try {
      await produce((bytes) => {
        written += bytes.length;
        return orUnwritable(path, () => writeAll(handle, bytes));
      });
    } finally {
      await handle.close();
    }
    await orUnwritable(path, async () => {
      const { size } = await stat(temporary);
      if (size !== written) throw new Error(`${size} of ${written} bytes arrived`);
      await check(temporary);
    });
  });
}

/**
 * Copies a whole file or nothing; a symbolic link of that name is replaced.
 * @throws StudioError 'file-unwritable'
 */
export async function copyFileAtomic(from: string, to: string): Promise<void> {
  await throughTemporary(to, to, (temporary) => orUnwritable(to, () => copyFile(from, temporary)));
}

/** Has a file made under a temporary name beside its target, and renames it; it is gone when anything throws. */
async function throughTemporary(
  path: string,
  target: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(target), `.nibble-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await make(temporary);
    await orUnwritable(path, () => rename(temporary, target));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Makes a folder and those above it, where they are missing. @throws StudioError 'file-unwritable' */
export async function makeFolder(path: string): Promise<void> {
  await orUnwritable(path, () => mkdir(path, { recursive: true }));
}

/** A rename would replace a symbolic link by a file; people expect the file behind it to change. */
async function linkTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, 2 ** 28));
    done += bytesWritten;
  }
}

async function orUnwritable<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('file-unwritable', `cannot write ${basename(path)}: ${reasonOf(error)}`, {
      file: path,
    });
  }
}

/**
 * The bytes of a file, in a buffer of its own (offset 0, so typed views on it are aligned).
 * @throws StudioError 'file-missing', or 'file-unreadable' with the reason in words
 */
export async function readFileOf(
  path: string,
  options: { limit?: number } = {},
): Promise<Buffer<ArrayBuffer>> {
  const limit = Math.min(options.limit ?? MAX_FILE_BYTES, MAX_FILE_BYTES);
  return orUnreadable(path, async () => {
    // stat before open: opening a named pipe would wait for ever.
    checkReadable(path, await stat(path), limit);
    const handle = await open(path, 'r');
    try {
      const info = await handle.stat();
      checkReadable(path, info, limit);
      return await readAll(handle, info.size);
    } finally {
      await handle.close();
    }
  });
}

/**
 * A UTF-8 text file; a byte order mark is dropped.
 * @throws StudioError as {@link readFileOf}, and 'file-malformed' when it is not UTF-8
 */
export async function readTextOf(path: string, options: { limit?: number } = {}): Promise<string> {
  const bytes = await readFileOf(path, { limit: options.limit ?? MAX_TEXT_BYTES });
  return decodeText(bytes, path);
}

/** UTF-8 text of bytes. @throws StudioError 'file-malformed' */
export function decodeText(bytes: Uint8Array, file?: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StudioError('file-malformed', 'this is not a text file (not UTF-8)', { file });
  }
}

function checkReadable(
  path: string,
  info: { isFile(): boolean; isDirectory(): boolean; size: number },
  limit: number,
): void {
  if (info.isDirectory()) throw unreadable(path, 'it is a folder');
  if (!info.isFile()) throw unreadable(path, 'it is not an ordinary file');
  if (info.size > limit) throw unreadable(path, `it has ${info.size} bytes, more than the limit of ${limit}`);
}

async function readAll(handle: FileHandle, size: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(buffer, done, Math.min(size - done, 2 ** 28), done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

async function orUnreadable<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StudioError) throw error;
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new StudioError('file-missing', 'there is no such file', { file: path });
    }
    throw unreadable(path, reasonOf(error));
  }
}

function unreadable(path: string, reason: string): StudioError {
  return new StudioError('file-unreadable', `cannot read this file: ${reason}`, { file: path });
}

const reasons = new Map([
  ['ENOENT', 'the folder does not exist'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'the system does not permit it'],
  ['EROFS', 'the disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'its links form a circle'],
  ['EBUSY', 'another program uses it'],
  ['ERR_INVALID_ARG_VALUE', 'the name holds a zero byte'],
  ['ENOMEM', 'not enough memory'],
]);

function reasonOf(error: unknown): string {
  return reasons.get(systemCode(error)) ?? (error instanceof Error ? error.message : String(error));
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
