import { rename } from 'node:fs/promises';
import { z } from 'zod';
import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { exportRecord, verifyRecord } from './export-record.ts';
import type { RunView } from './contract-project.ts';
import type { ProjectFiles } from './project-files.ts';
import { sourceRecord } from './source-record.ts';

const number = z.number();

const evaluation = z.object({
  samples: number,
  outputs: z.array(z.object({ sqnr: number.nullable(), cosine: number })),
  agreement: number,
  labelled: number,
  accuracy: z.object({ quantized: number, float: number }).optional(),
});

const run = z.object({
  number: z.int().positive(),
  finished: number,
  seconds: number,
  quantizer: z.string(),
  qtype: z.string(),
  algorithm: z.string(),
  extras: z.array(z.string()),
  samples: number,
  meanSqnr: number.nullable(),
  evaluation: evaluation.nullable(),
  weightBytes: number,
  warnings: z.array(z.string()),
  advice: z.array(z.string()),
  advised: z.record(z.string(), z.union([z.string(), number, z.boolean()])),
  /** Fingerprints of what the run was made from. */
  basis: z.object({ model: z.string(), data: z.string(), inputMeta: z.string(), lists: z.string() }),
  /** Fingerprint of its table. */
  table: z.string(),
});

/** A run with what is needed to tell whether it is stale. */
export type RunRecord = z.output<typeof run>;

/** A run without what only the core needs. */
export function runView({ basis: _basis, table: _table, ...view }: RunRecord): RunView {
  return view;
}

const settings = z.object({
  /** PID of the chip. */
  target: z.string().nullable().default(null),
  /** Counts up; numbers of deleted runs are not given again. */
  lastRun: z.int().nonnegative().default(0),
  /** The run that was made the project's last; tells runs with equal tables apart. */
  current: z.int().nullable().default(null),
  runs: z.array(run).default([]),
  source: sourceRecord.nullable().default(null),
  exported: exportRecord.nullable().default(null),
  verified: verifyRecord.nullable().default(null),
});

/** What the studio remembers of one network. */
export type ProjectSettings = z.output<typeof settings>;

const file = z.object({ version: z.literal(1), networks: z.record(z.string(), settings) });

/** Reads nibble.json. One that makes no sense is kept as nibble.json.bak, and the settings start anew. */
export async function readSettings(
  { settings: path, name }: ProjectFiles,
  warn: (text: string) => void = () => undefined,
): Promise<ProjectSettings> {
  const all = await readAll(path, warn);
  return all[name] ?? settings.parse({});
}

/** Replaces the settings of this network, those of others in the folder stay. @throws StudioError 'file-unwritable' */
export async function writeSettings(
  { settings: path, name }: ProjectFiles,
  changed: ProjectSettings,
): Promise<void> {
  const networks = await readAll(path, () => undefined);
  const content: z.output<typeof file> = { version: 1, networks: { ...networks, [name]: changed } };
  await writeFileAtomic(path, `${JSON.stringify(content, undefined, 2)}\n`);
}

async function readAll(path: string, warn: (text: string) => void): Promise<Record<string, ProjectSettings>> {
  let text: string;
  try {
    text = await readTextOf(path);
  } catch (error) {
    if (error instanceof StudioError && error.code === 'file-missing') return {};
    throw error;
  }
  try {
    return file.parse(JSON.parse(text)).networks;
  } catch {
    // Moved, not copied: it is read every few seconds.
    await rename(path, `${path}.bak`);
    warn('nibble.json is not as the studio writes it: kept as nibble.json.bak, its settings are not used');
    return {};
  }
}
