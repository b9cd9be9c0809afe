import { z } from 'zod';
import { PickleDict, type PickleValue } from '../../files/pickle-values.ts';
import { decodeText } from '../../files/atomic.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { TorchArchive } from './archive.ts';
import type { TorchModel } from './model.ts';
import { Program } from './program.ts';
import { storageTypes, stridedTensor, type StorageType } from './storage.ts';
import { NumberedTensor, PickledObject, PickledTensor, readTorchPickle } from './unpickle.ts';

/** Modules inside modules; real ones nest some ten levels. */
const MAX_DEPTH = 60;

/** model.json of a large network has some megabytes. */
const MAX_TEXT = 2 ** 26;

/** protobuf writes 64-bit integers as texts. */
const integer = z.union([z.number(), z.string().regex(/^-?\d{1,15}$/)]).transform(Number);
const size = integer.pipe(z.number().int().nonnegative());

const tensorSchema = z.object({
  dims: z.array(size).default([]),
  offset: size.default(0),
  strides: z.array(size).default([]),
  dataType: z.string(),
  data: z.object({ key: z.string() }),
});

const moduleSchema = z.object({
  name: z.string().default(''),
  torchscriptArena: z.object({ key: z.string() }).optional(),
  parameters: z.array(z.object({ name: z.string(), tensorId: size.default(0) })).default([]),
  attributes: z.array(z.object({ name: z.string(), id: size.default(0) })).default([]),
  submodules: z.array(z.unknown()).default([]),
});

const modelSchema = z.object({ mainModule: z.unknown(), tensors: z.array(tensorSchema).default([]) });

const elementTypes: ReadonlyMap<string, StorageType> = new Map(
  Object.entries({
    FLOAT: 'Float', DOUBLE: 'Double', FLOAT16: 'Half', BFLOAT16: 'BFloat16', INT64: 'Long', INT32: 'Int', INT16: 'Short',
    INT8: 'Char', UINT8: 'Byte', BYTE: 'Byte', BOOL: 'Bool',
  }).map(([name, storage]) => [name, storageTypes[`torch.${storage}Storage`]]),
); // prettier-ignore

/** Opens the archives of PyTorch 1.0 to 1.3: model.json, tensors/N and code/NAME.py. @throws StudioError file-malformed */
export function openLegacyModel(archive: TorchArchive): TorchModel {
  const { mainModule, tensors } = checked(modelSchema, readJson(archive));
  const program = new Program(archive);
  const attributes = archive.has('attributes.pkl')
    ? readTorchPickle(archive.bytes('attributes.pkl'), 'tensors')
    : [];
  const builder = new ModuleBuilder(program, Array.isArray(attributes) ? attributes : itemsOf(attributes));
  return {
    program,
    root: builder.module(mainModule, '', 0),
    load: (stored) => () => {
      const tensor = stored instanceof PickledTensor ? undefined : tensors[stored.index];
      if (!tensor) throw malformed('a tensor that is not in its list');
      return tensorOf(tensor, archive);
    },
    // Before PyTorch 1.4 constants were in the same list.
    constant: (name, objects) => {
      const index = Number(name.slice(1));
      return tensors[index] ? objects.value(new NumberedTensor(index), `CONSTANTS.${name}`) : undefined;
    },
  };
}

function tensorOf(
  { dims, offset, strides, dataType, data }: z.output<typeof tensorSchema>,
  archive: TorchArchive,
): Tensor {
  const type = elementTypes.get(dataType);
  if (!type) throw malformed(`a tensor of ${dataType}`);
  if (dims.length !== strides.length) throw malformed('a tensor of a bad shape');
  return stridedTensor({ type, offset, shape: dims, strides }, archive.bytes(data.key));
}

/** Makes the tree of modules, each with a class of its own: the file has methods, but no classes. */
class ModuleBuilder {
  private readonly program: Program;
  private readonly attributes: readonly PickleValue[];

  constructor(program: Program, attributes: readonly PickleValue[]) {
    this.program = program;
    this.attributes = attributes;
  }

  module(value: unknown, path: string, depth: number): PickledObject {
    if (depth > MAX_DEPTH) throw malformed(`modules that nest deeper than ${MAX_DEPTH} levels`);
    const { torchscriptArena, parameters, attributes, submodules } = checked(moduleSchema, value);
    const type = `__torch__.legacy.${path === '' ? 'main' : path}`;
    this.program.addMethods(type, torchscriptArena?.key);
    const object = new PickledObject(type);
    const state = new PickleDict();
    for (const { name, tensorId } of parameters) state.entries.set(name, new NumberedTensor(tensorId));
    for (const { name, id } of attributes) state.entries.set(name, this.attributes[id] ?? null);
    for (const inner of submodules) {
      const { name } = checked(moduleSchema, inner);
      state.entries.set(name, this.module(inner, path === '' ? name : `${path}.${name}`, depth + 1));
    }
    object.state = state;
    return object;
  }
}

function readJson(archive: TorchArchive): unknown {
  const bytes = archive.bytes('model.json');
  if (bytes.length > MAX_TEXT) throw malformed('a model.json of too many bytes');
  try {
    return JSON.parse(decodeText(bytes, 'model.json'));
  } catch {
    throw malformed('a model.json that is no JSON');
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(`a model.json without what it should have (${issue.path.join('.')}: ${issue.message})`);
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  if (typeof value === 'object' && value !== null && 'items' in value) return value.items;
  throw malformed('attributes that are no list');
}

function malformed(what: string): StudioError {
  return new StudioError('file-malformed', `not a TorchScript archive: it holds ${what}`);
}
