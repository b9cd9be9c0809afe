import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { JobContext } from '../jobs/context.ts';

/** A folder for one test file, removed when its tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nibble-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A job context that nobody listens to. */
export function quietContext(signal = new AbortController().signal): JobContext {
  return { signal, progress: () => undefined, log: () => undefined };
}
