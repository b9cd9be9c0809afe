import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNpyFile } from '../files/npy.ts';
import { toFloat32 } from '../network/tensor.ts';
import { runOn, stepOf } from '../testing/post-steps.ts';
import { sharedPath } from '../testing/shared.ts';

interface DarknetModel {
  id: string;
  reference: { output: string[] };
  task_check: { value?: { label: string; score: number; box_xywh: number[] }[] };
}

const folder = sharedPath('models/darknet') ?? '';
const models =
  folder === ''
    ? []
    : (
        JSON.parse(
          readFileSync(`${folder}/manifest.json`, 'utf8').replaceAll('NaN', 'null'),
        ) as DarknetModel[]
      ).filter((model) => model.id.includes('yolo'));

/** Anchors and scale_x_y of the .cfg files, COCO and VOC classes that occur. */
const darknet: Record<string, { given: object; names: Record<string, number> }> = {
  'yolo-fastest-1.1-coco': {
    given: {
      classes: 80,
      anchors: [
        [115, 73, 119, 199, 242, 238],
        [12, 18, 37, 49, 52, 132],
      ],
    },
    names: { car: 2, dog: 16, bicycle: 1 },
  },
  'mobilenetv2-yolo-fastest-voc': {
    given: {
      classes: 20,
      version: 'v4',
      scale_x_y: [1.1, 1.05],
      anchors: [
        [189, 126, 137, 236, 265, 259],
        [26, 48, 67, 84, 72, 175],
      ],
    },
    names: { dog: 11, bicycle: 1 },
  },
};

describe.skipIf(models.length === 0)('YOLO on reference outputs (skipped without ../shared/models)', () => {
  it.each(models)('$id: the boxes of the manifest', async ({ id, reference, task_check: check }) => {
    const { given, names } = darknet[id];
    const step = stepOf('yolo', ['o0', 'o1'], {
      ...given,
      input_size: [320, 320],
      score_threshold: 0.3,
      nms_threshold: 0.45,
      // The reference boxes were suppressed over all classes.
      class_agnostic: true,
    });
    const arrays = await Promise.all(reference.output.map((file) => readNpyFile(`${folder}/${file}`)));
    const result = runOn(
      step,
      ...arrays.map((array): [number[], Float32Array] => [[...array.shape], toFloat32(array)]),
    );
    if (result.kind !== 'detections') throw new Error(result.kind);
    const expected = check.value ?? [];
    expect(result.detections.map(({ label }) => label)).toEqual(expected.map(({ label }) => names[label]));
    result.detections.forEach(({ score, box }, index) => {
      const { score: wanted, box_xywh: xywh } = expected[index];
      expect(Math.abs(score - wanted)).toBeLessThan(2e-3);
      const [left, top, right, bottom] = box.map((value) => value / 320);
      [left, top, right - left, bottom - top].forEach((value, at) => {
        expect([id, at, Math.abs(value - xywh[at]) < 2e-3]).toEqual([id, at, true]);
      });
    });
  });
});
