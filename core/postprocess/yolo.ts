import { addBox, reaches, sigmoid, type Detection } from './detection.ts';
import { at, bestChannel, type AnchorView, type Values } from './view.ts';

/** What tells the generations apart; v7 decodes as v5. */
export type YoloVersion = 'v2' | 'v3' | 'v4' | 'v5';

/** One output of a YOLO network with anchors. */
export interface YoloHead<V = AnchorView> {
  /** Per anchor: x, y, width, height, objectness, one value per class. */
  view: V;
  /** Width and height of each anchor: v2 in cells, later in pixels of the input. */
  anchors: readonly number[];
  /** v4: how far centres are stretched beyond their cell. */
  scaleXY: number;
}

/** What all heads of a network share. */
export interface YoloSettings {
  version: YoloVersion;
  /** The network ends with the sigmoids (v2: and the softmax); before v5 widths and heights have none. */
  activated: boolean;
  inputWidth: number;
  inputHeight: number;
  scoreThreshold: number;
}

/**
 * Boxes whose objectness times best class reaches the threshold, in fractions of the input.
 * v2, v3 (Redmon, Farhadi 2016, 2018): centre sigmoid(t) + cell, size anchor * exp(t); v2 has a softmax over
 * the classes, v3 sigmoids. v4 (Bochkovskiy et al. 2020): sigmoid(t) * s - (s - 1) / 2 with s = scale_x_y.
 * v5 (Ultralytics): centre 2 * sigmoid(t) - 0.5 + cell, size anchor * (2 * sigmoid(t))^2.
 */
export function decodeYolo(
  heads: readonly YoloHead<AnchorView & Values>[],
  settings: YoloSettings,
): Detection[] {
  const list: Detection[] = [];
  for (const head of heads) {
    for (let anchor = 0; anchor < head.anchors.length / 2; anchor++) {
      const view = { ...head.view, data: head.view.data.subarray(anchor * head.view.anchorStride) };
      const size: [number, number] = [
        Math.fround(head.anchors[2 * anchor]),
        Math.fround(head.anchors[2 * anchor + 1]),
      ];
      for (let row = 0; row < view.height; row++) {
        for (let column = 0; column < view.width; column++) {
          decodeCell(view, row, column, size, Math.fround(head.scaleXY), settings, list);
        }
      }
    }
  }
  return list;
}

function decodeCell(
  view: Values,
  row: number,
  column: number,
  anchor: readonly [number, number],
  scaleXY: number,
  settings: YoloSettings,
  list: Detection[],
): void {
  const { version, activated, scoreThreshold } = settings;
  const squash = (value: number): number => (activated ? value : sigmoid(value));
  const objectness = squash(at(view, 4, row, column));
  if (!reaches(objectness, scoreThreshold)) return;
  const best = bestChannel(view, 5, view.channels - 5, row, column);
  const score = objectness * classScore(view, best, row, column, settings);
  if (!reaches(score, scoreThreshold)) return;
  const stretch = (value: number): number => {
    if (version === 'v5') return 2 * value - 0.5;
    return version === 'v4' ? value * scaleXY - (scaleXY - 1) / 2 : value;
  };
  const grow = (value: number): number => (version === 'v5' ? 4 * squash(value) ** 2 : Math.exp(value));
  const [unitX, unitY] =
    version === 'v2' ? [view.width, view.height] : [settings.inputWidth, settings.inputHeight];
  addBox(
    list,
    [
      (stretch(squash(at(view, 0, row, column))) + column) / view.width,
      (stretch(squash(at(view, 1, row, column))) + row) / view.height,
    ],
    [
      (grow(at(view, 2, row, column)) * anchor[0]) / unitX,
      (grow(at(view, 3, row, column)) * anchor[1]) / unitY,
    ],
    score,
    best - 5,
  );
}

/** Probability of a class; v2 shares one among all. */
function classScore(view: Values, best: number, row: number, column: number, settings: YoloSettings): number {
  const value = at(view, best, row, column);
  if (settings.activated) return value;
  if (settings.version !== 'v2') return sigmoid(value);
  let sum = 0;
  for (let channel = 5; channel < view.channels; channel++) {
    sum += Math.exp(at(view, channel, row, column) - value);
  }
  return 1 / sum;
}
