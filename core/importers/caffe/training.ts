import type { CaffeLayer } from './layer.ts';

/** What a loss computes from its first blob before it compares: the part that inference needs. */
export const INFERENCE_FORMS: Readonly<Record<string, string>> = {
  SoftmaxWithLoss: 'Softmax',
  SoftmaxLoss: 'Softmax',
  InfogainLoss: 'Softmax',
  SigmoidCrossEntropyLoss: 'Sigmoid',
};

/** Layers that only compare with labels or write files; what they read are results of the net. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
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

/** Last layers of detectors: how many boxes they find depends on the data, which no fixed network can give. */
export const DECODERS: ReadonlySet<string> = new Set([
  'DetectionOutput',
  'YoloDetectionOutput',
  'Yolov3DetectionOutput',
]);

/** Layers of inference, and sentences on what of the net is left to the user. */
export interface InferenceLayers {
  layers: CaffeLayer[];
  /** Blobs that are results although other layers may read them too. */
  results: string[];
  notes: string[];
}

/** Leaves out what only training needs, and what has to be done behind the network. */
export function inferenceLayers(all: readonly CaffeLayer[]): InferenceLayers {
  const gone = new Set<string>();
  const notes: string[] = [];
  const results: string[] = [];
  const layers = all.flatMap((layer) => {
    const { name, type, bottoms, tops } = layer;
    if (Object.hasOwn(INFERENCE_FORMS, type)) {
      tops.slice(1).forEach((blob) => gone.add(blob));
      return [
        { ...layer, type: INFERENCE_FORMS[type], bottoms: bottoms.slice(0, 1), tops: [tops[0] ?? name] },
      ];
    }
    if (RECURRENT.has(type) && bottoms[1] !== undefined) notes.push(marksNote(layer));
    if (!LEFT_OUT.has(type) && !DECODERS.has(type) && !bottoms.some((blob) => gone.has(blob))) {
      tops.forEach((blob) => gone.delete(blob));
      return [layer];
    }
    tops.forEach((blob) => gone.add(blob));
    if (DECODERS.has(type)) {
      results.push(...bottoms);
      notes.push(decodingNote(layer));
    }
    return [];
  });
  return { layers, results, notes };
}

/** Layers whose second blob marks the beginnings of sequences. */
const RECURRENT = new Set(['LSTM', 'RNN']);

const marksNote = ({ name, bottoms, body }: CaffeLayer): string => {
  const stateful = body.message('recurrent_param').flag('expose_hidden', false);
  const marks = stateful ? '1 at every step' : '0 at the first step and 1 behind it';
  return `"${bottoms[1]}" of layer "${name}" is not an input of the network: it is taken to be ${marks}.`;
};

function decodingNote({ name, type, bottoms }: CaffeLayer): string {
  const step = type === 'DetectionOutput' ? 'the "ssd" step' : 'a step';
  return (
    `The network ends in front of "${name}" (${type}): its outputs are ${bottoms.join(', ')}. ` +
    `Decode them with ${step} of a post-processing file.`
  );
}
