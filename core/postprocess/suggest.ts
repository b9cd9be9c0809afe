import type { StepDraft } from './file-text.ts';

/** What suggestions are made from. */
export interface SuggestInput {
  /** Shapes of the outputs with batch. */
  outputs: readonly { lid: string; shape: readonly number[] }[];
  /** Width and height of the network's input, where it takes pictures. */
  inputSize: readonly [number, number] | undefined;
  /** Does the layer before this output, by its key, compute a softmax? */
  endsWithSoftmax: (lid: string) => boolean;
  /** Does any layer compute exp, as the decoding of boxes does? */
  hasExp: boolean;
}

type Output = SuggestInput['outputs'][number];

/** Anchors of COCO in pixels: YOLOv3 and v5 (strides 8, 16, 32), YOLOv3-tiny and v4-tiny (strides 16, 32). */
const ANCHORS: Record<'large' | 'tiny', readonly (readonly number[])[]> = {
  large: [
    [10, 13, 16, 30, 33, 23],
    [30, 61, 62, 45, 59, 119],
    [116, 90, 156, 198, 373, 326],
  ],
  tiny: [
    [10, 14, 23, 27, 37, 58],
    [81, 82, 135, 169, 344, 319],
  ],
};

/**
 * Steps that the shapes of the outputs suggest; none where they tell nothing. Thresholds are the usual ones;
 * anchors of YOLO networks are those of COCO and must be checked against the training.
 */
export function suggestSteps(input: SuggestInput): readonly StepDraft[] {
  const { outputs } = input;
  return (
    faceStep(input) ??
    gridStep(input) ??
    ssdStep(input) ??
    tableStep(input) ??
    classificationSteps(input, outputs)
  );
}

function detector(input: SuggestInput, classes: number, score: number, nms: number): StepDraft['parameters'] {
  return {
    ...(classes > 1 ? { classes } : {}),
    input_size: input.inputSize ?? [1, 1],
    fit: 'stretch',
    score_threshold: score,
    nms_threshold: nms,
    max_detections: 100,
  };
}

/** [N,R,4] and [N,R,2] with the priors of UltraFace; [N,R,1] and [N,R,16] of BlazeFace. */
function faceStep(input: SuggestInput): StepDraft[] | undefined {
  const { outputs, inputSize } = input;
  if (!inputSize) return undefined;
  const tables = outputs.filter(({ shape }) => shape.length === 3);
  const boxes = tables.find(({ shape }) => shape[2] === 4);
  const scores = tables.find(({ shape }) => shape[2] === 2);
  const cells = [8, 16, 32, 64].map(
    (stride) => Math.ceil(inputSize[0] / stride) * Math.ceil(inputSize[1] / stride),
  );
  const rows = cells.reduce((sum, count, map) => sum + count * [3, 2, 2, 3][map], 0);
  if (boxes && scores && outputs.length === 2 && boxes.shape[1] === rows && scores.shape[1] === rows) {
    const parameters = { decoded: input.hasExp, ...detector(input, 1, 0.7, 0.3) };
    return [{ kind: 'ultraface', lids: [boxes.lid, scores.lid], parameters }];
  }
  return blazeFace(input, tables);
}

function blazeFace(input: SuggestInput, tables: readonly Output[]): StepDraft[] | undefined {
  const order = (a: Output, b: Output): number => b.shape[1] - a.shape[1];
  const scores = tables.filter(({ shape }) => shape[2] === 1).toSorted(order);
  const boxes = tables.filter(({ shape }) => shape[2] === 16).toSorted(order);
  const rows = [scores, boxes].map((list) => list.map(({ shape }) => shape[1]).join());
  if (tables.length !== 4 || rows[0] !== '512,384' || rows[1] !== '512,384') return undefined;
  const lids = [...scores, ...boxes].map(({ lid }) => lid);
  const parameters = { grids: [16, 8], repeats: [2, 6], points: 6, ...detector(input, 1, 0.5, 0.3) };
  return [{ kind: 'blazeface', lids, parameters }];
}

/** Channels, height and width of an output that is a smaller picture of the input, in either layout. */
function gridOf(
  { shape }: Output,
  [width, height]: readonly [number, number],
): [number, number, number] | undefined {
  if (shape.length !== 4) return undefined;
  const [, a, b, c] = shape;
  const layouts: [number, number, number][] = [
    [a, b, c],
    [c, a, b],
  ];
  return layouts.find(([, rows, columns]) => {
    const aspect = (columns * height) / (rows * width);
    return rows > 1 && columns > 1 && aspect > 0.75 && aspect < 1.33;
  });
}

/** Numbers of classes of COCO, VOC and Objects365: heads of these sizes have anchors. */
const USUAL_CLASSES = [20, 80, 365];

/** Heads of detectors over cells: every output is a grid. */
function gridStep(input: SuggestInput): StepDraft[] | undefined {
  const { outputs, inputSize } = input;
  if (!inputSize || outputs.length === 0) return undefined;
  const grids = outputs.map((output) => gridOf(output, inputSize));
  if (grids.includes(undefined)) return undefined;
  const heads = grids.flatMap((grid, index) => (grid ? [{ grid, lid: outputs[index].lid }] : []));
  const [channels, height] = heads[0].grid;
  const isSmall = heads.every(({ grid }) => grid[1] * 4 <= inputSize[1]);
  const isSame = heads.every(({ grid }) => grid[0] === channels);
  if (!isSmall || !isSame) return heads.length === 1 ? pictureStep(input, heads[0]) : [];
  const lids = heads.toSorted((a, b) => b.grid[1] - a.grid[1]).map(({ lid }) => lid);
  const classes = channels / 3 - 5;
  const isUsual = USUAL_CLASSES.includes(classes);
  const hasAnchors = Number.isInteger(classes) && classes > 0 && (isUsual || channels <= 64);
  if (hasAnchors && (heads.length === 2 || heads.length === 3 || (heads.length === 1 && isUsual)))
    return [yolo(input, lids, classes)];
  if (channels > 64 && heads.length === 3) {
    const parameters = { bins: 16, split: false, ...detector(input, channels - 64, 0.25, 0.45) };
    return [{ kind: 'yolov8', lids, parameters }];
  }
  if (channels === 85 && heads.length === 1 && inputSize[1] / height === 16)
    return [{ kind: 'fastestdet', lids, parameters: detector(input, 80, 0.65, 0.45) }];
  return heads.length === 1 ? pictureStep(input, heads[0]) : undefined;
}

function yolo(input: SuggestInput, lids: string[], classes: number): StepDraft {
  const anchors = lids.length === 3 ? ANCHORS.large : ANCHORS.tiny;
  const heads = lids.length === 1 ? ANCHORS.large.slice(2) : anchors;
  return {
    kind: 'yolo',
    lids,
    parameters: {
      version: 'v3',
      ...detector(input, classes, 0.25, 0.45),
      classes,
      anchors: heads,
      activated: false,
    },
  };
}

/** A picture output of the input's aspect: classes of pixels where it is large, heat maps where it is a quarter. */
function pictureStep(
  { inputSize }: SuggestInput,
  head: { grid: [number, number, number]; lid: string },
): StepDraft[] {
  const [channels, height] = head.grid;
  if (!inputSize || channels > 256) return [];
  const isHeatMap = inputSize[1] / height === 4 && [14, 16, 17, 21, 68, 98].includes(channels);
  if (isHeatMap) {
    const parameters = { points: channels, input_size: inputSize, fit: 'stretch' };
    return [{ kind: 'keypoints', lids: [head.lid], parameters }];
  }
  if (height * 8 < inputSize[1]) return [];
  return [{ kind: 'segmentation', lids: [head.lid], parameters: { classes: channels } }];
}

/** Boxes [N,R,4] and scores [N,R,C] without known priors. */
function ssdStep(input: SuggestInput): StepDraft[] | undefined {
  const { outputs } = input;
  if (outputs.length !== 2 || !outputs.every(({ shape }) => shape.length === 3)) return undefined;
  const boxes = outputs.find(({ shape }) => shape[2] === 4);
  const scores = outputs.find((output) => output !== boxes);
  if (!boxes || !scores || boxes.shape[1] !== scores.shape[1] || scores.shape[2] < 2) return undefined;
  const parameters = {
    ...detector(input, scores.shape[2] - 1, 0.5, 0.45),
    classes: scores.shape[2] - 1,
    activation: input.endsWithSoftmax(scores.lid) ? 'none' : 'softmax',
    background: true,
  };
  return [{ kind: 'ssd', lids: [boxes.lid, scores.lid], parameters }];
}

/** [1,84,8400] of YOLOv8, [1,25200,85] of YOLOv5. */
function tableStep(input: SuggestInput): StepDraft[] | undefined {
  const [output] = input.outputs;
  if (input.outputs.length !== 1 || output.shape.length !== 3) return undefined;
  const [, a, b] = output.shape;
  const [columns, rows] = a < b ? [a, b] : [b, a];
  if (columns < 6 || rows < 100) return undefined;
  const objectness = a > b;
  const parameters = {
    objectness,
    ...detector(input, 2, 0.25, 0.45),
    classes: columns - (objectness ? 5 : 4),
  };
  return [{ kind: 'yolo_table', lids: [output.lid], parameters }];
}

/** [N,C] with 2 classes or more. */
function classificationSteps(input: SuggestInput, outputs: readonly Output[]): StepDraft[] {
  return outputs.flatMap(({ lid, shape }) => {
    const sizes = shape.slice(1).filter((size) => size !== 1);
    if (sizes.length !== 1 || shape.length < 2) return [];
    const parameters = { topn: Math.min(5, sizes[0]), softmax: !input.endsWithSoftmax(lid) };
    return [{ kind: 'classification', lids: [lid], parameters }];
  });
}
