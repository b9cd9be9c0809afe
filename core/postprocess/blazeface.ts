import { addBox, reaches, sigmoid, type Detection } from './detection.ts';
import { at, type Values, type View } from './view.ts';

/** One pair of BlazeFace outputs, a row per anchor. */
export interface BlazeFaceHead<V = View> {
  /** Rows of one logit. */
  scores: V;
  /** Rows of x, y, width, height and x, y of each point, in pixels of the input. */
  boxes: V;
  /** Anchors are the centres of grid x grid cells, */
  grid: number;
  /** so many of each. */
  repeats: number;
}

/** MediaPipe cuts logits here before the sigmoid. */
const LOGIT_LIMIT = 100;

/**
 * Faces and their points (Bazarevsky et al. 2019; MediaPipe's TensorsToDetections with fixed anchor size).
 * @param scale pixels of the input's side
 */
export function decodeBlazeFace(
  heads: readonly BlazeFaceHead<Values>[],
  scale: number,
  scoreThreshold: number,
): Detection[] {
  const list: Detection[] = [];
  for (const { scores, boxes, grid, repeats } of heads) {
    for (let row = 0; row < boxes.width; row++) {
      const logit = Math.min(Math.max(at(scores, 0, 0, row), -LOGIT_LIMIT), LOGIT_LIMIT);
      const score = sigmoid(logit);
      if (!reaches(score, scoreThreshold)) continue;
      const cell = Math.floor(row / repeats);
      const anchor = [((cell % grid) + 0.5) / grid, (Math.floor(cell / grid) + 0.5) / grid];
      const value = (column: number): number => at(boxes, column, 0, row) / scale;
      const added = addBox(
        list,
        [value(0) + anchor[0], value(1) + anchor[1]],
        [value(2), value(3)],
        score,
        0,
      );
      for (let column = 4; added && column < boxes.channels; column++) {
        added.points.push(Math.fround(value(column) + anchor[column % 2]));
      }
    }
  }
  return list;
}
