import { mkdtempSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSample } from '../dataset/sample.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { packageRoot } from '../files/package-root.ts';
import type { Network } from '../network/network.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { planStep, type Plan } from '../postprocess/plan.ts';
import { reportLines } from '../postprocess/report.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { ppmOf } from '../postprocess/segmentation.ts';
import { denseStrides } from '../postprocess/view.ts';
import { Simulator } from '../simulator/simulator.ts';
import {
  canRunCases,
  compileCase,
  compileStrictly,
  runCase,
  runProgram,
  writeInputs,
} from '../testing/case-program.ts';
import { float32, GraphBuilder, uint8, type Storage } from '../testing/device-graphs.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { importReference, referenceMissing, referenceModels, tableOf } from '../testing/reference-models.ts';
import { stepOf } from '../testing/post-steps.ts';
import { sharedPath } from '../testing/shared.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { caseFiles } from './case-files.ts';
import { deviceOutputs } from './post-process.ts';

const noMeta: InputMeta = { databases: [] };
const root = temporaryFolder();

/** Lines of the steps in what a program printed. */
function stepLines(log: string): string[] {
  const lines = log.slice(log.indexOf(' --- Top5 ---')).trim().split('\n');
  return lines.slice(lines.findIndex((line, index) => index > 0 && !/^ *\d+: /.test(line)));
}

/** Numbers within 1e-3 relative, everything else equal. */
function expectSameLines(actual: readonly string[], expected: readonly string[]): void {
  const number = /-?\d+\.\d+/g;
  expect(actual.map((line) => line.replace(number, '#'))).toEqual(
    expected.map((line) => line.replace(number, '#')),
  );
  actual.forEach((line, index) => {
    const ours = (line.match(number) ?? []).map(Number);
    const theirs = (expected[index].match(number) ?? []).map(Number);
    ours.forEach((value, at) => {
      const limit = 1e-3 * Math.max(1, Math.abs(theirs[at]));
      expect([line, Math.abs(value - theirs[at]) <= limit]).toEqual([line, true]);
    });
  });
}

/** What a network's outputs become, by the C program and by our own code on the simulator's values. */
async function both(
  graph: DeviceGraph,
  inputs: readonly Float32Array[],
  steps: ReturnType<typeof stepOf>[],
  environment: Record<string, string> = {},
  flags = '',
): Promise<{ folder: string; results: StepResult[]; plans: Plan[] }> {
  const folder = mkdtempSync(join(root, 'case-'));
  const labels = { labels: ['one "quoted"', 'two'] };
  const bind = (outputs: ReturnType<typeof deviceOutputs>): Plan[] =>
    steps.map((step) => planStep(step, outputs, labels));
  await compileCase(
    folder,
    caseFiles(graph, noMeta, { name: 'net', steps: bind(deviceOutputs(graph)) }),
    flags,
  );
  const log = runCase(folder, 'net', await writeInputs(folder, inputs), environment);

  const simulator = new Simulator(graph);
  const values = simulator.run(inputs);
  simulator.dispose();
  const keys = deviceOutputs(graph);
  const plans = bind(
    values.map(({ shape }, index) => ({ key: keys[index].key, shape, strides: denseStrides(shape) })),
  );
  const results = plans.map((plan) =>
    runStep(
      plan,
      values.map((value) => value.values),
    ),
  );
  expectSameLines(
    stepLines(log),
    results.flatMap((result, index) => reportLines(result, plans[index])),
  );
  return { folder, results, plans };
}

/** A network that hands its inputs through: outputs of any size for the decoders. */
function passing(sizes: readonly (readonly number[])[], storage: Storage): DeviceGraph {
  const build = new GraphBuilder();
  sizes.forEach((size, index) => {
    const input = build.input(`in_${index + 1}`, size, storage);
    const perm = size.map((_, axis) => axis);
    build.output(
      build.node('PERMUTE', `out_${index + 1}`, [input], size, { perm, dim_num: size.length }, storage),
    );
  });
  const graph = build.build();
  graph.outputs.forEach((id, index) => {
    graph.tensors[id] = { ...graph.tensors[id], name: `@o${index}:out0` };
  });
  return graph;
}

/** Values between -4 and 4 without a pattern that decoders could cancel. */
function noise(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 12345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32) * 8 - 4);
  });
}

const product = (size: readonly number[]): number => size.reduce((total, dim) => total * dim, 1);

// All kinds at once, to compile one program. Sizes are W,H,C,N.
const sizes = [
  [6, 5, 24, 1], // o0: three anchors of 5 + 3
  [4, 4, 67, 1], // o1: 4 x 16 bins and 3 classes
  [20, 7, 1], // o2: 20 boxes as columns: [1,7,20]
  [4, 12, 1], // o3: 12 boxes of 4
  [3, 12, 1], // o4: and their scores
  [1, 12, 1], // o5: BlazeFace, 2 x 2 cells with three anchors
  [8, 12, 1], // o6: with two points
  [5, 5, 9, 1], // o7: FastestDet of four classes
  [7, 6, 4, 1], // o8: segmentation and heat maps
  [10, 1], // o9: classes
  [8, 6, 5, 3, 1], // o10: three anchors as an axis of their own
] as const;

const frame = { input_size: [96, 80], score_threshold: 0.5, nms_threshold: 0.5 };
const boxed = { ...frame, image_size: [300, 200], fit: 'letterbox' };
const anchors = [[10, 13, 16, 30, 33, 23]];
const synthetic = [
  stepOf('yolo', ['o0'], { ...frame, version: 'v2', classes: 3, anchors: [[1, 1.5, 2, 1, 0.5, 3]] }),
  stepOf('yolo', ['o0'], { ...frame, version: 'v3', classes: 3, anchors, class_agnostic: true }),
  stepOf('yolo', ['o0'], {
    ...boxed,
    version: 'v4',
    classes: 3,
    anchors,
    scale_x_y: [1.1],
    max_detections: 7,
  }),
  stepOf('yolo', ['o10'], { ...boxed, version: 'v5', classes: 3, anchors }),
  stepOf('yolov8', ['o1'], { ...frame, classes: 3 }),
  stepOf('yolo_table', ['o2'], { ...frame, classes: 3 }),
  stepOf('yolo_table', ['o2'], { ...frame, classes: 2, objectness: true, score_threshold: 0.1 }),
  stepOf('ssd', ['o3', 'o4'], {
    ...frame,
    classes: 2,
    activation: 'softmax',
    feature_sizes: [[2, 2]],
    min_sizes: [[30]],
    max_sizes: [[60]],
    aspect_ratios: [[2]],
    flip: false,
  }),
  stepOf('ssd', ['o3', 'o4'], { ...frame, classes: 3, activation: 'sigmoid', background: false }),
  stepOf('blazeface', ['o5', 'o6'], { ...frame, grids: [2], repeats: [3], points: 2 }),
  stepOf('fastestdet', ['o7'], { ...frame, classes: 4, score_threshold: 0.3 }),
  stepOf('segmentation', ['o8'], { classes: 4 }),
  stepOf('keypoints', ['o8'], { points: 4, input_size: [96, 80] }),
  stepOf('classification', ['o9'], { topn: 3, softmax: true }),
];

/** Calls with views and parameters that must be refused; every check that fails is an exit code. */
const VIEW_CHECKS = `
#include <stdio.h>
#include "pp_blazeface.h"
#include "pp_segmentation.h"
#include "pp_ssd.h"
#include "pp_yolo.h"
#include "pp_yolo_free.h"

static int checks = 0;
static int is_refused(int status) { checks++; return status == PP_BAD_ARGUMENT; }

int main(void)
{
    float data[24] = { 0 };
    const float anchors[4] = { 1, 1, 1, 1 };
    uint8_t classes[24];
    pp_list_t list = { NULL, 0, 0 };
    const pp_view_t good = { data, 24, 6, 2, 2, 4, 2, 1 };
    pp_view_t far = good;
    pp_view_t huge = good;
    pp_view_t none = good;
    const pp_view_t boxes = { data, 24, 4, 1, 6, 1, 0, 4 };
    const pp_view_t scores = { data, 24, 2, 1, 5, 1, 0, 2 };
    pp_ssd_t ssd = { { NULL, 0, 0, 0, 0, 0, 0, 0 }, { NULL, 0, 0, 0, 0, 0, 0, 0 }, NULL, 0, { 1, 1, 1, 1 }, PP_SCORES_READY, 1 };
    pp_yolo_head_t yolo = { good, 24, 2, anchors, 1 };
    pp_yolo_free_head_t yolo_free = { good, good, 0 };
    pp_blazeface_head_t face = { scores, boxes, 0, 0 };
    int is_good = pp_check_view(&good) == PP_OK;

    far.column_stride = 3;
    huge.channels = 0xffffffffu;
    huge.channel_stride = SIZE_MAX;
    none.data = NULL;
    is_good = is_good && is_refused(pp_check_view(&far)) && is_refused(pp_check_view(&huge))
        && is_refused(pp_check_view(&none)) && is_refused(pp_segment(&far, 0, classes));
    /* The second anchor begins behind the data. */
    is_good = is_good && is_refused(pp_yolo_decode(&yolo, 1, PP_YOLO_V3, 0, 8, 8, 0.9f, &list));
    yolo.anchor_num = 1;
    is_good = is_good && is_refused(pp_yolo_decode(&yolo, 1, PP_YOLO_V3, 0, 0, 8, 0.9f, &list));
    is_good = is_good && is_refused(pp_yolo_free_decode(&yolo_free, 1, 0.9f, &list));
    ssd.boxes = boxes;
    ssd.scores = scores;
    is_good = is_good && is_refused(pp_ssd_decode(&ssd, 0.9f, &list));
    ssd.scores = boxes;
    ssd.priors = anchors;
    ssd.prior_num = 1;
    is_good = is_good && is_refused(pp_ssd_decode(&ssd, 0.9f, &list));
    is_good = is_good && is_refused(pp_blazeface_decode(&face, 1, 8, 0.9f, &list));
    is_good = is_good && is_refused(pp_yolo_table_decode(&boxes, 0, 8, 8, 0.9f, &list));
    is_good = is_good && list.num == 0;
    pp_free_list(&list);
    printf("%d checks\\n", checks);
    return is_good ? 0 : 1;
}
`;

describe.skipIf(!canRunCases)('post-processing in C (skipped without out/sdk, gcc, g++ or make)', () => {
  it.each([
    ['float32', float32],
    ['uint8', uint8(8 / 255, 128)],
  ])(
    'finds what our own code finds: %s',
    async (_, storage) => {
      const inputs = sizes.map((size, index) => noise(product(size), index + 1));
      const { folder, results } = await both(passing(sizes, storage), inputs, synthetic);
      const counts = results.map((result) =>
        result.kind === 'detections' ? result.detections.length : undefined,
      );
      // Every detector has something to say, and suppression had something to do.
      expect(counts.every((count) => count === undefined || count > 0)).toBe(true);
      expect(counts[2]).toBe(7);
      const picture = results[11];
      if (picture.kind !== 'segmentation') throw new Error('step 11 is a segmentation');
      const saved = await readFile(join(folder, 'segmentation11.ppm'));
      expect(new Uint8Array(saved)).toEqual(ppmOf(picture.classes, picture.width, picture.height));
    },
    60_000,
  );

  it('neither leaks nor leaves its memory: address and undefined-behaviour sanitizers', async () => {
    const inputs = sizes.map((size, index) => noise(product(size), index + 1));
    const flags = '-fsanitize=address,undefined -fno-sanitize-recover=all';
    await both(passing(sizes, float32), inputs, synthetic, {}, flags);
  }, 120_000);

  it('is C99 in every file of the library', () => {
    const library = join(packageRoot(), 'assets/case-code/postprocess');
    const sources = readdirSync(library).filter((name) => name.endsWith('.c'));
    expect(sources.length).toBeGreaterThan(8);
    compileStrictly(library, 'c', ['-std=c99', '-pedantic', '-fsyntax-only'], sources);
    const headers = readdirSync(library).filter((name) => name.endsWith('.h'));
    for (const header of headers) compileStrictly(library, 'c++', ['-fsyntax-only', '-x', 'c++'], [header]);
  }, 60_000);

  it('refuses views that leave their data, and parameters that do not fit together', async () => {
    const library = join(packageRoot(), 'assets/case-code/postprocess');
    const project = mkdtempSync(join(root, 'views-'));
    await writeFile(join(project, 'check.c'), VIEW_CHECKS);
    const sources = [
      'pp_common.c',
      'pp_yolo.c',
      'pp_yolo_free.c',
      'pp_ssd.c',
      'pp_blazeface.c',
      'pp_segmentation.c',
    ];
    const flags = ['-std=c99', `-I${library}`, '-fsanitize=address,undefined', '-o', 'check', 'check.c'];
    const paths = sources.map((name) => join(library, name));
    compileStrictly(project, 'c', [...flags, ...paths], ['-lm']);
    expect(runProgram(join(project, 'check'))).toBe('11 checks\n');
  }, 60_000);

  it('takes the size of the picture from the environment', async () => {
    const graph = passing([[6, 5, 24, 1]], float32);
    const input = noise(720, 1);
    const given = { ...frame, version: 'v3', classes: 3, anchors, image_size: [640, 480] };
    await both(graph, [input], [stepOf('yolo', ['o0'], { ...given })]);
    await expect(
      both(graph, [input], [stepOf('yolo', ['o0'], { ...given })], { VNN_IMAGE_SIZE: '64x48' }),
    ).rejects.toThrow(/expected/);
  }, 60_000);

  it('follows the axis order of the device', async () => {
    const graph = passing([[6, 5, 24, 1]], float32);
    // The network calls the same memory N,H,W,C.
    for (const id of graph.outputs) graph.tensors[id] = { ...graph.tensors[id], order: [0, 3, 1, 2] };
    expect(deviceOutputs(graph)[0]).toEqual({ key: 'o0', shape: [1, 5, 6, 24], strides: [720, 6, 1, 30] });
    await both(graph, [noise(720, 1)], [synthetic[1]]);
  }, 60_000);
});

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

const detectors: Detector[] = [
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
        const { results } = await both(graph, [sample], [step(network.outputs.map((output) => output.key))]);
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
