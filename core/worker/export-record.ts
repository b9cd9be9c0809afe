import { z } from 'zod';
import type { BuildKind } from './contract-export.ts';
import type { Project } from './project.ts';
import { changed, fingerprint, type ProjectFiles } from './project-files.ts';

/** A file name with folders inside an export: no way out of it. */
const caseName = z
  .string()
  .max(1024)
  .regex(/^(?!\.{1,2}(?:\/|$))[^\\/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^\\/\0]+)*$/);

const build = z.object({
  finished: z.number(),
  compileSeconds: z.number(),
  runSeconds: z.number(),
  passed: z.boolean().nullable(),
  output: z.string(),
});

/** What the last export was made from and wrote. */
export const exportRecord = z.object({
  finished: z.number(),
  /** As the job takes them, without paths. */
  options: z.object({
    dtype: z.enum(['float', 'float16', 'float32', 'quantized']),
    batchSize: z.int().positive().optional(),
    forceRemovePermute: z.boolean(),
  }),
  folders: z
    .array(z.object({ kind: z.enum(['case', 'unify', 'viplite']), files: z.array(caseName) }))
    .min(1)
    .max(2),
  warnings: z.array(z.string()),
  /** Fingerprints of what it was made from. */
  basis: z.record(z.string(), z.string()),
  build: build.nullable(),
  /** Of the case around the packed network. */
  packedBuild: build.nullable().default(null),
});

export type ExportRecord = z.output<typeof exportRecord>;

/** What the last comparison found, in a few words, and what it compared. */
export const verifyRecord = z.object({
  text: z.string().max(200),
  /** Whether everything ran, and the C code gave what was simulated. */
  ok: z.boolean(),
  basis: z.record(z.string(), z.string()),
  /** When the compared case was built; null = there was none. */
  built: z.number().nullable(),
});

/** Folder of an export, or of the packed network beside it. */
export function exportFolder(files: ProjectFiles, kind: ExportRecord['folders'][number]['kind']): string {
  return files.inFolder(`export/${folderName(files, kind)}`);
}

/** Name of that folder. */
export function folderName({ name }: ProjectFiles, kind: ExportRecord['folders'][number]['kind']): string {
  return kind === 'case' ? name : `${name}_nbg_${kind}`;
}

/** Where a case is built for this computer: never where it is copied to the board from. */
export function buildFolder(files: ProjectFiles, kind: BuildKind): string {
  return files.inFolder(`build/${folderName(files, kind)}`);
}

/** Names of what an export depends on, and what people call it. */
const PARTS: Readonly<Record<string, string>> = {
  model: 'the network',
  data: 'the coefficients',
  table: 'the quantization',
  hybrid: 'the quantization',
  inputMeta: 'the inputs',
  postProcess: 'the post-processing',
  target: 'the chip',
};

/** Fingerprints of what an export is made from, by the names of {@link PARTS}. */
export async function exportBasis({ files }: Project, target: string | null): Promise<ExportRecord['basis']> {
  const { model, data, table, hybrid, inputMeta, postProcess } = files;
  const paths = { model, data, table, hybrid, inputMeta, postProcess };
  const hashes = await Promise.all(
    Object.entries(paths).map(async ([part, path]) => [part, await fingerprint(path)] as const),
  );
  return { ...Object.fromEntries(hashes), target: target ?? '' };
}

/** What differs between two sets of fingerprints, in words; undefined = nothing. */
export function changedPart(before: ExportRecord['basis'], now: ExportRecord['basis']): string | undefined {
  const part = Object.keys(PARTS).find((name) => (before[name] ?? '') !== (now[name] ?? ''));
  return part === undefined ? undefined : PARTS[part];
}

/** Files that the quantized network is read from: the hybrid ones where there are. */
export async function quantizedFiles(
  files: ProjectFiles,
): Promise<{ model: string; modelData: string; modelQuantize: string } | undefined> {
  if ((await changed(files.table)) === undefined) return undefined;
  const hybrid = (await changed(files.hybrid)) !== undefined;
  return {
    model: hybrid ? files.hybrid : files.model,
    modelData: files.data,
    modelQuantize: files.table,
  };
}
