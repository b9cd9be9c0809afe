import protobuf from 'protobufjs';
import { ONNX_SCHEMA, type ProtoModel } from './schema.ts';

const { root } = protobuf.parse(ONNX_SCHEMA, { keepCase: false });

/** The reflected message type `onnx.Model`; tests and benchmarks encode their models with it. */
export const onnxModelType: protobuf.Type = root.lookupType('onnx.Model');

/** The reflected message type of a TensorProto. */
export const onnxTensorType: protobuf.Type = root.lookupType('onnx.Tensor');

/** Encodes a decoded model again; the conformance runner changes models this way. */
export const encodeModel = (model: ProtoModel): Uint8Array => onnxModelType.encode(model).finish();
