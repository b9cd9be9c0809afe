import { pointToImage, type Frame } from './detection.ts';
import { at, type Values } from './view.ts';

/** A point in pixels of the picture. */
export interface Keypoint {
  x: number;
  y: number;
  /** Height of the peak. */
  score: number;
}

/**
 * The highest element of every channel, moved a quarter of a cell towards its higher neighbours (Xiao et al.,
 * Simple Baselines, 2018).
 */
export function findKeypoints(view: Values, frame: Frame): Keypoint[] {
  return Array.from({ length: view.channels }, (_, channel) => {
    let [peakRow, peakColumn] = [0, 0];
    for (let row = 0; row < view.height; row++) {
      for (let column = 0; column < view.width; column++) {
        if (at(view, channel, row, column) > at(view, channel, peakRow, peakColumn)) {
          [peakRow, peakColumn] = [row, column];
        }
      }
    }
    const shift = (place: number, size: number, before: [number, number], after: [number, number]): number =>
      place > 0 && place + 1 < size
        ? (Math.sign(at(view, channel, ...after) - at(view, channel, ...before)) || 0) / 4
        : 0;
    const dx = shift(peakColumn, view.width, [peakRow, peakColumn - 1], [peakRow, peakColumn + 1]);
    const dy = shift(peakRow, view.height, [peakRow - 1, peakColumn], [peakRow + 1, peakColumn]);
    const [x, y] = pointToImage(
      Math.fround((peakColumn + 0.5 + dx) / view.width),
      Math.fround((peakRow + 0.5 + dy) / view.height),
      frame,
    );
    return { x, y, score: at(view, channel, peakRow, peakColumn) };
  });
}
