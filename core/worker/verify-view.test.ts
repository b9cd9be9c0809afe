import { describe, expect, it } from 'vitest';
import type { StepResult } from '../postprocess/run.ts';
import type { VerifyResult } from '../jobs/verify.ts';
import { columnsOf, depthOf } from './verify-view.ts';

function resultWith(result: StepResult, labels: string[] = []): VerifyResult {
  const steps = [{ result, labels, width: 640, height: 480 }];
  return { outputs: ['out'], requantization: 'exact', float: { top: [], steps, similarity: [] }, depth: [] };
}

const NONE = { quantized: 'not yet', compiled: null };

describe('what is sent of a comparison', () => {
  it('names boxes and keeps their number bounded', async () => {
    const box: [number, number, number, number] = [1, 2, 3, 4];
    const detections = Array.from({ length: 1000 }, (_, label) => ({
      label: label % 2,
      score: 0.5,
      box,
      points: [],
    }));
    const [float, quantized, compiled] = await columnsOf(
      resultWith({ kind: 'detections', detections }, ['cat', 'dog']),
      [],
      NONE,
    );
    const [step] = float.steps;
    if (step.kind !== 'detections') throw new Error('no detections');
    expect(step).toMatchObject({ width: 640, height: 480, count: 1000 });
    expect(step.boxes).toHaveLength(200);
    expect(step.boxes[1]).toEqual({ label: 1, name: 'dog', value: 0.5, box });
    expect([quantized.missing, compiled.missing]).toEqual(['not yet', 'it was not run']);
  });

  it('makes a picture of a mask, with the share of each class', async () => {
    const classes = new Uint8Array(2000 * 4).fill(3, 0, 2000);
    const view = resultWith({ kind: 'segmentation', width: 2000, height: 4, classes });
    const [step] = (await columnsOf(view, ['sky', 'sea', 'land', 'town'], NONE))[0].steps;
    if (step.kind !== 'segmentation') throw new Error('no mask');
    expect(step.classes).toEqual([
      { label: 0, name: 'sky', value: 0.75 },
      { label: 3, name: 'town', value: 0.25 },
    ]);
    expect([...step.mask.png.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
    expect(new DataView(step.mask.png.buffer, step.mask.png.byteOffset).getUint32(16)).toBe(512);
  });

  it('thins out a long chart and keeps its worst layers', () => {
    const depth = Array.from({ length: 9000 }, (_, index) => ({
      layer: `l${index}`,
      op: 'relu',
      cosine: index === 4321 ? 0.1 : 1,
      sqnr: index === 4321 ? -3 : Infinity,
    }));
    const points = depthOf({ ...resultWith({ kind: 'keypoints', points: [] }), depth });
    expect(points.length).toBeLessThanOrEqual(2000);
    expect(points.find(({ layer }) => layer === 'l4321')).toMatchObject({ cosine: 0.1, sqnr: -3 });
    expect(points[0]).toMatchObject({ layer: 'l0', sqnr: null });
    const order = points.map(({ layer }) => Number(layer.slice(1)));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});
