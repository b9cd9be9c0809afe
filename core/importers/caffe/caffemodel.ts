import { StudioError } from '../../network/errors.ts';
import { decodeMessage, parseMessageTypes } from '../onnx/wire.ts';

/**
 * The part of Caffe's binary format that holds weights, of all three generations. Packed numbers are declared as
 * `bytes`, which they are on the wire, so weights stay views of the file. Fields 10 and 12 are of NVIDIA's Caffe.
 */
const SCHEMA = `
message Shape { repeated int64 dim = 1; }
message Blob {
  int32 num = 1; int32 channels = 2; int32 height = 3; int32 width = 4; repeated bytes data = 5; Shape shape = 7;
  repeated bytes double_data = 8; int32 raw_data_type = 10; bytes raw_data = 12;
}
message V0Layer { string name = 1; repeated Blob blobs = 50; }
message V1Layer { V0Layer layer = 1; string name = 4; repeated Blob blobs = 6; }
message Layer { string name = 1; repeated Blob blobs = 7; }
message Net { repeated V1Layer layers = 2; repeated Layer layer = 100; }`;

type ProtoInt = number | { low: number; high: number };

/** A stored blob: runs of packed floats or doubles, or raw bytes of NVIDIA's Caffe. */
export interface ProtoBlob {
  num: number;
  channels: number;
  height: number;
  width: number;
  shape: { dim: ProtoInt[] } | null;
  data: Uint8Array[];
  doubleData: Uint8Array[];
  rawDataType: number;
  rawData: Uint8Array;
}

interface ProtoLayer {
  name: string;
  blobs: ProtoBlob[];
}

interface ProtoNet {
  layers: (ProtoLayer & { layer: ProtoLayer | null })[];
  layer: ProtoLayer[];
}

const NET = parseMessageTypes(SCHEMA).get('Net');

/** Blobs by the name of their layer; views of the file. @throws StudioError file-malformed */
export function readCaffemodel(bytes: Uint8Array, file: string): Map<string, ProtoBlob[]> {
  const net = decode(bytes, file);
  const old = net.layers.map(({ layer, name, blobs }) => ({
    name: layer && name === '' ? layer.name : name,
    blobs: layer && blobs.length === 0 ? layer.blobs : blobs,
  }));
  const weights = new Map<string, ProtoBlob[]>();
  for (const { name, blobs } of [...old, ...net.layer]) if (blobs.length > 0) weights.set(name, blobs);
  if (weights.size === 0) {
    const hint = 'Give the .caffemodel of the net, not e.g. a mean file or a solver state.';
    throw new StudioError('file-malformed', 'it holds no weights of layers', { file }, hint);
  }
  return weights;
}

function decode(bytes: Uint8Array, file: string): ProtoNet {
  if (!NET) throw new Error('the schema has no Net');
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\x89HDF') {
    const hint = 'Save it with snapshot_format: BINARYPROTO.';
    throw new StudioError('file-malformed', 'weights in HDF5 are not supported', { file }, hint);
  }
  try {
    return decodeMessage(NET, bytes) as ProtoNet;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('file-malformed', `not a Caffe model, or a damaged one: ${reason}`, { file });
  }
}
