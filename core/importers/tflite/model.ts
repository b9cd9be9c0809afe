import { StudioError } from '../../network/errors.ts';
import type { Attributes } from '../onnx/compose.ts';
import { FlatTable } from './flat-table.ts';
import { OPERATOR_NAMES } from './operator-names.ts';
import { readOptions } from './options.ts';

/** How a tensor is quantized: real = (q - zero) * scale. */
export interface TfliteQuantization {
  /** One for all, or one per index of `axis`. */
  scales: number[];
  zeros: number[];
  axis: number;
  /** Scales per block of an axis, in another tensor. */
  blockwise: boolean;
}

/** How one dimension of a sparse tensor is stored. */
export interface SparseDimension {
  /** Number of indices where all are stored. */
  size: number;
  /** Undefined where all indices are stored. */
  segments: number[] | undefined;
  indices: number[] | undefined;
}

/** The compressed form of a sparse tensor. */
export interface Sparsity {
  order: number[];
  blockMap: number[];
  dimensions: SparseDimension[];
}

export interface TfliteTensor {
  /** As in the file; may be empty or shared by several tensors. */
  name: string;
  shape: number[];
  /** -1 where the size is open. */
  signature: number[] | undefined;
  /** Number in the schema's TensorType. */
  type: number;
  buffer: number;
  external: boolean;
  quantization: TfliteQuantization | undefined;
  variable: boolean;
  sparsity: Sparsity | undefined;
}

export interface TfliteOperator {
  /** Builtin name, or the custom code. */
  type: string;
  custom: boolean;
  /** Tensor numbers; -1 = absent. */
  inputs: number[];
  outputs: number[];
  options: Attributes;
  customOptions: Uint8Array | undefined;
}

export interface TfliteSubgraph {
  name: string;
  tensors: TfliteTensor[];
  inputs: number[];
  outputs: number[];
  operators: TfliteOperator[];
}

/** Names that a signature gives to inputs and outputs of the main graph. */
export type SignatureNames = readonly { name: string; tensor: number }[];

export interface TfliteModel {
  subgraphs: TfliteSubgraph[];
  /** Bytes of a buffer, not copied; undefined when it is empty. */
  buffer(index: number): Uint8Array | undefined;
  signature: SignatureNames;
}

const IDENTIFIER = 'TFL3';

/** More dimensions than any operator of the schema takes. */
const MAX_RANK = 8;

/** Reads the structure of a .tflite file (schema version 3). @throws StudioError file-malformed */
export function readModel(bytes: Uint8Array): TfliteModel {
  const identifier = String.fromCharCode(...bytes.subarray(4, 8));
  if (identifier !== IDENTIFIER)
    throw new StudioError(
      'file-malformed',
      'not a TensorFlow Lite model: it does not have the mark TFL3',
      {},
      'Give a .tflite file; other models are imported with their own framework.',
    );
  const root = FlatTable.root(bytes);
  const codes = root.tables(1).map(operatorCode);
  const buffers = root.tables(4);
  return {
    subgraphs: root.tables(2).map((graph) => readSubgraph(graph, codes)),
    buffer: (index) => bufferBytes(bytes, buffers, index),
    signature: root.tables(7).flatMap(readSignature),
  };
}

function operatorCode(table: FlatTable): { type: string; custom: boolean } {
  // Old files hold the number in a byte, new ones in an int and as much of it as fits in the byte.
  const number = Math.max(table.number(0, 'byte'), table.number(3, 'int'));
  const type = OPERATOR_NAMES[number];
  if (type === 'CUSTOM') return { type: table.text(1) ?? '', custom: true };
  return { type: type ?? `builtin operator ${number}`, custom: false };
}

function bufferBytes(file: Uint8Array, buffers: readonly FlatTable[], index: number): Uint8Array | undefined {
  if (index === 0) return undefined;
  const table = buffers[index];
  if (!table) throw new StudioError('file-malformed', `there is no buffer ${index}`);
  const data = table.bytes(0);
  if (data && data.length > 0) return data;
  // Large models keep their weights behind the flatbuffer.
  const offset = table.number(1, 'ulong');
  const size = table.number(2, 'ulong');
  if (offset <= 1 || size === 0) return undefined;
  if (offset + size > file.length)
    throw new StudioError('file-malformed', `buffer ${index} ends behind the file: the file is cut off`);
  return file.subarray(offset, offset + size);
}

function readSubgraph(table: FlatTable, codes: readonly ReturnType<typeof operatorCode>[]): TfliteSubgraph {
  return {
    tensors: table.tables(0).map(readTensor),
    inputs: table.numbers(1, 'int') ?? [],
    outputs: table.numbers(2, 'int') ?? [],
    operators: table.tables(3).map((operator) => readOperator(operator, codes)),
    name: table.text(4) ?? '',
  };
}

function readOperator(table: FlatTable, codes: readonly ReturnType<typeof operatorCode>[]): TfliteOperator {
  const code = codes[table.number(0, 'uint')];
  if (!code) throw new StudioError('file-malformed', 'an operator has a code that the file does not list');
  return {
    ...code,
    inputs: table.numbers(1, 'int') ?? [],
    outputs: table.numbers(2, 'int') ?? [],
    options: readOptions(table),
    customOptions: table.bytes(5),
  };
}

function readTensor(table: FlatTable): TfliteTensor {
  const name = table.text(3) ?? '';
  const shape = table.numbers(0, 'int') ?? [];
  const signature = table.numbers(7, 'int');
  if (shape.length > MAX_RANK || shape.some((dim) => dim < -1))
    throw new StudioError('file-malformed', `the shape [${shape.slice(0, 12).join(',')}] is none`, {
      layer: name,
    });
  const quantization = table.table(4);
  const sparsity = table.table(6);
  return {
    name,
    shape,
    signature: signature?.length === shape.length ? signature : undefined,
    type: table.number(1, 'byte'),
    buffer: table.number(2, 'uint'),
    external: table.number(10, 'uint') !== 0,
    quantization: quantization && readQuantization(quantization),
    variable: table.bool(5),
    sparsity: sparsity && readSparsity(sparsity),
  };
}

/** The number of QuantizationDetails that keeps its scales in another tensor. */
const BLOCKWISE = 2;

function readQuantization(table: FlatTable): TfliteQuantization | undefined {
  const scales = table.numbers(2, 'float') ?? [];
  const blockwise = table.number(4, 'ubyte') === BLOCKWISE;
  if (scales.length === 0 && !blockwise) return undefined;
  return { scales, zeros: table.numbers(3, 'long') ?? [], axis: table.number(6, 'int'), blockwise };
}

function readSparsity(table: FlatTable): Sparsity {
  return {
    order: table.numbers(0, 'int') ?? [],
    blockMap: table.numbers(1, 'int') ?? [],
    dimensions: table.tables(2).map((dimension) => ({
      size: dimension.number(1, 'int'),
      ...(dimension.number(0, 'byte') === 0
        ? { segments: undefined, indices: undefined }
        : { segments: readIndices(dimension, 2), indices: readIndices(dimension, 4) }),
    })),
  };
}

/** Kinds of the union SparseIndexVector, from 1 on. */
const INDEX_KINDS = ['int', 'ushort', 'ubyte'] as const;

function readIndices(table: FlatTable, field: number): number[] {
  const kind = INDEX_KINDS[table.number(field, 'ubyte') - 1];
  return (kind && table.table(field + 1)?.numbers(0, kind)) ?? [];
}

function readSignature(table: FlatTable): SignatureNames {
  if (table.number(4, 'uint') !== 0) return [];
  return [...table.tables(0), ...table.tables(1)].map((entry) => ({
    name: entry.text(0) ?? '',
    tensor: entry.number(1, 'uint'),
  }));
}
