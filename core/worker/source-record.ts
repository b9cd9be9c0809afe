import { z } from 'zod';

/** Folder of a project that keeps the model it was imported from. */
export const SOURCE_FOLDER = 'source';

const name = z.string().min(1).max(65_536);
const size = z.int().nonnegative();

/** Choices as they cross and as nibble.json keeps them. */
export const importChoices = z.object({
  inputs: z
    .array(
      z.object({
        name,
        shape: z.array(size.nullable()).max(16).nullable(),
        type: z.string().max(64).nullable(),
      }),
    )
    .max(4096),
  outputs: z.array(name).max(65_536),
  settings: z.record(z.string().max(64), z.string().max(65_536)).default({}),
});

/** What a project was imported from, and how. */
export const sourceRecord = z.object({
  /** The main file first, from the project's folder on: `source/yolo.cfg`, or `yolo.cfg` beside the network. */
  files: z
    .array(
      z
        .string()
        .max(1024)
        .regex(/^(?:source\/)?(?!\.{1,2}$)[^\\/\0]+$/),
    )
    .min(1)
    .max(64),
  /** Null = as the model says. */
  choices: importChoices.nullable(),
  /** What was to be known about the import, one sentence each. */
  notes: z.array(z.string()),
});

export type SourceRecord = z.output<typeof sourceRecord>;
