import type { CaffeLayer } from './layer.ts';

/** What a loss computes from its first blob before it compares: the part that inference needs. */
const INFERENCE_FORMS: Readonly<Record<string, string>> = {
  SoftmaxWithLoss: 'Softmax',
  SoftmaxLoss: 'Softmax',
  InfogainLoss: 'Softmax',
  SigmoidCrossEntropyLoss: 'Sigmoid',
};

/** Layers that only compare with labels or write files; what they read are results of the net. */
const LEFT_OUT = new Set([
  'Accuracy',
  'ContrastiveLoss',
  'DetectionEvaluate',
  'EuclideanLoss',
  'HDF5Output',
  'HingeLoss',
  'MultiBoxLoss',
  'MultinomialLogisticLoss',
  'SmoothL1Loss',
]);

/** SSD's last layer: how many boxes it finds depends on the data, which no fixed network can give. */
const DETECTION_OUTPUT = 'DetectionOutput';

/** Layers of inference, and sentences on what of the net is left to the user. */
export interface InferenceLayers {
  layers: CaffeLayer[];
  notes: string[];
}

/** Leaves out what only training needs, and what has to be done behind the network. */
export function inferenceLayers(all: readonly CaffeLayer[]): InferenceLayers {
  const gone = new Set<string>();
  const notes: string[] = [];
  const layers = all.flatMap((layer) => {
    const { name, type, bottoms, tops } = layer;
    if (Object.hasOwn(INFERENCE_FORMS, type)) {
      tops.slice(1).forEach((blob) => gone.add(blob));
      return [
        { ...layer, type: INFERENCE_FORMS[type], bottoms: bottoms.slice(0, 1), tops: [tops[0] ?? name] },
      ];
    }
    if (!LEFT_OUT.has(type) && type !== DETECTION_OUTPUT && !bottoms.some((blob) => gone.has(blob))) {
      tops.forEach((blob) => gone.delete(blob));
      return [layer];
    }
    tops.forEach((blob) => gone.add(blob));
    if (type === DETECTION_OUTPUT) notes.push(decodingNote(layer));
    return [];
  });
  return { layers, notes };
}

const decodingNote = ({ name, bottoms }: CaffeLayer): string =>
  `The network ends in front of "${name}" (DetectionOutput): its outputs are ${bottoms.join(', ')}. ` +
  'Decode them with the "ssd" step of a post-processing file.';
