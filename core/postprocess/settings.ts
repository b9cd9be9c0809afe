import type { Parameters } from './parameters.ts';
import type { SsdPriorSettings } from './priors.ts';
import type { YoloVersion } from './yolo.ts';

/** How pixels of the picture relate to the network's input. */
export interface FrameSettings {
  /** Width and height of the network's input. */
  inputSize: [number, number];
  /** Width and height of the picture; by default the input's. */
  imageSize: [number, number] | undefined;
  fit: 'stretch' | 'letterbox';
}

/** What all detectors have. */
export interface DetectorSettings extends FrameSettings {
  scoreThreshold: number;
  nmsThreshold: number;
  maxDetections: number;
  classAgnostic: boolean;
  /** A file with one label a line. */
  labels: string | undefined;
  classes: number;
}

/** Priors of an SSD network: a blob of Caffe, or made anew. */
export type PriorSource = { file: string } | SsdPriorSettings;

/** The parameters of one step, by kind. */
export type Settings =
  | { kind: 'classification'; topn: number; softmax: boolean; labels: string | undefined }
  | (DetectorSettings & {
      kind: 'yolo';
      version: YoloVersion;
      anchors: readonly (readonly number[])[];
      scaleXY: readonly number[];
      activated: boolean;
    })
  | (DetectorSettings & { kind: 'yolov8'; bins: number; split: boolean; activated: boolean })
  | (DetectorSettings & { kind: 'yolo_table'; objectness: boolean })
  | (DetectorSettings & {
      kind: 'ssd';
      priors: PriorSource | undefined;
      variances: readonly number[];
      activation: 'none' | 'softmax' | 'sigmoid';
      background: boolean;
    })
  | (DetectorSettings & {
      kind: 'ultraface';
      decoded: boolean;
      strides: readonly number[];
      minBoxes: readonly (readonly number[])[];
      variances: readonly number[];
    })
  | (DetectorSettings & {
      kind: 'blazeface';
      grids: readonly number[];
      repeats: readonly number[];
      points: number;
    })
  | (DetectorSettings & { kind: 'fastestdet' })
  | { kind: 'segmentation'; classes: number; threshold: number; labels: string | undefined }
  | (FrameSettings & { kind: 'keypoints'; points: number; labels: string | undefined });

/** Names of the kinds. */
export type Kind = Settings['kind'];

const MOST_CLASSES = 65535;

/** Reads the parameters of a kind. @throws StudioError 'postprocess-invalid' with the line */
export const settingsOf: { readonly [K in Kind]: (given: Parameters) => Extract<Settings, { kind: K }> } = {
  classification: (given) => ({
    kind: 'classification',
    topn: given.integer('topn', 5, 1, 1000),
    softmax: given.flag('softmax', false),
    labels: given.text('labels'),
  }),
  yolo: (given) => {
    const anchors = given.groups('anchors');
    const isPairs = anchors.length > 0 && anchors.every((list) => list.length > 0 && list.length % 2 === 0);
    if (!isPairs)
      throw given.fail('anchors', '"anchors" needs one list per output of width, height, width, height ...');
    const scaleXY = given.numbers('scale_x_y', [1]);
    if (scaleXY.length !== 1 && scaleXY.length !== anchors.length)
      throw given.fail('scale_x_y', '"scale_x_y" needs one number, or one per output');
    return {
      kind: 'yolo',
      ...detector(given, { score: 0.25, nms: 0.45 }),
      version: given.choice('version', ['v2', 'v3', 'v4', 'v5'], 'v3'),
      anchors,
      scaleXY: anchors.map((_, head) => scaleXY[head] ?? scaleXY[0]),
      activated: given.flag('activated', false),
    };
  },
  yolov8: (given) => ({
    kind: 'yolov8',
    ...detector(given, { score: 0.25, nms: 0.45 }),
    bins: given.integer('bins', 16, 1, 256),
    split: given.flag('split', false),
    activated: given.flag('activated', false),
  }),
  yolo_table: (given) => ({
    kind: 'yolo_table',
    ...detector(given, { score: 0.25, nms: 0.45 }),
    objectness: given.flag('objectness', false),
  }),
  ssd: (given) => ({
    kind: 'ssd',
    ...detector(given, { score: 0.5, nms: 0.45 }),
    priors: priorsOf(given),
    variances: given.numbers('variances', [0.1, 0.1, 0.2, 0.2], 4),
    activation: given.choice('activation', ['none', 'softmax', 'sigmoid'], 'none'),
    background: given.flag('background', true),
  }),
  ultraface: (given) => {
    const strides = given.numbers('strides', [8, 16, 32, 64]);
    const minBoxes = given.groups('min_boxes', [
      [10, 16, 24],
      [32, 48],
      [64, 96],
      [128, 192, 256],
    ]);
    if (strides.length !== minBoxes.length || strides.some((stride) => stride < 1))
      throw given.fail('strides', '"strides" needs one number from 1 per list of "min_boxes"');
    return {
      kind: 'ultraface',
      ...detector(given, { score: 0.7, nms: 0.3, classes: 1 }),
      decoded: given.flag('decoded', false),
      strides,
      minBoxes,
      variances: given.numbers('variances', [0.1, 0.1, 0.2, 0.2], 4),
    };
  },
  blazeface: (given) => {
    const grids = given.numbers('grids', [16, 8]);
    const repeats = given.numbers('repeats', [2, 6]);
    const isGood = [...grids, ...repeats].every(
      (value) => Number.isInteger(value) && value >= 1 && value <= 4096,
    );
    if (grids.length !== repeats.length || !isGood)
      throw given.fail('grids', '"grids" and "repeats" need one whole number each per pair of outputs');
    return {
      kind: 'blazeface',
      ...detector(given, { score: 0.5, nms: 0.3, classes: 1 }),
      grids,
      repeats,
      points: given.integer('points', 6, 0, 32),
    };
  },
  fastestdet: (given) => ({ kind: 'fastestdet', ...detector(given, { score: 0.65, nms: 0.45 }) }),
  segmentation: (given) => ({
    kind: 'segmentation',
    classes: given.integer('classes', undefined, 1, 256),
    threshold: given.number('threshold', 0.5, -1e30, 1e30),
    labels: given.text('labels'),
  }),
  keypoints: (given) => ({
    kind: 'keypoints',
    points: given.integer('points', undefined, 1, 1024),
    labels: given.text('labels'),
    ...frame(given),
  }),
};

function detector(
  given: Parameters,
  fallback: { score: number; nms: number; classes?: number },
): DetectorSettings {
  return {
    classes: given.integer('classes', fallback.classes, 1, MOST_CLASSES),
    labels: given.text('labels'),
    ...frame(given),
    scoreThreshold: given.number('score_threshold', fallback.score, 0, 1),
    nmsThreshold: given.number('nms_threshold', fallback.nms, 0, 1),
    maxDetections: given.integer('max_detections', 100, 1, 10_000),
    classAgnostic: given.flag('class_agnostic', false),
  };
}

function frame(given: Parameters): FrameSettings {
  return {
    inputSize: given.size('input_size'),
    imageSize: given.size('image_size', true),
    fit: given.choice('fit', ['stretch', 'letterbox'], 'stretch'),
  };
}

/** `priors_file`, or the lists of PriorBox layers, or none: the boxes are decoded. */
function priorsOf(given: Parameters): PriorSource | undefined {
  const file = given.text('priors_file');
  const featureSizes = given.groups('feature_sizes', []);
  const source: SsdPriorSettings = {
    inputSize: given.size('input_size'),
    featureSizes,
    minSizes: given.groups('min_sizes', []),
    maxSizes: given.groups('max_sizes', []),
    aspectRatios: given.groups('aspect_ratios', []),
    flip: given.flag('flip', true),
    clip: given.flag('clip', false),
    offset: given.number('offset', 0.5, 0, 1),
  };
  if (file !== undefined) return { file };
  if (featureSizes.length === 0) return undefined;
  const isGood = featureSizes.every(
    (size) =>
      size.length === 2 && size.every((cells) => Number.isInteger(cells) && cells >= 1 && cells <= 1024),
  );
  if (!isGood)
    throw given.fail(
      'feature_sizes',
      '"feature_sizes" needs width and height (1 to 1024) of each feature map',
    );
  if (source.minSizes.length !== featureSizes.length || source.minSizes.some((list) => list.length === 0))
    throw given.fail('min_sizes', '"min_sizes" needs one list per feature map');
  if (source.aspectRatios.flat().some((ratio) => ratio <= 0))
    throw given.fail('aspect_ratios', '"aspect_ratios" must be above 0');
  return source;
}
