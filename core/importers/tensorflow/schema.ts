import { StudioError } from '../../network/errors.ts';
import type { ProtoInt } from '../onnx/schema.ts';
import { decodeMessage, parseMessageTypes } from '../onnx/wire.ts';

/**
 * The part of TensorFlow's protobuf format that we read. Packed number fields of tensors are declared as `bytes`, so
 * that they stay views of the file (see tensor-proto.ts); a map is a list of entries on the wire.
 */
const SCHEMA = `
message Dim { int64 size = 1; }
message Shape { repeated Dim dim = 2; int32 unknown_rank = 3; }
message Tensor {
  int32 dtype = 1; Shape tensor_shape = 2; bytes tensor_content = 4; repeated bytes float_val = 5;
  repeated bytes double_val = 6; repeated bytes int_val = 7; repeated bytes string_val = 8;
  repeated bytes int64_val = 10; repeated bytes bool_val = 11; repeated bytes half_val = 13;
  repeated bytes uint32_val = 16; repeated bytes uint64_val = 17;
}
message List {
  repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated int32 b = 5; repeated int32 type = 6;
  repeated Shape shape = 7; repeated Call func = 9;
}
message Call { string name = 1; repeated AttrEntry attr = 2; }
message Attr {
  List list = 1; bytes s = 2; int64 i = 3; float f = 4; int32 b = 5; int32 type = 6; Shape shape = 7; Tensor tensor = 8;
  string placeholder = 9; Call func = 10;
}
message AttrEntry { string key = 1; Attr value = 2; }
message Node { string name = 1; string op = 2; repeated string input = 3; repeated AttrEntry attr = 5; }
message Argument {
  string name = 1; int32 type = 3; string type_attr = 4; string number_attr = 5; string type_list_attr = 6;
}
message Signature { string name = 1; repeated Argument input_arg = 2; repeated Argument output_arg = 3; }
message TextEntry { string key = 1; string value = 2; }
message Function { Signature signature = 1; repeated Node node_def = 3; repeated TextEntry ret = 4; }
message Library { repeated Function function = 1; }
message Versions { int32 producer = 1; }
message Graph { repeated Node node = 1; Library library = 2; Versions versions = 4; }
message TensorInfo { string name = 1; int32 dtype = 2; Shape tensor_shape = 3; }
message TensorEntry { string key = 1; TensorInfo value = 2; }
message SignatureDef { repeated TensorEntry inputs = 1; repeated TensorEntry outputs = 2; }
message SignatureEntry { string key = 1; SignatureDef value = 2; }
message MetaInfo { repeated string tags = 4; }
message MetaGraph { MetaInfo meta_info_def = 1; Graph graph_def = 2; repeated SignatureEntry signature_def = 5; }
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraph meta_graphs = 2; }
message BundleHeader { int32 num_shards = 1; int32 endianness = 2; }
message BundleSlice { int64 start = 1; int64 length = 2; }
message BundleSlices { repeated BundleSlice extent = 1; }
message BundleEntry {
  int32 dtype = 1; Shape shape = 2; int32 shard_id = 3; int64 offset = 4; int64 size = 5;
  repeated BundleSlices slices = 7;
}`;

/** TensorShapeProto: a size of -1 is open. */
export interface ProtoShape {
  dim: { size: ProtoInt }[];
  unknownRank: number;
}

/** TensorProto. Number fields are raw wire bytes, one item per packed run or single number. */
export interface ProtoTensor {
  dtype: number;
  tensorShape?: ProtoShape | null;
  tensorContent: Uint8Array;
  floatVal: Uint8Array[];
  doubleVal: Uint8Array[];
  intVal: Uint8Array[];
  stringVal: Uint8Array[];
  int64Val: Uint8Array[];
  boolVal: Uint8Array[];
  halfVal: Uint8Array[];
  uint32Val: Uint8Array[];
  uint64Val: Uint8Array[];
}

/** AttrValue; exactly one field is the message's own. */
export interface ProtoAttr {
  list?: {
    s: Uint8Array[];
    i: ProtoInt[];
    f: number[];
    b: number[];
    type: number[];
    shape: ProtoShape[];
    func: ProtoCall[];
  } | null;
  s: Uint8Array;
  i: ProtoInt;
  f: number;
  b: number;
  type: number;
  shape?: ProtoShape | null;
  tensor?: ProtoTensor | null;
  placeholder: string;
  func?: ProtoCall | null;
}

/** NameAttrList: a function and its attributes. */
export interface ProtoCall {
  name: string;
  attr: ProtoAttrEntry[];
}

/** An entry of the map of attributes. */
export interface ProtoAttrEntry {
  key: string;
  value?: ProtoAttr | null;
}

/** NodeDef. */
export interface ProtoNode {
  name: string;
  op: string;
  input: string[];
  attr: ProtoAttrEntry[];
}

/** OpDef.ArgDef. */
interface ProtoArgument {
  name: string;
  type: number;
  typeAttr: string;
  numberAttr: string;
  typeListAttr: string;
}

/** FunctionDef. */
export interface ProtoFunction {
  signature?: { name: string; inputArg: ProtoArgument[]; outputArg: ProtoArgument[] } | null;
  nodeDef: ProtoNode[];
  ret: { key: string; value: string }[];
}

/** GraphDef. */
export interface ProtoGraph {
  node: ProtoNode[];
  library?: { function: ProtoFunction[] } | null;
  versions?: { producer: number } | null;
}

/** TensorInfo of a signature: a tensor of the graph with its name in the signature. */
export interface ProtoTensorEntry {
  key: string;
  value?: { name: string; dtype: number; tensorShape?: ProtoShape | null } | null;
}

/** MetaGraphDef. */
export interface ProtoMetaGraph {
  metaInfoDef?: { tags: string[] } | null;
  graphDef?: ProtoGraph | null;
  signatureDef: { key: string; value?: { inputs: ProtoTensorEntry[]; outputs: ProtoTensorEntry[] } | null }[];
}

/** BundleEntryProto: where a variable lies. */
export interface ProtoBundleEntry {
  dtype: number;
  shape?: ProtoShape | null;
  shardId: number;
  offset: ProtoInt;
  size: ProtoInt;
  slices: unknown[];
}

/** What each message that stands by itself decodes to. */
interface Messages {
  Graph: ProtoGraph;
  SavedModel: { savedModelSchemaVersion: ProtoInt; metaGraphs: ProtoMetaGraph[] };
  BundleHeader: { numShards: number; endianness: number };
  BundleEntry: ProtoBundleEntry;
}

const types = parseMessageTypes(SCHEMA);

/**
 * Decodes a message; `bytes` fields are views.
 * @param what is expected, for the message: "a TensorFlow graph"
 * @throws StudioError file-malformed
 */
export function decode<Name extends keyof Messages>(
  name: Name,
  bytes: Uint8Array,
  what: string,
): Messages[Name] {
  const type = types.get(name);
  if (!type) throw new Error(`the schema has no message ${name}`);
  // A plain view: slicing a Node Buffer does not copy, which would break the alignment of typed arrays.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return decodeMessage(type, view) as Messages[Name];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('file-malformed', `not ${what}, or cut off: ${reason}`);
  }
}
