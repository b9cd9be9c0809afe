import { labelOf } from '../postprocess/report.ts';
import { classColor } from '../postprocess/segmentation.ts';
import type { TopEntry } from '../jobs/top.ts';
import type { VerifiedRun, VerifiedStep, VerifyResult } from '../jobs/verify.ts';
import type { ClassView, DepthPoint, SimilarityView, StepView, VerifyColumn } from './contract-export.ts';
import { encode } from './preview.ts';

/** Boxes and points sent of one step, and layers of the chart. */
const MOST_MARKS = 200;
const MOST_LAYERS = 2000;
/** Longest side of a mask. */
const MASK = 512;

/** Names of classes where the post-processing has none. */
type Names = readonly string[];

/** @param missing why a column that did not run is empty */
export async function columnsOf(
  result: VerifyResult,
  names: Names,
  missing: { quantized: string | null; compiled: string | null },
): Promise<VerifyColumn[]> {
  const column = async (
    kind: VerifyColumn['kind'],
    run: VerifiedRun | undefined,
    reason: string | null,
  ): Promise<VerifyColumn> => ({
    kind,
    missing: run ? null : (reason ?? 'it was not run'),
    outputs: (run?.top ?? []).map((top, index) => ({
      key: result.outputs[index] ?? `output ${index}`,
      top: top.map((entry) => classView(entry, names)),
      similarity: kind === 'float' ? null : similarityView(run?.similarity[index]),
    })),
    steps: await Promise.all((run?.steps ?? []).map((step) => stepView(step, names))),
    sameBytes: kind === 'compiled' ? (result.compiled?.sameBytes ?? null) : null,
  });
  return Promise.all([
    column('float', result.float, null),
    column('quantized', result.quantized, missing.quantized),
    column('compiled', result.compiled, result.compiledProblem ?? missing.compiled),
  ]);
}

/** The chart over depth. */
export function depthOf({ depth }: VerifyResult): DepthPoint[] {
  return thinned(
    depth.map(({ sqnr, ...point }) => ({ ...point, sqnr: Number.isFinite(sqnr) ? sqnr : null })),
  );
}

/** Of a long network an even choice, and the worst layers. */
export function thinned<Point extends DepthPoint>(points: Point[]): Point[] {
  if (points.length <= MOST_LAYERS) return points;
  const worst = new Set(points.toSorted((a, b) => a.cosine - b.cosine).slice(0, MOST_LAYERS / 2));
  const step = Math.ceil(points.length / (MOST_LAYERS / 2));
  return points.filter((point, index) => worst.has(point) || index % step === 0);
}

/** A class as people know it. */
export function classView({ index, value }: TopEntry, names: Names): ClassView {
  return { label: index, name: names[index] ?? null, value };
}

function similarityView(found: { cosine: number; sqnr: number } | undefined): SimilarityView | null {
  return found ? { cosine: found.cosine, sqnr: Number.isFinite(found.sqnr) ? found.sqnr : null } : null;
}

async function stepView({ result, labels, width, height }: VerifiedStep, names: Names): Promise<StepView> {
  const own = labels.length > 0 ? labels : names;
  const named = (label: number, value: number): ClassView => ({
    label,
    name: own.length > 0 ? labelOf(own, label) : null,
    value,
  });
  switch (result.kind) {
    case 'classification':
      return {
        kind: 'classification',
        classes: result.classes.map(({ label, score }) => named(label, score)),
      };
    case 'detections':
      return {
        kind: 'detections',
        width,
        height,
        count: result.detections.length,
        boxes: result.detections
          .slice(0, MOST_MARKS)
          .map(({ label, score, box }) => ({ ...named(label, score), box })),
      };
    case 'keypoints':
      return {
        kind: 'keypoints',
        width,
        height,
        points: result.points.slice(0, MOST_MARKS).map(({ x, y, score }, index) => ({
          label: index,
          name: labels[index] ?? null,
          value: score,
          x,
          y,
        })),
      };
    case 'segmentation': {
      const { classes } = result;
      const data = new Uint8Array(3 * classes.length);
      const counts = new Map<number, number>();
      classes.forEach((label, pixel) => {
        data.set(classColor(label), 3 * pixel);
        counts.set(label, (counts.get(label) ?? 0) + 1);
      });
      const shares = [...counts].map(([label, count]) => named(label, count / classes.length));
      return {
        kind: 'segmentation',
        mask: await encode({ width: result.width, height: result.height, channels: 3, data }, MASK),
        classes: shares.toSorted((a, b) => b.value - a.value).slice(0, 5),
      };
    }
  }
}
