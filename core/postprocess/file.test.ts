import { describe, expect, it } from 'vitest';
import { StudioError } from '../network/errors.ts';
import { NO_ACTIONS } from './description.ts';
import { parsePostProcess } from './file.ts';
import { formatPostProcess } from './file-text.ts';
import { suggestSteps, type SuggestInput } from './suggest.ts';

const real = `# "acuity_postprocs" allowed types: "classification_validate, detection_validate, dump_results, print_topn, classification_classic, mute_built_in_actions"
postprocess:
  acuity_postprocs:
    print_topn:
      topn: 5
    dump_results:
      file_type: TENSOR
    # mute_built_in_actions: true
  app_postprocs:
  - lid: attach_y/out0_0
    postproc_params:
      add_postproc_node: false
      perm:
      - 0
      - 1
      force_float32: true
`;

describe('NAME_postprocess_file.yml', () => {
  it('is written as the toolkit writes it where nothing is suggested', () => {
    expect(formatPostProcess({ outputs: [{ lid: 'attach_y/out0_0', rank: 2 }], steps: [] })).toBe(real);
  });

  it('is read with all of its sections', () => {
    expect(parsePostProcess(real)).toEqual({
      acuity: { ...NO_ACTIONS, topn: 5, dumpResults: true },
      app: [{ lid: 'attach_y/out0_0', addNode: false, perm: [0, 1], forceFloat32: true }],
      steps: [],
    });
  });

  it.each([
    ['print_topn:', { topn: 5 }],
    ['print_topn: {topn: 3}', { topn: 3 }],
    ['dump_results: true', { dumpResults: true }],
    ['dump_results: false', {}],
    ['classification_classic: {}', { classificationClassic: true }],
    ['classification_validate: {topn: 3}', { classificationValidate: { topn: 3 } }],
    ['detection_validate:', { detectionValidate: true }],
    ['mute_built_in_actions: true', { muteBuiltIn: true }],
    ['mute_built_in_actions: false', {}],
    ['some_future_action: 1', {}],
  ])('knows the action %s', (text, expected) => {
    const { acuity } = parsePostProcess(`postprocess:\n  acuity_postprocs:\n    ${text}\n`);
    expect(acuity).toEqual({ ...NO_ACTIONS, ...expected });
  });

  const step = (text: string): string =>
    `postprocess:\n  nibble_postprocs:\n  - ${text.replaceAll('\n', '\n    ')}\n`;

  it.each<[string, string]>([
    ['a: 1', 'f.yml: there is no "postprocess"'],
    [
      'postprocess:\n  acuity_postprocs:\n    print_topn:\n      topn: 0',
      'f.yml:4: "topn" must be from 1 to 100000',
    ],
    [
      'postprocess:\n  acuity_postprocs:\n    python:\n      file_path: a.py',
      'f.yml:4: "python" is not available',
    ],
    [
      'postprocess:\n  acuity_postprocs:\n    dump_results:\n      file_type: NPY',
      'f.yml:4: "file_type" is "NPY"',
    ],
    [
      'postprocess:\n  app_postprocs:\n  - lid: a\n    postproc_params:\n      perm: [0, 2]',
      'f.yml:5: "perm" must name',
    ],
    [step('lids: [a]'), 'f.yml:3: "kind" is missing, expected one of classification, yolo,'],
    [step('kind: yolo9\nlids: [a]'), 'f.yml:3: "kind" is "yolo9"'],
    [step('kind: fastestdet'), 'f.yml:3: "lids" is missing'],
    [step('kind: fastestdet\nlids: a'), 'f.yml:3: the parameter "classes" is missing'],
    [
      step('kind: fastestdet\nlids: a\nparameters:\n  classes: 80\n  input_size: [1]'),
      'f.yml:7: "input_size" needs 2 numbers, not 1',
    ],
    [
      step('kind: fastestdet\nlids: a\nparameters:\n  classes: 80\n  input_size: [0, 4]'),
      'f.yml:7: "input_size" must be width',
    ],
    [
      step('kind: segmentation\nlids: a\nparameters:\n  classes: 1.5'),
      'f.yml:6: "classes" must be a whole number',
    ],
    [
      step('kind: segmentation\nlids: a\nparameters:\n  classes: 2\n  clases: 3'),
      'f.yml:7: there is no parameter "clases" here; there are classes, threshold, labels',
    ],
    [
      step('kind: yolo\nlids: a\nparameters:\n  classes: 2\n  input_size: [8, 8]\n  anchors: [[1, 2, 3]]'),
      'f.yml:8: "anchors" needs one list',
    ],
    [
      step('kind: yolo\nlids: a\nparameters:\n  classes: 2\n  input_size: [8, 8]\n  anchors: [[1, 1e39]]'),
      'f.yml:8: "anchors" must hold numbers below 1e30',
    ],
  ])('says where it is wrong: %#', (text, message) => {
    try {
      parsePostProcess(text, 'f.yml');
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      expect(error.toString()).toContain(message);
      return;
    }
    expect.unreachable();
  });
});

describe('suggested steps', () => {
  const suggest = (shapes: number[][], more: Partial<SuggestInput> = {}): [string, string, unknown][] =>
    suggestSteps({
      outputs: shapes.map((shape, index) => ({ lid: `o${index}`, shape })),
      inputSize: [416, 416],
      endsWithSoftmax: () => false,
      hasExp: false,
      ...more,
    }).map(({ kind, lids, parameters }) => [kind, lids.join(), parameters.classes ?? parameters.points]);

  it.each<[number[][], [string, string, unknown][], Partial<SuggestInput>?]>([
    [[[1, 1000]], [['classification', 'o0', undefined]]],
    [[[1, 10, 1, 1]], [['classification', 'o0', undefined]]],
    [[[1, 255, 13, 13]], [['yolo', 'o0', 80]]],
    [
      [
        [1, 13, 13, 255],
        [1, 26, 26, 255],
      ],
      [['yolo', 'o1,o0', 80]],
    ],
    [
      [
        [1, 75, 13, 13],
        [1, 75, 26, 26],
        [1, 75, 52, 52],
      ],
      [['yolo', 'o2,o1,o0', 20]],
    ],
    [
      [
        [1, 144, 52, 52],
        [1, 144, 26, 26],
        [1, 144, 13, 13],
      ],
      [['yolov8', 'o0,o1,o2', 80]],
    ],
    [[[1, 84, 8400]], [['yolo_table', 'o0', 80]]],
    [[[1, 25200, 85]], [['yolo_table', 'o0', 80]]],
    [[[1, 85, 22, 22]], [['fastestdet', 'o0', 80]], { inputSize: [352, 352] }],
    [
      [
        [1, 4420, 2],
        [1, 4420, 4],
      ],
      [['ultraface', 'o1,o0', undefined]],
      { inputSize: [320, 240] },
    ],
    [
      [
        [1, 384, 1],
        [1, 512, 1],
        [1, 384, 16],
        [1, 512, 16],
      ],
      [['blazeface', 'o1,o0,o3,o2', 6]],
    ],
    [
      [
        [1, 1917, 4],
        [1, 1917, 91],
      ],
      [['ssd', 'o0,o1', 90]],
    ],
    [[[1, 21, 416, 416]], [['segmentation', 'o0', 21]]],
    [[[1, 17, 104, 104]], [['keypoints', 'o0', 17]]],
    [[[1, 512, 7, 7]], []],
    [[[1, 128, 64, 3]], []],
    [[[5]], []],
    [[], []],
  ])('for outputs %j', (shapes, expected, more) => {
    expect(suggest(shapes, more)).toEqual(expected);
  });

  it('are read back by the reader', () => {
    const every = [
      [[1, 1000]],
      [[1, 255, 8, 10]],
      [[1, 84, 8400]],
      [
        [1, 4420, 2],
        [1, 4420, 4],
      ],
      [
        [1, 384, 1],
        [1, 512, 1],
        [1, 384, 16],
        [1, 512, 16],
      ],
      [
        [1, 1917, 4],
        [1, 1917, 91],
      ],
      [[1, 21, 240, 320]],
      [[1, 17, 60, 80]],
    ];
    for (const shapes of every) {
      const outputs = shapes.map((shape, index) => ({ lid: `o${index}`, shape }));
      const steps = suggestSteps({
        outputs,
        inputSize: [320, 240],
        endsWithSoftmax: () => true,
        hasExp: false,
      });
      const text = formatPostProcess({ outputs: [], steps: [...steps] });
      expect(parsePostProcess(text).steps.map(({ settings }) => settings.kind)).toEqual(
        steps.map(({ kind }) => kind),
      );
      expect(steps).toHaveLength(1);
    }
  });
});
