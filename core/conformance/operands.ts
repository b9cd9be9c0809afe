import type { ProtoModel, ProtoTensor, ProtoValueInfo } from '../importers/onnx/schema.ts';

/**
 * Operands that the official cases pass as inputs of the graph but that every real model stores: shapes, axes,
 * indices, limits, weights, quantization parameters. By operator, with their positions; -1 = all but the first.
 */
const CONSTANT_OPERANDS: Readonly<Record<string, readonly number[]>> = {
  AffineGrid: [1],
  BatchNormalization: [1, 2, 3, 4],
  BitShift: [1],
  BlackmanWindow: [0],
  CastLike: [],
  CenterCropPad: [1],
  Clip: [1, 2],
  Col2Im: [1, 2],
  Compress: [1],
  ConstantOfShape: [0],
  Conv: [1, 2],
  ConvInteger: [1, 2, 3],
  ConvTranspose: [1, 2],
  CumSum: [1],
  DFT: [1, 2],
  DeformConv: [1, 3],
  DequantizeLinear: [1, 2],
  Dropout: [1, 2],
  Expand: [1],
  GRU: [1, 2, 3, 4],
  Gather: [1],
  GatherElements: [1],
  GatherND: [1],
  Gemm: [1, 2],
  GroupNormalization: [1, 2],
  HammingWindow: [0],
  HannWindow: [0],
  If: [0],
  InstanceNormalization: [1, 2],
  LSTM: [1, 2, 3, 4, 7],
  LayerNormalization: [1, 2],
  Loop: [0, 1],
  MatMulInteger: [1, 2, 3],
  MaxRoiPool: [1],
  MaxUnpool: [1, 2],
  MelWeightMatrix: [-1, 0],
  NegativeLogLikelihoodLoss: [1, 2],
  NonMaxSuppression: [2, 3, 4],
  OneHot: [1, 2],
  PRelu: [1],
  Pad: [1, 2, 3],
  Pow: [1],
  QLinearConv: [1, 2, 3, 4, 5, 6, 7, 8],
  QLinearMatMul: [1, 2, 3, 4, 5, 6, 7],
  QuantizeLinear: [1, 2],
  RNN: [1, 2, 3, 4],
  Range: [0, 1, 2],
  ReduceL1: [1],
  ReduceL2: [1],
  ReduceLogSum: [1],
  ReduceLogSumExp: [1],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceSum: [1],
  ReduceSumSquare: [1],
  Reshape: [1],
  Resize: [1, 2, 3],
  ReverseSequence: [1],
  RoiAlign: [1, 2],
  STFT: [1, 2, 3],
  ScatterElements: [1],
  Scatter: [1],
  ScatterND: [1],
  Slice: [1, 2, 3, 4],
  SoftmaxCrossEntropyLoss: [1, 2],
  Split: [1],
  Squeeze: [1],
  TensorScatter: [2],
  Tile: [1, 2],
  TopK: [1],
  Trilu: [1],
  Unsqueeze: [1],
  Upsample: [1],
};

/** What these read is only measured, so its values need not be known. */
const MEASURED = new Set(['Shape', 'Size']);

/**
 * Names of tensors that real models store, as far as the operators reading them tell; also what such operands
 * are computed from.
 */
export function constantOperands(model: ProtoModel): Set<string> {
  const nodes = model.graph?.node ?? [];
  const names = new Set<string>();
  for (const node of nodes) {
    const positions = CONSTANT_OPERANDS[node.opType] ?? [];
    node.input.forEach((name, index) => {
      if (name !== '' && (positions.includes(index) || (index > 0 && positions.includes(-1))))
        names.add(name);
    });
  }
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  // A set may grow while it is walked: this follows every operand to its sources.
  for (const name of names) {
    const producer = producers.get(name);
    if (!producer || MEASURED.has(producer.opType)) continue;
    for (const input of producer.input) if (input !== '') names.add(input);
  }
  return names;
}

const BFLOAT16 = 16;
const UINT16 = 4;

/** bfloat16 tensors are stored in files of their own as uint16, because NumPy has no such type. */
export function asDeclared(tensor: ProtoTensor, declared: ProtoValueInfo | undefined): ProtoTensor {
  const brain = declared?.type?.tensorType?.elemType === BFLOAT16 && tensor.dataType === UINT16;
  return brain ? { ...tensor, dataType: BFLOAT16 } : tensor;
}

/**
 * The model with the shapes of the given inputs filled in, and with those named in `stored` as initializers.
 * @param inputs the tensors fed to the graph, in the order of its inputs
 */
export function bindModel(
  model: ProtoModel,
  inputs: readonly ProtoTensor[],
  stored: ReadonlySet<string>,
): ProtoModel {
  const { graph } = model;
  if (!graph) return model;
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  const fed = graph.input.filter(({ name }) => !initialized.has(name));
  const bound = fed.map((info, index): { info: ProtoValueInfo; tensor: ProtoTensor | undefined } => {
    const given = inputs.at(index);
    if (!given) return { info, tensor: given };
    const tensor = asDeclared(given, info);
    const shape = { dim: tensor.dims.map((dimValue) => ({ dimValue })) };
    return { info: { ...info, type: { tensorType: { elemType: tensor.dataType, shape } } }, tensor };
  });
  const constants = bound.flatMap(({ info, tensor }) =>
    tensor && stored.has(info.name) ? [{ ...tensor, name: info.name }] : [],
  );
  return {
    ...model,
    graph: {
      ...graph,
      input: bound.filter(({ info }) => !stored.has(info.name)).map(({ info }) => info),
      initializer: [...graph.initializer, ...constants],
    },
  };
}
