import { addBox, reaches, sigmoid, type Detection } from './detection.ts';
import { at, bestChannel, type Values, type View } from './view.ts';

/** One scale of a YOLO network without anchors. */
export interface YoloFreeHead<V = View> {
  /** Four times `bins` logits: left, top, right, bottom. */
  boxes: V;
  /** One value per class, of the same height and width. */
  classes: V;
}

/**
 * Boxes of YOLOv8 and its kin whose best class reaches the threshold: each side's distance from the cell's
 * centre is the mean of a softmax over bins (distribution focal loss, Li et al. 2020), in cells.
 * @param activated class values passed a sigmoid already
 */
export function decodeYoloFree(
  heads: readonly YoloFreeHead<Values>[],
  activated: boolean,
  scoreThreshold: number,
): Detection[] {
  const list: Detection[] = [];
  for (const { boxes, classes } of heads) {
    const bins = boxes.channels / 4;
    for (let row = 0; row < boxes.height; row++) {
      for (let column = 0; column < boxes.width; column++) {
        const best = bestChannel(classes, 0, classes.channels, row, column);
        const value = at(classes, best, row, column);
        const score = activated ? value : sigmoid(value);
        if (!reaches(score, scoreThreshold)) continue;
        const left = column + 0.5 - distance(boxes, 0, bins, row, column);
        const top = row + 0.5 - distance(boxes, bins, bins, row, column);
        const right = column + 0.5 + distance(boxes, 2 * bins, bins, row, column);
        const bottom = row + 0.5 + distance(boxes, 3 * bins, bins, row, column);
        addBox(
          list,
          [(left + right) / 2 / boxes.width, (top + bottom) / 2 / boxes.height],
          [(right - left) / boxes.width, (bottom - top) / boxes.height],
          score,
          best,
        );
      }
    }
  }
  return list;
}

function distance(view: Values, first: number, bins: number, row: number, column: number): number {
  const largest = at(view, bestChannel(view, first, bins, row, column), row, column);
  let sum = 0;
  let mean = 0;
  for (let bin = 0; bin < bins; bin++) {
    const share = Math.exp(at(view, first + bin, row, column) - largest);
    sum += share;
    mean += share * bin;
  }
  return mean / sum;
}

/**
 * Boxes of a table whose rows are decoded already: x, y, width, height of the centre form in pixels of the
 * input, the objectness if there is one, one probability per class.
 */
export function decodeYoloTable(
  table: Values,
  hasObjectness: boolean,
  input: { inputWidth: number; inputHeight: number },
  scoreThreshold: number,
): Detection[] {
  const list: Detection[] = [];
  const first = hasObjectness ? 5 : 4;
  for (let row = 0; row < table.width; row++) {
    const best = bestChannel(table, first, table.channels - first, 0, row);
    const value = at(table, best, 0, row);
    const score = hasObjectness ? value * at(table, 4, 0, row) : value;
    if (!reaches(score, scoreThreshold)) continue;
    addBox(
      list,
      [at(table, 0, 0, row) / input.inputWidth, at(table, 1, 0, row) / input.inputHeight],
      [at(table, 2, 0, row) / input.inputWidth, at(table, 3, 0, row) / input.inputHeight],
      score,
      best - first,
    );
  }
  return list;
}
