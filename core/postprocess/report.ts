import type { Plan } from './plan.ts';
import type { StepResult } from './run.ts';

/** Name of a class, its number where the labels have none. */
export function labelOf(labels: readonly string[], label: number): string {
  return labels[label] ?? `class ${label}`;
}

/** A result as lines for people; the C program prints the same. */
export function reportLines(result: StepResult, { labels }: Plan): string[] {
  switch (result.kind) {
    case 'classification':
      return result.classes.map(
        ({ label, score }) => `${label} ${labelOf(labels, label)}: ${score.toFixed(6)}`,
      );
    case 'detections':
      return [
        `${result.detections.length} detections`,
        ...result.detections.map(({ label, score, box, points }) => {
          const at = points.length === 0 ? '' : ` points ${numbers(points)}`;
          return `${labelOf(labels, label)}: ${score.toFixed(4)} box ${numbers(box)}${at}`;
        }),
      ];
    case 'segmentation':
      return shares(result.classes).map(
        ([label, share]) =>
          `${labelOf(labels, label)}: ${(100 * share).toFixed(2)} % of ${result.width} x ${result.height}`,
      );
    case 'keypoints':
      return result.points.map(
        ({ x, y, score }, index) =>
          `${labels[index] ?? `point ${index}`}: ${score.toFixed(4)} at ${numbers([x, y])}`,
      );
  }
}

/** A result as plain data for JSON files; classes of a segmentation become shares. */
export function resultJson(result: StepResult, { labels }: Plan): unknown {
  switch (result.kind) {
    case 'classification':
      return result.classes.map((item) => ({ ...item, name: labelOf(labels, item.label) }));
    case 'detections':
      return result.detections.map((item) => ({ ...item, name: labelOf(labels, item.label) }));
    case 'segmentation':
      return shares(result.classes).map(([label, share]) => ({ label, name: labelOf(labels, label), share }));
    case 'keypoints':
      return result.points;
  }
}

function numbers(values: readonly number[]): string {
  return values.map((value) => value.toFixed(3)).join(' ');
}

/** The classes that occur, and their share of the pixels. */
function shares(classes: Uint8Array): [number, number][] {
  const counts = new Uint32Array(256);
  for (const label of classes) counts[label]++;
  return [...counts.entries()]
    .filter(([, count]) => count > 0)
    .map(([label, count]): [number, number] => [label, count / classes.length]);
}
