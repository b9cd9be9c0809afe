import { StudioError } from '../../network/errors.ts';
import { decodeMessage, parseMessageTypes, type MessageType } from './wire.ts';

/**
 * The part of ONNX's protobuf format that we read. Packed number fields of tensors are declared as `bytes`:
 * a packed field has the same form on the wire, so weights stay views of the file instead of becoming
 * lists of numbers (see tensor-data.ts).
 */
export const ONNX_SCHEMA = `
syntax = "proto3";
package onnx;
message OperatorSetId { string domain = 1; int64 version = 2; }
message StringStringEntry { string key = 1; string value = 2; }
message TensorSegment { int64 begin = 1; int64 end = 2; }
message Tensor {
  repeated int64 dims = 1; int32 data_type = 2; TensorSegment segment = 3;
  repeated bytes float_data = 4; repeated bytes int32_data = 5; repeated bytes string_data = 6;
  repeated bytes int64_data = 7; string name = 8; bytes raw_data = 9;
  repeated bytes double_data = 10; repeated bytes uint64_data = 11;
  repeated StringStringEntry external_data = 13; int32 data_location = 14;
}
message SparseTensor { Tensor values = 1; Tensor indices = 2; repeated int64 dims = 3; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message TypeProto { TensorType tensor_type = 1; }
message ValueInfo { string name = 1; TypeProto type = 2; }
message Attribute {
  string name = 1; float f = 2; int64 i = 3; bytes s = 4; Tensor t = 5; Graph g = 6;
  repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9;
  repeated Tensor tensors = 10; int32 type = 20; string ref_attr_name = 21; SparseTensor sparse_tensor = 22;
}
message Node {
  repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
  repeated Attribute attribute = 5; string domain = 7;
}
message Graph {
  repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; repeated ValueInfo value_info = 13;
  repeated SparseTensor sparse_initializer = 15;
}
message Function {
  string name = 1; repeated string input = 4; repeated string output = 5; repeated string attribute = 6;
  repeated Node node = 7; repeated OperatorSetId opset_import = 9; string domain = 10;
  repeated Attribute attribute_proto = 11;
}
message Model {
  int64 ir_version = 1; string producer_name = 2; string producer_version = 3; Graph graph = 7;
  repeated OperatorSetId opset_import = 8; repeated Function functions = 25;
}`;

/** A 64-bit integer: a number, or two halves where a number would not be exact. */
export type ProtoInt = number | { low: number; high: number };

/** TensorProto. Packed fields are raw wire bytes, one item per packed run. */
export interface ProtoTensor {
  dims: ProtoInt[];
  dataType: number;
  segment?: unknown;
  floatData: Uint8Array[];
  int32Data: Uint8Array[];
  stringData: Uint8Array[];
  int64Data: Uint8Array[];
  name: string;
  rawData: Uint8Array;
  doubleData: Uint8Array[];
  uint64Data: Uint8Array[];
  externalData: { key: string; value: string }[];
  dataLocation: number;
}

/** SparseTensorProto: values at flat or per-axis indices of a dense shape. */
export interface ProtoSparseTensor {
  values?: ProtoTensor;
  indices?: ProtoTensor;
  dims: ProtoInt[];
}

/** ValueInfoProto: name, element type and shape of a tensor. */
export interface ProtoValueInfo {
  name: string;
  type?: {
    tensorType?: { elemType: number; shape?: { dim: { dimValue?: ProtoInt; dimParam?: string }[] } };
  };
}

/** AttributeProto. */
export interface ProtoAttribute {
  name: string;
  f: number;
  i: ProtoInt;
  s: Uint8Array;
  t?: ProtoTensor;
  g?: ProtoGraph;
  floats: number[];
  ints: ProtoInt[];
  strings: Uint8Array[];
  type: number;
  refAttrName: string;
  sparseTensor?: ProtoSparseTensor;
}

/** NodeProto. */
export interface ProtoNode {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: ProtoAttribute[];
  domain: string;
}

/** GraphProto. */
export interface ProtoGraph {
  node: ProtoNode[];
  name: string;
  initializer: ProtoTensor[];
  input: ProtoValueInfo[];
  output: ProtoValueInfo[];
  valueInfo: ProtoValueInfo[];
  sparseInitializer: ProtoSparseTensor[];
}

/** ModelProto. */
export interface ProtoModel {
  irVersion: ProtoInt;
  producerName: string;
  producerVersion: string;
  graph?: ProtoGraph;
  opsetImport: { domain: string; version: ProtoInt }[];
  functions: ProtoFunction[];
}

/** FunctionProto: an operator that the model defines itself. */
export interface ProtoFunction {
  name: string;
  domain: string;
  input: string[];
  output: string[];
  node: ProtoNode[];
  opsetImport: { domain: string; version: ProtoInt }[];
  /** Attributes with a default value. */
  attributeProto: ProtoAttribute[];
}

const types = parseMessageTypes(ONNX_SCHEMA);

function typeOf(name: string): MessageType {
  const type = types.get(name);
  if (!type) throw new Error(`the schema has no message ${name}`);
  return type;
}

/** Decodes a TensorProto that stands in a file of its own; its values stay views of `bytes`. */
export function decodeProtoTensor(bytes: Uint8Array): ProtoTensor {
  return decodeMessage(typeOf('Tensor'), plainView(bytes)) as ProtoTensor;
}

/** A plain view: slicing a Node Buffer does not copy, which would break the alignment of typed arrays. */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** More nodes or tensors than any real model has. */
const MAX_ITEMS = 1_000_000;

/**
 * Decodes an ONNX file without copying its weights: tensors hold views of `bytes`.
 * @throws StudioError file-malformed when the bytes are not an ONNX model or end too early.
 */
export function decodeModel(bytes: Uint8Array): ProtoModel {
  if (bytes.length === 0) throw new StudioError('file-malformed', 'not an ONNX model: the file is empty');
  const model = decodeBytes(plainView(bytes));
  const { graph } = model;
  if (graph === null || graph === undefined) {
    throw new StudioError('file-malformed', 'not an ONNX model: it holds no graph');
  }
  if (graph.node.length > MAX_ITEMS || graph.initializer.length > MAX_ITEMS) {
    throw new StudioError('file-malformed', `the graph has more than ${MAX_ITEMS} nodes or weights`);
  }
  if (graph.node.length === 0 && graph.output.length === 0) {
    throw new StudioError('file-malformed', 'not an ONNX model: its graph is empty');
  }
  if (model.opsetImport.length === 0) {
    throw new StudioError('file-malformed', 'truncated: the model does not say which operator set it uses');
  }
  return model;
}

function decodeBytes(bytes: Uint8Array): ProtoModel {
  const text = looksLikeText(bytes);
  if (text) throw new StudioError('file-malformed', `not an ONNX model: the file is ${text}`);
  try {
    return decodeMessage(typeOf('Model'), bytes) as ProtoModel;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RangeError && startsLikeModel(bytes)) {
      throw new StudioError(
        'file-malformed',
        `truncated: the file ends inside a field (${bytes.length} bytes)`,
      );
    }
    throw new StudioError('file-malformed', `not an ONNX model: ${reason.replace(/\s+/g, ' ')}`);
  }
}

/** A model starts with its ir_version (08 xx) in every writer we know. */
function startsLikeModel(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] < 0x40;
}

function looksLikeText(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, 256);
  const start = new TextDecoder('latin1').decode(head.subarray(0, 64));
  if (start.startsWith('version https://git-lfs')) return 'a Git LFS pointer; fetch the real file first';
  const printable = head.every(
    (byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127),
  );
  return printable ? 'text' : undefined;
}

/** A protobuf 64-bit integer as a number; beyond 2^53 the nearest safe integer (ONNX uses 2^63-1 for "end"). */
export function toInteger(value: ProtoInt): number {
  const number = typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}
