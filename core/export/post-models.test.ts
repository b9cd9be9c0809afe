import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSample } from '../dataset/sample.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import type { InputPort } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import { planStep } from '../postprocess/plan.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { Simulator } from '../simulator/simulator.ts';
import { canRunCases } from '../testing/case-program.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { inBoth } from '../testing/post-both.ts';
import { stepOf } from '../testing/post-steps.ts';
import { importReference, referenceMissing, referenceModels, tableOf } from '../testing/reference-models.ts';
import { sharedPath } from '../testing/shared.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { deviceOutputs } from './post-process.ts';

const root = temporaryFolder();

interface Detector {
  id: string;
  picture: string;
  step: (outputs: string[]) => ReturnType<typeof stepOf>;
  preprocess: Partial<InputPort['preprocess']>;
  layout?: 'nhwc';
  check: (result: StepResult, type: string) => void;
}

function found(result: StepResult): Extract<StepResult, { kind: 'detections' }>['detections'] {
  if (result.kind !== 'detections') throw new Error(`${result.kind} instead of detections`);
  return result.detections;
}

const ultraFace = (id: string, decoded: boolean): Detector => ({
  id,
  picture: 'models/datasets/faces/19.jpg',
  step: ([scores, boxes]) =>
    stepOf('ultraface', [boxes, scores], { decoded, input_size: [320, 240], image_size: [1024, 754] }),
  preprocess: { mean: [127, 127, 127], scale: 0.0078125 },
  // datasets/faces/counts.txt: five faces.
  check: (result) => expect(found(result)).toHaveLength(5),
});

/** A picture of class 0, and what makes it an input. */
const classifier = (
  id: string,
  picture: string,
  preprocess: Detector['preprocess'],
  softmax: boolean,
): Detector => ({
  id,
  picture: `models/datasets/${picture}`,
  step: (lids) => stepOf('classification', lids, { topn: 3, softmax }),
  preprocess,
  check: (result) => {
    if (result.kind !== 'classification') throw new Error(result.kind);
    expect(result.classes[0].label).toBe(0);
    expect(result.classes[0].score).toBeGreaterThan(0.5);
  },
});

const imageNet = {
  mean: [123.67500305175781, 116.27999877929688, 103.52999877929688],
  scale: [0.017124753445386887, 0.017507001757621765, 0.01742919348180294],
};

const detectors: Detector[] = [
  classifier('lenet-mnist', 'mnist/images/mnist_0000_c0.png', { scale: 1 / 255 }, false),
  classifier('resnet20-cifar10', 'cifar10/images/cifar_0001_c0.png', imageNet, true),
  ultraFace('ultraface-slim-320', true),
  ultraFace('ultraface-slim-320-nopost', false),
  {
    id: 'blazeface-front',
    picture: 'models/datasets/faces/13.jpg',
    step: (lids) => stepOf('blazeface', lids, { input_size: [128, 128] }),
    preprocess: { mean: [127.5, 127.5, 127.5], scale: 0.00784313725490196 },
    layout: 'nhwc',
    check: (result, type) => {
      const faces = found(result);
      expect(faces).toHaveLength(2);
      for (const { score, box, points } of faces) {
        expect(score).toBeGreaterThan(type === 'float32' ? 0.8 : 0.7);
        // Both eyes and the nose lie inside the face.
        for (let at = 0; at < 6; at += 2) {
          expect(points[at] > box[0] && points[at] < box[2]).toBe(true);
          expect(points[at + 1] > box[1] && points[at + 1] < box[3]).toBe(true);
        }
      }
    },
  },
  {
    id: 'fastestdet-coco',
    picture: 'models/datasets/objects/fastestdet_3.jpg',
    step: (lids) =>
      stepOf('fastestdet', lids, { classes: 80, input_size: [352, 352], image_size: [500, 335] }),
    preprocess: { reverseChannel: true, scale: 1 / 255 },
    check: (result) => {
      expect(found(result).length).toBeGreaterThanOrEqual(3);
      expect(new Set(found(result).map(({ label }) => label))).toEqual(new Set([0]));
    },
  },
];

describe.skipIf(!canRunCases || referenceMissing !== '')(
  `detectors in C and in our own code${referenceMissing}`,
  () => {
    const types = ['float32', 'uint8'] as const;
    it.each(detectors.flatMap((detector) => types.map((type) => [detector.id, type, detector] as const)))(
      '%s, %s',
      async (id, type, { picture, step, preprocess, layout, check }) => {
        const model = referenceModels.find((item) => item.id === id);
        if (!model) throw new Error(`no model ${id}`);
        const network = await importReference(model);
        const [{ key }] = network.inputs;
        const meta = imageMeta(key, model.inputs[0].shape, preprocess);
        const [port] = meta.databases[0].ports;
        port.layout = layout ?? 'nchw';
        const sample = await loadSample(sharedPath(picture) ?? '', port);
        const { graph } = lowerNetwork(network, { plan: await planOf(network, sample, type), batch: 1 });
        const { results } = await inBoth(
          root,
          graph,
          [sample],
          [step(network.outputs.map((output) => output.key))],
        );
        check(results[0], type);
      },
      60_000,
    );
  },
);

const faces = sharedPath('models/datasets/faces') ?? '';

describe.skipIf(faces === '' || referenceMissing !== '' || !canRunCases)(
  `faces in photos${referenceMissing}`,
  () => {
    it.each([ultraFace('ultraface-slim-320', true), ultraFace('ultraface-slim-320-nopost', false)])(
      '$id: as many as another engine counted',
      async ({ id, step, preprocess }) => {
        const model = referenceModels.find((item) => item.id === id);
        if (!model) throw new Error(`no model ${id}`);
        const network = await importReference(model);
        const [port] = imageMeta(network.inputs[0].key, model.inputs[0].shape, preprocess).databases[0].ports;
        const { graph } = lowerNetwork(network, { plan: floatPlan('float32'), batch: 1 });
        const plan = planStep(step(network.outputs.map(({ key }) => key)), deviceOutputs(graph), {
          labels: [],
        });
        const simulator = new Simulator(graph);
        const lines = (await readFile(join(faces, 'counts.txt'), 'utf8')).split('\n');
        for (const line of lines.filter((text) => /^\d/.test(text))) {
          const [name, , count] = line.split(' ');
          const outputs = simulator.run([await loadSample(join(faces, name), port)]);
          const { length } = found(
            runStep(
              plan,
              outputs.map(({ values }) => values),
            ),
          );
          // The other engine resized its pictures in another way: some of some fifty faces are near the threshold.
          expect([name, Math.abs(length - Number(count)) <= Number(count) / 20]).toEqual([name, true]);
        }
        simulator.dispose();
      },
      60_000,
    );
  },
);

async function planOf(network: Network, sample: Float32Array, type: 'float32' | 'uint8'): Promise<TypePlan> {
  return type === 'float32' ? floatPlan('float32') : quantizedPlan(await tableOf(network, sample));
}
