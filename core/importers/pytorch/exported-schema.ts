import { z } from 'zod';
import { decodeText } from '../../files/atomic.ts';
import { StudioError } from '../../network/errors.ts';
import type { TorchArchive } from './archive.ts';

/** The description of a large network has some megabytes. */
const MAX_TEXT = 2 ** 27;

const named = z.object({ name: z.string() });
const integer = z.number().int();

/** A size: a number, or an expression of symbols with the value it had. */
const dimension = z.union([
  z.object({ as_int: integer }),
  z.object({ as_expr: z.object({ expr_str: z.string().default('?') }) }),
]);

const tensorMeta = z.object({
  dtype: integer,
  sizes: z.array(dimension).max(64),
  strides: z.array(dimension).max(64).default([]),
  storage_offset: dimension.optional(),
});

/** One field tells the kind, `as_tensor`, `as_ints`, ...; its name is checked where it is read. */
const argument = z.record(z.string(), z.unknown());

const node = z.object({
  target: z.string(),
  inputs: z.array(z.object({ name: z.string(), arg: argument, kind: integer.default(1) })),
  outputs: z.array(argument),
  metadata: z.record(z.string(), z.unknown()).default({}),
});

const program = z.object({
  graph_module: z.object({
    graph: z.object({ nodes: z.array(node), tensor_values: z.record(z.string(), tensorMeta) }),
    signature: z.object({
      input_specs: z.array(z.record(z.string(), z.unknown())),
      output_specs: z.array(z.record(z.string(), z.unknown())),
    }),
  }),
});

const weights = z.object({
  config: z.record(
    z.string(),
    z.object({
      path_name: z.string(),
      use_pickle: z.boolean().default(false),
      tensor_meta: tensorMeta.nullish(),
    }),
  ),
});

/** A node of an exported program. */
export type ExportedNode = z.output<typeof node>;
/** A tensor's type and sizes. */
export type TensorMeta = z.output<typeof tensorMeta>;
/** A program of torch.export. */
export type ExportedProgram = z.output<typeof program>['graph_module'];
/** Where weights lie, by their names. */
export type WeightFiles = z.output<typeof weights>['config'];

/** One parameter, buffer or input of the program. */
export const parameterSpec = z.object({ arg: named, parameter_name: z.string() });
export const bufferSpec = z.object({ arg: named, buffer_name: z.string() });
export const constantSpec = z.object({ arg: named, tensor_constant_name: z.string() });
export const tensorPort = z.object({ arg: z.object({ as_tensor: named }) });
export const namedTensor = named;
export const namedTensors = z.array(named);

/** The program. @throws StudioError file-malformed */
export const readProgram = (archive: TorchArchive): ExportedProgram =>
  read(archive, 'models/model.json', program).graph_module;

/** Weights and constants. @throws StudioError file-malformed */
export function readWeightFiles(archive: TorchArchive, kind: 'weights' | 'constants'): WeightFiles {
  const file = `data/${kind}/model_${kind}_config.json`;
  return archive.has(file) ? read(archive, file, weights).config : {};
}

function read<Schema extends z.ZodType>(
  archive: TorchArchive,
  file: string,
  schema: Schema,
): z.output<Schema> {
  const bytes = archive.bytes(file);
  if (bytes.length > MAX_TEXT) throw malformed(`${file} has ${bytes.length} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(decodeText(bytes, file));
  } catch {
    throw malformed(`${file} is no JSON`);
  }
  return checked(schema, value, file);
}

/** A part as it should be. @throws StudioError file-malformed */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(`${where}: ${issue.path.join('.')}: ${issue.message}`);
}

/** The error for a file that is not as torch.export writes it. */
export const malformed = (why: string): StudioError =>
  new StudioError('file-malformed', `not a program of torch.export: ${why}`);
