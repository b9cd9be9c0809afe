import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { ppmOf } from '../postprocess/segmentation.ts';
import { canRunCases } from '../testing/case-program.ts';
import { float32, GraphBuilder, uint8, type Storage } from '../testing/device-graphs.ts';
import { inBoth } from '../testing/post-both.ts';
import { stepOf } from '../testing/post-steps.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { deviceOutputs } from './post-process.ts';

const root = temporaryFolder();

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

describe.skipIf(!canRunCases)('post-processing in C (skipped without out/sdk, gcc, g++ or make)', () => {
  it.each([
    ['float32', float32],
    ['uint8', uint8(8 / 255, 128)],
  ])(
    'finds what our own code finds: %s',
    async (_, storage) => {
      const inputs = sizes.map((size, index) => noise(product(size), index + 1));
      const { folder, results } = await inBoth(root, passing(sizes, storage), inputs, synthetic);
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
    await inBoth(root, passing(sizes, float32), inputs, synthetic, {}, flags);
  }, 120_000);

  it('takes the size of the picture from the environment', async () => {
    const graph = passing([[6, 5, 24, 1]], float32);
    const input = noise(720, 1);
    const given = { ...frame, version: 'v3', classes: 3, anchors, image_size: [640, 480] };
    await inBoth(root, graph, [input], [stepOf('yolo', ['o0'], { ...given })]);
    await expect(
      inBoth(root, graph, [input], [stepOf('yolo', ['o0'], { ...given })], { VNN_IMAGE_SIZE: '64x48' }),
    ).rejects.toThrow(/expected/);
  }, 60_000);

  it('follows the axis order of the device', async () => {
    const graph = passing([[6, 5, 24, 1]], float32);
    // The network calls the same memory N,H,W,C.
    for (const id of graph.outputs) graph.tensors[id] = { ...graph.tensors[id], order: [0, 3, 1, 2] };
    expect(deviceOutputs(graph)[0]).toEqual({ key: 'o0', shape: [1, 5, 6, 24], strides: [720, 6, 1, 30] });
    await inBoth(root, graph, [noise(720, 1)], [synthetic[1]]);
  }, 60_000);
});
