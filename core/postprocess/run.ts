import { decodeBlazeFace } from './blazeface.ts';
import { classify, type ClassScore } from './classification.ts';
import { suppress, toImage, type Detection } from './detection.ts';
import { decodeFastestDet } from './fastestdet.ts';
import { findKeypoints, type Keypoint } from './keypoints.ts';
import type { DetectionPlan, Plan } from './plan.ts';
import { segment } from './segmentation.ts';
import { decodeSsd } from './ssd.ts';
import type { Values, View } from './view.ts';
import { decodeYoloFree, decodeYoloTable } from './yolo-free.ts';
import { decodeYolo } from './yolo.ts';

/** What a step found in one sample. Coordinates are pixels of the picture. */
export type StepResult =
  | { kind: 'classification'; classes: ClassScore[] }
  | { kind: 'detections'; detections: Detection[] }
  | { kind: 'segmentation'; width: number; height: number; classes: Uint8Array }
  | { kind: 'keypoints'; points: Keypoint[] };

/** Executes a step on the float values of one sample, one array per output of the network. */
export function runStep(plan: Plan, outputs: readonly Float32Array[]): StepResult {
  const bound = <V extends View>(view: V): V & Values => ({
    ...view,
    data: outputs[view.output].subarray(view.offset),
  });
  switch (plan.kind) {
    case 'classification': {
      const values = outputs[plan.output].subarray(0, plan.count);
      return { kind: 'classification', classes: classify(values, plan.softmax, plan.topn) };
    }
    case 'segmentation': {
      const { width, height } = plan.view;
      return { kind: 'segmentation', width, height, classes: segment(bound(plan.view), plan.threshold) };
    }
    case 'keypoints':
      return { kind: 'keypoints', points: findKeypoints(bound(plan.view), plan.frame) };
    default: {
      const kept = suppress(candidates(plan, bound), plan);
      return { kind: 'detections', detections: kept.map((detection) => toImage(detection, plan.frame)) };
    }
  }
}

function candidates(plan: DetectionPlan, bound: <V extends View>(view: V) => V & Values): Detection[] {
  const { scoreThreshold } = plan;
  switch (plan.kind) {
    case 'yolo': {
      const heads = plan.heads.map((head) => ({ ...head, view: bound(head.view) }));
      return decodeYolo(heads, { ...plan, ...plan.frame });
    }
    case 'yolov8': {
      const heads = plan.heads.map(({ boxes, classes }) => ({
        boxes: bound(boxes),
        classes: bound(classes),
      }));
      return decodeYoloFree(heads, plan.activated, scoreThreshold);
    }
    case 'yolo_table':
      return decodeYoloTable(bound(plan.table), plan.objectness, plan.frame, scoreThreshold);
    case 'ssd': {
      const { boxes, scores } = plan.ssd;
      return decodeSsd({ ...plan.ssd, boxes: bound(boxes), scores: bound(scores) }, scoreThreshold);
    }
    case 'blazeface': {
      const heads = plan.heads.map((head) => ({
        ...head,
        scores: bound(head.scores),
        boxes: bound(head.boxes),
      }));
      return decodeBlazeFace(heads, plan.frame.inputWidth, scoreThreshold);
    }
    case 'fastestdet':
      return decodeFastestDet(bound(plan.view), scoreThreshold);
  }
}
