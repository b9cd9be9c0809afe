import { addBox, reaches, sigmoid, type Detection } from './detection.ts';
import { at, bestChannel, type Values } from './view.ts';

/**
 * Boxes of FastestDet (dog-qiuqiu): score objectness^0.6 * class^0.4, centre (cell + tanh(t)) / cells,
 * size sigmoid(t) of the input.
 * @param view objectness, x, y, width, height and one probability per class for each cell
 */
export function decodeFastestDet(view: Values, scoreThreshold: number): Detection[] {
  const list: Detection[] = [];
  for (let row = 0; row < view.height; row++) {
    for (let column = 0; column < view.width; column++) {
      const value = (channel: number): number => at(view, channel, row, column);
      const best = bestChannel(view, 5, view.channels - 5, row, column);
      const score = Math.pow(value(0), 0.6) * Math.pow(value(best), 0.4);
      if (!reaches(score, scoreThreshold)) continue;
      addBox(
        list,
        [(Math.tanh(value(1)) + column) / view.width, (Math.tanh(value(2)) + row) / view.height],
        [sigmoid(value(3)), sigmoid(value(4))],
        score,
        best - 5,
      );
    }
  }
  return list;
}
