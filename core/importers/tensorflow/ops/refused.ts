import { Unsupported } from '../../onnx/builder.ts';
import { DataSized } from '../../onnx/data-sized.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';

/** Whose results have a size that the data decide: networks end in front of them. */
const SIZED_BY_DATA = [
  'CombinedNonMaxSuppression',
  'GenerateBoundingBoxProposals',
  'ListDiff',
  'NonMaxSuppression',
  'NonMaxSuppressionV2',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'NonMaxSuppressionWithOverlaps',
  'Unique',
  'UniqueV2',
  'UniqueWithCounts',
];

/** What comes in front of networks: samples are prepared outside of them. */
const FRONT_ENDS = [
  'AudioSpectrogram',
  'DecodeBmp',
  'DecodeGif',
  'DecodeImage',
  'DecodeJpeg',
  'DecodePng',
  'DecodeRaw',
  'DecodeWav',
  'IteratorGetNext',
  'IteratorV2',
  'Mfcc',
  'ParseExample',
  'ParseExampleV2',
  'ParseSingleExample',
  'Placeholder',
  'PlaceholderV2',
  'QueueDequeueV2',
  'QueueDequeueManyV2',
  'ReadFile',
];

const RANDOM = [
  'Multinomial',
  'RandomStandardNormal',
  'RandomUniform',
  'RandomUniformInt',
  'TruncatedNormal',
];

const refuse = (error: () => Unsupported): Operator => ({
  convert: () => {
    throw error();
  },
});

const all = (names: readonly string[], error: () => Unsupported): OperatorFamily =>
  Object.fromEntries(names.map((name) => [`tf:${name}`, refuse(error)]));

/** Operators that can't be part of a network, and what to do about them. */
export const refused: OperatorFamily = {
  ...all(SIZED_BY_DATA, () => new DataSized()),
  ...all(FRONT_ENDS, () => new Unsupported('it prepares samples; start the network behind it with --inputs and --input-size-list')), // prettier-ignore
  ...all(RANDOM, () => new Unsupported('random numbers, which only training needs; fix its condition with --predef-file')), // prettier-ignore
};
