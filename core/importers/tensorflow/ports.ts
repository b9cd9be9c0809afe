/**
 * Names of the outputs of operators that have several, in order. Bodies of functions name outputs so; everything
 * else has one output, or one list of them.
 */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  BatchNormWithGlobalNormalizationGrad: ['dx', 'dm', 'dv', 'db', 'dg'],
  BlockLSTM: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
  BlockLSTMV2: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
  CombinedNonMaxSuppression: ['nmsed_boxes', 'nmsed_scores', 'nmsed_classes', 'valid_detections'],
  CudnnRNN: ['output', 'output_h', 'output_c', 'reserve_space'],
  CudnnRNNV2: ['output', 'output_h', 'output_c', 'reserve_space', 'host_reserved'],
  CudnnRNNV3: ['output', 'output_h', 'output_c', 'reserve_space', 'host_reserved'],
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: [
    'y',
    'batch_mean',
    'batch_variance',
    'reserve_space_1',
    'reserve_space_2',
    'reserve_space_3',
  ],
  GRUBlockCell: ['r', 'u', 'c', 'h'],
  LSTMBlockCell: ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'],
  ListDiff: ['out', 'idx'],
  MaxPoolWithArgmax: ['output', 'argmax'],
  Merge: ['output', 'value_index'],
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
  NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
  QuantizeV2: ['output', 'output_min', 'output_max'],
  QuantizedBiasAdd: ['output', 'min_out', 'max_out'],
  QuantizedConv2D: ['output', 'min_output', 'max_output'],
  QuantizedMatMul: ['out', 'min_out', 'max_out'],
  QuantizedRelu: ['activations', 'min_activations', 'max_activations'],
  QuantizedAdd: ['z', 'min_z', 'max_z'],
  QuantizedMul: ['z', 'min_z', 'max_z'],
  QuantizedAvgPool: ['output', 'min_output', 'max_output'],
  QuantizedMaxPool: ['output', 'min_output', 'max_output'],
  QuantizedConcat: ['output', 'output_min', 'output_max'],
  QuantizedReshape: ['output', 'output_min', 'output_max'],
  QuantizedRelu6: ['activations', 'min_activations', 'max_activations'],
  Requantize: ['output', 'output_min', 'output_max'],
  RequantizationRange: ['output_min', 'output_max'],
  SoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  SparseSoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  Svd: ['s', 'u', 'v'],
  Switch: ['output_false', 'output_true'],
  TensorArrayConcatV3: ['value', 'lengths'],
  TensorArrayV3: ['handle', 'flow'],
  TensorListPopBack: ['output_handle', 'tensor'],
  TopK: ['values', 'indices'],
  TopKV2: ['values', 'indices'],
  Unique: ['y', 'idx'],
  UniqueV2: ['y', 'idx'],
  UniqueWithCounts: ['y', 'idx', 'count'],
};

/** Which output of a node `output:index` in the body of a function is. */
export function portOf(op: string, output: string, index: number): number {
  const names = Object.hasOwn(OUTPUTS, op) ? OUTPUTS[op] : [];
  return Math.max(0, names.indexOf(output)) + index;
}
