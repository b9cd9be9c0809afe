/** A rectangle with a class and a score. Coordinates: fractions of the input, later pixels of the picture. */
export interface Detection {
  label: number;
  score: number;
  /** left, top, right, bottom */
  box: [number, number, number, number];
  /** x, y pairs of what else the network points at. */
  points: number[];
}

/** Which candidates are kept. */
export interface Filter {
  /** Lower scores are dropped. */
  scoreThreshold: number;
  /** Of two boxes with a larger overlap (IoU) the one of lower score is dropped. */
  nmsThreshold: number;
  maxDetections: number;
  /** Boxes of different classes suppress each other too. */
  classAgnostic: boolean;
}

/** How a picture was brought to the size of the input. */
export interface Frame {
  inputWidth: number;
  inputHeight: number;
  imageWidth: number;
  imageHeight: number;
  /** false: stretched; true: scaled with its aspect ratio and centred between bars. */
  letterbox: boolean;
}

/** The logistic function. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Does a score, rounded to float32 as the C code stores it, reach the threshold? */
export function reaches(score: number, threshold: number): boolean {
  return Math.fround(score) >= Math.fround(threshold);
}

/** Appends a box of centre and size, in float32 as the C code does; nothing if a number is not finite. */
export function addBox(
  list: Detection[],
  center: readonly [number, number],
  size: readonly [number, number],
  score: number,
  label: number,
): Detection | undefined {
  const box: Detection['box'] = [
    Math.fround(center[0] - size[0] / 2),
    Math.fround(center[1] - size[1] / 2),
    Math.fround(center[0] + size[0] / 2),
    Math.fround(center[1] + size[1] / 2),
  ];
  if (!box.every(Number.isFinite)) return undefined;
  const detection: Detection = { label, score: Math.fround(score), box, points: [] };
  list.push(detection);
  return detection;
}

/**
 * Greedy non-maximum suppression: the strongest box stays, those of its class that overlap it by more than the
 * threshold go, and so on. Equal scores keep the order they came in.
 */
export function suppress(list: readonly Detection[], filter: Filter): Detection[] {
  const threshold = Math.fround(filter.nmsThreshold);
  const kept: Detection[] = [];
  for (const item of list.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= filter.maxDetections) break;
    const isCovered = kept.some(
      (other) =>
        (filter.classAgnostic || other.label === item.label) && overlap(item.box, other.box) > threshold,
    );
    if (!isCovered) kept.push(item);
  }
  return kept;
}

/** Intersection over union. */
export function overlap(a: Detection['box'], b: Detection['box']): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const common = width > 0 && height > 0 ? width * height : 0;
  return common > 0 ? common / (area(a) + area(b) - common) : 0;
}

function area([left, top, right, bottom]: Detection['box']): number {
  return right > left && bottom > top ? (right - left) * (bottom - top) : 0;
}

/** A point from fractions of the input to pixels of the picture, not clipped. */
export function pointToImage(x: number, y: number, frame: Frame): [number, number] {
  const { inputWidth, inputHeight, imageWidth, imageHeight } = frame;
  if (!frame.letterbox) return [Math.fround(x * imageWidth), Math.fround(y * imageHeight)];
  const scale = Math.min(inputWidth / imageWidth, inputHeight / imageHeight);
  const padX = (inputWidth - imageWidth * scale) / 2;
  const padY = (inputHeight - imageHeight * scale) / 2;
  return [Math.fround((x * inputWidth - padX) / scale), Math.fround((y * inputHeight - padY) / scale)];
}

/** A detection in pixels of the picture; its box is clipped to it. */
export function toImage({ box, points, ...rest }: Detection, frame: Frame): Detection {
  const [left, top] = pointToImage(box[0], box[1], frame);
  const [right, bottom] = pointToImage(box[2], box[3], frame);
  const clip = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);
  return {
    ...rest,
    box: [
      clip(left, frame.imageWidth),
      clip(top, frame.imageHeight),
      clip(right, frame.imageWidth),
      clip(bottom, frame.imageHeight),
    ],
    points: points.flatMap((_, index) =>
      index % 2 === 0 ? pointToImage(points[index], points[index + 1], frame) : [],
    ),
  };
}
