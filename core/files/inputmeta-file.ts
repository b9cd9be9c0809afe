import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import type { InputDatabase, InputMeta, InputPort, Preprocess } from '../network/input-meta.ts';
import { readTextOf, writeChecked } from './atomic.ts';
import { formatInputMeta } from './inputmeta-text.ts';
import { parseYaml } from './yaml-tree.ts';
import { YamlReader } from './yaml-values.ts';

const databaseTypes = ['TEXT', 'NPY', 'H5FS', 'SQLITE', 'LMDB', 'GENERATOR', 'ZIP'] as const;
const categories = ['image', 'frequency', 'undefined'] as const;
const layouts = ['nhwc', 'nchw'] as const;

const flags = ['true', 'false'] as const;
const preprocTypes = [
  'IMAGE_RGB', 'IMAGE_RGB888_PLANAR', 'IMAGE_I420', 'IMAGE_NV12', 'IMAGE_YUV444', 'IMAGE_GRAY', 'IMAGE_BGRA', 'TENSOR',
]; // prettier-ignore

/** Every key that is read, with the words that can follow it; empty where it takes numbers, names or a list. */
export function inputMetaWords(): Record<string, string[]> {
  return {
    input_meta: [],
    databases: [],
    path: [],
    type: [...databaseTypes],
    ports: [],
    lid: [],
    category: [...categories],
    dtype: ['float32', 'uint8', 'int8', 'int16', 'int32'],
    sparse: [...flags],
    tensor_name: [],
    layout: [...layouts],
    shape: [],
    fitting: ['scale'],
    preprocess: [],
    reverse_channel: [...flags],
    mean: [],
    scale: [],
    preproc_node_params: [],
    add_preproc_node: [...flags],
    preproc_type: [...preprocTypes],
    preproc_perm: [],
    redirect_to_output: [...flags],
  };
}

/** Reads NAME_inputmeta.yml. @throws StudioError as {@link parseInputMeta}, 'file-missing', 'file-unreadable' */
export async function readInputMetaFile(path: string): Promise<InputMeta> {
  return parseInputMeta(await readTextOf(path), path);
}

/** Writes NAME_inputmeta.yml in the layout of 6.0.12. @throws StudioError 'file-unwritable' */
export async function writeInputMetaFile(path: string, meta: InputMeta): Promise<void> {
  await writeChecked(path, formatInputMeta(meta), (text) => parseInputMeta(text, path));
}

/**
 * Reads the input description of any version. Unknown fields are ignored, missing ones take the tool's
 * defaults, wrong values are errors.
 * @throws StudioError 'inputmeta-invalid' with the line
 */
export function parseInputMeta(text: string, file?: string): InputMeta {
  const root = new YamlReader(
    parseYaml(text, 'inputmeta-invalid', file),
    'the file',
    'inputmeta-invalid',
    file,
  );
  const meta = root.child('input_meta');
  if (!meta) throw new StudioError('inputmeta-invalid', 'there is no "input_meta"', { file });
  const databases = meta.children('databases').map(databaseOf);
  if (databases.length === 0) throw meta.failAt('databases', '"databases" lists nothing');
  return { databases };
}

function databaseOf(reader: YamlReader): InputDatabase {
  const ports = reader.children('ports').map(portOf);
  if (ports.length === 0) throw reader.failAt('ports', 'the database has no "ports"');
  return {
    path: reader.text('path', 'dataset.txt'),
    type: choice(reader, 'type', databaseTypes, 'TEXT'),
    ports,
  };
}

function portOf(reader: YamlReader): InputPort {
  const lid = reader.text('lid', undefined);
  if (lid === undefined) throw reader.failAt('lid', '"lid" is missing: the key of the input layer');
  const shape = shapeOf(reader);
  const layout = choice(reader, 'layout', layouts, 'nhwc');
  return {
    lid,
    category: choice(reader, 'category', categories, 'undefined'),
    dtype: reader.text('dtype', 'float32'),
    sparse: reader.flag('sparse', false),
    tensorName: reader.text('tensor_name', null),
    layout,
    shape,
    fitting: reader.text('fitting', 'scale'),
    preprocess: preprocessOf(reader.child('preprocess'), shape, layout),
    redirectToOutput: reader.flag('redirect_to_output', false),
  };
}

function shapeOf(reader: YamlReader): number[] {
  const shape = reader.integers('shape') ?? [];
  if (shape.length === 0 || shape.length > 8) throw reader.failAt('shape', '"shape" needs 1 to 8 dimensions');
  if (shape.some((dim) => dim < 1 || dim > 2 ** 31))
    throw reader.failAt('shape', 'every dimension must be at least 1');
  if (shape.reduce((product, dim) => product * dim, 1) > 2 ** 31)
    throw reader.failAt('shape', 'the shape is too large');
  return shape;
}

/** Channels sit last in nhwc, second in nchw; tensors without a channel axis have one channel. */
export function channelCount(shape: readonly number[], layout: 'nhwc' | 'nchw'): number {
  if (shape.length < 2) return 1;
  return (layout === 'nhwc' ? shape.at(-1) : shape[1]) ?? 1;
}

function preprocessOf(reader: YamlReader | undefined, shape: number[], layout: 'nhwc' | 'nchw'): Preprocess {
  const node = reader?.child('preproc_node_params');
  return {
    reverseChannel: reader?.flag('reverse_channel', false) ?? false,
    mean: reader ? perChannel(reader, 'mean', channelCount(shape, layout)) : [],
    scale: reader ? scaleOf(reader, channelCount(shape, layout)) : 1,
    addPreprocNode: node?.flag('add_preproc_node', false) ?? false,
    preprocType: node?.text('preproc_type', undefined) ?? defaultPreprocType(shape, layout),
    preprocPerm: permOf(node, shape.length),
  };
}

function perChannel(reader: YamlReader, key: string, channels: number): number[] {
  const values = reader.numbers(key) ?? [];
  if (values.some((value) => !Number.isFinite(value))) throw reader.failAt(key, `"${key}" must be finite`);
  if (values.length > 1 && values.length !== channels) {
    throw reader.failAt(key, `"${key}" has ${values.length} values for ${counted(channels, 'channel')}`);
  }
  return values;
}

/** One number up to 6.12, a list from 6.21; a list of one is one number. */
function scaleOf(reader: YamlReader, channels: number): number | number[] {
  const values = perChannel(reader, 'scale', channels);
  return values.length > 1 ? values : (values[0] ?? 1);
}

function permOf(node: YamlReader | undefined, rank: number): number[] {
  const perm = node?.integers('preproc_perm');
  if (!node || !perm) return Array.from({ length: rank }, (_, axis) => axis);
  const sorted = perm.toSorted((a, b) => a - b);
  if (sorted.some((axis, index) => axis !== index)) {
    throw node.failAt('preproc_perm', '"preproc_perm" must name each axis once');
  }
  return perm;
}

/** What `generate inputmeta` writes: pictures by their channels, anything else is a TENSOR. */
export function defaultPreprocType(shape: readonly number[], layout: 'nhwc' | 'nchw'): string {
  const channels = shape.length === 4 ? channelCount(shape, layout) : 0;
  if (channels === 3) return 'IMAGE_RGB';
  return channels === 1 ? 'IMAGE_GRAY' : 'TENSOR';
}

function choice<T extends string>(reader: YamlReader, key: string, allowed: readonly T[], fallback: T): T {
  const text = reader.text(key, fallback);
  const found = allowed.find((item) => item === text);
  if (found === undefined)
    throw reader.failAt(key, `"${key}" is "${text}", expected one of ${allowed.join(', ')}`);
  return found;
}
