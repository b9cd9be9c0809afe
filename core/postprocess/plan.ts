import { StudioError } from '../network/errors.ts';
import { Binder, requireRows } from './binder.ts';
import type { StepDescription } from './description.ts';
import type { Filter, Frame } from './detection.ts';
import type { BlazeFaceHead } from './blazeface.ts';
import { ssdPriors, ultraFacePriors } from './priors.ts';
import type { DetectorSettings, FrameSettings, Settings } from './settings.ts';
import type { Ssd } from './ssd.ts';
import { anchorView, type OutputTensor, type View } from './view.ts';
import type { YoloFreeHead } from './yolo-free.ts';
import type { YoloHead, YoloVersion } from './yolo.ts';

/** What all detectors need after decoding. */
export interface DetectorPlan extends Filter {
  labels: readonly string[];
  frame: Frame;
}

/** One step bound to the memory of the outputs it reads: what the studio executes and the exporter prints. */
export type Plan =
  | {
      kind: 'classification';
      output: number;
      count: number;
      topn: number;
      softmax: boolean;
      labels: readonly string[];
    }
  | (DetectorPlan & { kind: 'yolo'; version: YoloVersion; activated: boolean; heads: YoloHead[] })
  | (DetectorPlan & { kind: 'yolov8'; activated: boolean; heads: YoloFreeHead[] })
  | (DetectorPlan & { kind: 'yolo_table'; objectness: boolean; table: View })
  | (DetectorPlan & { kind: 'ssd'; ssd: Ssd })
  | (DetectorPlan & { kind: 'blazeface'; heads: BlazeFaceHead[] })
  | (DetectorPlan & { kind: 'fastestdet'; view: View })
  | { kind: 'segmentation'; view: View; threshold: number; labels: readonly string[] }
  | { kind: 'keypoints'; view: View; frame: Frame; labels: readonly string[] };

/** Plans that find boxes. */
export type DetectionPlan = Extract<Plan, DetectorPlan>;

/** The plan for a picture of this size that was stretched to the input; a letterboxed one keeps what was given. */
export function inPicture<P extends Plan>(plan: P, { width, height }: { width: number; height: number }): P {
  if (!('frame' in plan) || plan.frame.letterbox) return plan;
  return { ...plan, frame: { ...plan.frame, imageWidth: width, imageHeight: height } };
}

/** Contents of the files that a step names. */
export interface StepFiles {
  labels: readonly string[];
  /** Of `priors_file`. */
  priors?: { priors: Float32Array; variances: number[] };
}

/**
 * Binds a step to the outputs of a network.
 * @param files contents of the files that the step names
 * @throws StudioError 'postprocess-invalid' when the step does not fit the outputs
 */
export function planStep(
  { lids, settings }: StepDescription,
  outputs: readonly OutputTensor[],
  files: StepFiles,
): Plan {
  const indices = lids.map((lid) => {
    const index = outputs.findIndex(({ key }) => key === lid);
    if (index >= 0) return index;
    const names = outputs.map(({ key }) => `"${key}"`).join(', ');
    throw new StudioError('postprocess-invalid', `"${lid}" is no output of the network; there are ${names}`);
  });
  return bind(settings, new Binder(indices, outputs, settings.kind), files);
}

function bind(settings: Settings, at: Binder, files: StepFiles): Plan {
  const { labels } = files;
  switch (settings.kind) {
    case 'classification': {
      at.need(1, 'scores');
      const [first = 1, ...rest] = at.tensor(0).shape;
      const perSample = rest.reduce((product, size) => product * size, 1);
      // Without a batch in front, or with the axes turned, the first axis is what there is.
      const count = perSample > 1 ? perSample : first;
      const { topn, softmax } = settings;
      return {
        kind: 'classification',
        output: at.index(0),
        count,
        topn: Math.min(topn, count),
        softmax,
        labels,
      };
    }
    case 'yolo': {
      at.need(settings.anchors.length, 'one per list of "anchors"');
      const heads = settings.anchors.map((anchors, head) => ({
        view: anchorView(at.tensor(head), at.index(head), anchors.length / 2, 5 + settings.classes),
        anchors,
        scaleXY: settings.scaleXY[head],
      }));
      const { version, activated } = settings;
      return { kind: 'yolo', ...detectorOf(settings, labels), version, activated, heads };
    }
    case 'yolov8':
      return {
        kind: 'yolov8',
        ...detectorOf(settings, labels),
        activated: settings.activated,
        heads: yoloFreeHeads(settings, at),
      };
    case 'yolo_table': {
      at.need(1, 'the table');
      const table = at.table(0, (settings.objectness ? 5 : 4) + settings.classes);
      return { kind: 'yolo_table', ...detectorOf(settings, labels), objectness: settings.objectness, table };
    }
    case 'ssd':
    case 'ultraface':
      return { kind: 'ssd', ...detectorOf(settings, labels), ssd: ssdOf(settings, at, files) };
    case 'blazeface': {
      const pairs = settings.grids.length;
      at.need(2 * pairs, 'all scores, then all boxes');
      const heads = settings.grids.map((grid, head) => {
        const scores = at.table(head, 1);
        const boxes = at.table(pairs + head, 4 + 2 * settings.points);
        requireRows(at.tensor(head), scores, grid * grid * settings.repeats[head]);
        requireRows(at.tensor(pairs + head), boxes, grid * grid * settings.repeats[head]);
        return { scores, boxes, grid, repeats: settings.repeats[head] };
      });
      return { kind: 'blazeface', ...detectorOf(settings, labels), heads };
    }
    case 'fastestdet':
      at.need(1, 'the only one');
      return { kind: 'fastestdet', ...detectorOf(settings, labels), view: at.grid(0, 5 + settings.classes) };
    case 'segmentation':
      at.need(1, 'the scores of the classes');
      return {
        kind: 'segmentation',
        view: at.grid(0, settings.classes),
        threshold: settings.threshold,
        labels,
      };
    case 'keypoints':
      at.need(1, 'the heat maps');
      return { kind: 'keypoints', view: at.grid(0, settings.points), frame: frameOf(settings), labels };
  }
}

function yoloFreeHeads(settings: Extract<Settings, { kind: 'yolov8' }>, at: Binder): YoloFreeHead[] {
  const sides = 4 * settings.bins;
  if (!settings.split) {
    return Array.from({ length: at.length }, (_, head) => {
      const whole = at.grid(head, sides + settings.classes);
      const classes = { ...whole, channels: settings.classes, offset: sides * whole.channelStride };
      return { boxes: { ...whole, channels: sides }, classes };
    });
  }
  if (at.length % 2 !== 0) at.need(at.length + 1, 'boxes and classes of each scale in turn');
  return Array.from({ length: at.length / 2 }, (_, head) => {
    const [boxes, classes] = [at.grid(2 * head, sides), at.grid(2 * head + 1, settings.classes)];
    if (boxes.height !== classes.height || boxes.width !== classes.width)
      throw new StudioError('postprocess-invalid', 'boxes and classes of one scale differ in size', {
        layer: at.tensor(2 * head).key,
      });
    return { boxes, classes };
  });
}

function ssdOf(
  settings: Extract<Settings, { kind: 'ssd' | 'ultraface' }>,
  at: Binder,
  files: StepFiles,
): Ssd {
  at.need(2, 'boxes, then scores');
  const boxes = at.table(0, 4);
  const isFace = settings.kind === 'ultraface';
  const hasBackground = isFace || settings.background;
  const scores = at.table(1, settings.classes + Number(hasBackground));
  requireRows(at.tensor(1), scores, boxes.width);
  const priors = priorsOf(settings, files);
  if (priors) requireRows(at.tensor(0), boxes, priors.length / 4);
  return {
    boxes,
    scores,
    priors,
    variances: files.priors?.variances ?? settings.variances,
    activation: isFace ? 'none' : settings.activation,
    hasBackground,
  };
}

function priorsOf(
  settings: Extract<Settings, { kind: 'ssd' | 'ultraface' }>,
  files: StepFiles,
): Float32Array | undefined {
  if (settings.kind === 'ultraface')
    return settings.decoded
      ? undefined
      : ultraFacePriors(settings.inputSize, settings.strides, settings.minBoxes);
  if (!settings.priors) return undefined;
  return 'file' in settings.priors ? files.priors?.priors : ssdPriors(settings.priors);
}

function detectorOf(settings: DetectorSettings, labels: readonly string[]): DetectorPlan {
  const { scoreThreshold, nmsThreshold, maxDetections, classAgnostic } = settings;
  return { scoreThreshold, nmsThreshold, maxDetections, classAgnostic, labels, frame: frameOf(settings) };
}

function frameOf({ inputSize, imageSize = inputSize, fit }: FrameSettings): Frame {
  return {
    inputWidth: inputSize[0],
    inputHeight: inputSize[1],
    imageWidth: imageSize[0],
    imageHeight: imageSize[1],
    letterbox: fit === 'letterbox',
  };
}
