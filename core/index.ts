/**
 * The library: everything the faces use, for programs of your own. Jobs take plain options and a
 * {@link JobContext}; networks, tables and device graphs are plain data.
 */
export type { JobContext, LogLevel } from './jobs/context.ts';
export { jobs, type JobName, type JobResults } from './jobs/registry.ts';
export { runJob } from './worker/run-job.ts';
export { describeError, StudioError, type ErrorCode, type Place } from './network/errors.ts';
export { Layer, real, type ParameterValue, type TensorRef } from './network/layer.ts';
export { Network, type NetworkMeta } from './network/network.ts';
export type { InputMeta, InputPort, Preprocess } from './network/input-meta.ts';
export type { QuantizeEntry, QuantizeTable } from './network/quantize-table.ts';
export type { Shape, Tensor } from './network/tensor.ts';
export { importers, type Importer } from './importers/registry.ts';
export type { ImportOptions } from './importers/options.ts';
export { inferShapes, type ShapeTable } from './ops/shapes.ts';
export { inferSymbolicShapes, type SymbolicShapeTable } from './ops/symbolic-shapes.ts';
export { opSpecs } from './ops/registry.ts';
export { readNetworkFile, writeNetworkFile } from './files/network-json.ts';
export { loadCoefficients, writeCoefficients } from './files/coefficients.ts';
export { readQuantizeFile, writeQuantizeFile } from './files/quantize-file.ts';
export { readInputMetaFile, writeInputMetaFile } from './files/inputmeta-file.ts';
export { lowerNetwork, type LoweredNetwork } from './device/lower.ts';
export { floatPlan, quantizedPlan, type TypePlan } from './device/types.ts';
export type { DeviceGraph, DeviceNode, DeviceTensor } from './device/graph.ts';
export { Simulator, type SimulatorOptions } from './simulator/simulator.ts';
export { bindStopFlag, newStopFlag, raiseStopFlag } from './simulator/stop-flag.ts';
export { caseFiles, packedCaseFiles } from './export/case-files.ts';
export { packNetwork } from './packing/write.ts';
export { readPacked } from './packing/read.ts';
export { openPacked } from './packing/open.ts';
