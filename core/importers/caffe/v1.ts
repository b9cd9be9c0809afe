import type { CaffeLayer } from './layer.ts';
import type { Message } from './message.ts';

/** Types of the second format (`layers { type: CONVOLUTION }`): number of the enum, and today's word. */
const TYPES: Readonly<Record<string, readonly [number: number, type: string]>> = {
  NONE: [0, ''],
  ABSVAL: [35, 'AbsVal'],
  ACCURACY: [1, 'Accuracy'],
  ARGMAX: [30, 'ArgMax'],
  BNLL: [2, 'BNLL'],
  CONCAT: [3, 'Concat'],
  CONTRASTIVE_LOSS: [37, 'ContrastiveLoss'],
  CONVOLUTION: [4, 'Convolution'],
  DATA: [5, 'Data'],
  DECONVOLUTION: [39, 'Deconvolution'],
  DROPOUT: [6, 'Dropout'],
  DUMMY_DATA: [32, 'DummyData'],
  EUCLIDEAN_LOSS: [7, 'EuclideanLoss'],
  ELTWISE: [25, 'Eltwise'],
  EXP: [38, 'Exp'],
  FLATTEN: [8, 'Flatten'],
  HDF5_DATA: [9, 'HDF5Data'],
  HDF5_OUTPUT: [10, 'HDF5Output'],
  HINGE_LOSS: [28, 'HingeLoss'],
  IM2COL: [11, 'Im2col'],
  IMAGE_DATA: [12, 'ImageData'],
  INFOGAIN_LOSS: [13, 'InfogainLoss'],
  INNER_PRODUCT: [14, 'InnerProduct'],
  LRN: [15, 'LRN'],
  MEMORY_DATA: [29, 'MemoryData'],
  MULTINOMIAL_LOGISTIC_LOSS: [16, 'MultinomialLogisticLoss'],
  MVN: [34, 'MVN'],
  POOLING: [17, 'Pooling'],
  POWER: [26, 'Power'],
  RELU: [18, 'ReLU'],
  SIGMOID: [19, 'Sigmoid'],
  SIGMOID_CROSS_ENTROPY_LOSS: [27, 'SigmoidCrossEntropyLoss'],
  SILENCE: [36, 'Silence'],
  SOFTMAX: [20, 'Softmax'],
  SOFTMAX_LOSS: [21, 'SoftmaxWithLoss'],
  SPLIT: [22, 'Split'],
  SLICE: [33, 'Slice'],
  TANH: [23, 'TanH'],
  THRESHOLD: [31, 'Threshold'],
  WINDOW_DATA: [24, 'WindowData'],
};

/** Types that forks added to the enum, under numbers of their own. */
const OF_FORKS: ReadonlyMap<string, string> = new Map([
  ['BN', 'BN'],
  ['PRELU', 'PReLU'],
  ['BATCHNORM', 'BatchNorm'],
  ['BATCH_NORM', 'BatchNorm'],
  ['SCALE', 'Scale'],
  ['RESHAPE', 'Reshape'],
  ['UPSAMPLE', 'Upsample'],
  ['CROP', 'Crop'],
  ['LSTM', 'Lstm'],
  ['REVERSE', 'Reverse'],
]);

/** A layer of the second format. An unknown type stays as it is, to be reported with all others. */
export function upgradeV1(body: Message): CaffeLayer {
  return {
    name: body.text('name', ''),
    type: typeOf(body.text('type', 'NONE')),
    bottoms: body.texts('bottom'),
    tops: body.texts('top'),
    body,
  };
}

function typeOf(written: string): string {
  const known = Object.hasOwn(TYPES, written)
    ? TYPES[written]
    : Object.values(TYPES).find(([number]) => String(number) === written);
  return known?.[1] ?? OF_FORKS.get(written) ?? written;
}
