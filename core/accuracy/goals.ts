import type { ModelScores } from './measure.ts';
import { variants } from './variants.ts';

/** What the numbers should reach, and whether they do. */
export interface Verdict {
  goal: string;
  /** One line per case that misses it: where, by how much, what repairs it. */
  misses: string[];
}

/** Where a scheme and algorithm stand among the variants. */
const indexOf = (scheme: string, algorithm: string): number =>
  variants.findIndex((variant) => variant.scheme === scheme && variant.algorithm === algorithm);

/** The largest loss of top-1 against float with the ranges of normal, in points, by scheme. */
const LIMITS: readonly (readonly [scheme: string, points: number])[] = [
  ['asymmetric_affine uint8', 1.5],
  ['dynamic_fixed_point int16', 0.2],
  ['perchannel_symmetric_affine int8', 0.7],
];

/** The largest loss of kl_divergence against normal, in points. */
const KL_LIMIT = 1;

const INTEGER_SCHEMES = [
  ...new Set(variants.filter(({ algorithm }) => algorithm === 'kl_divergence').map(({ scheme }) => scheme)),
];

/** Points lost from one share to another; shares are multiples of 1/200, so that tenths are exact. */
const lost = (from: number, to: number): number => Math.round((from - to) * 1000) / 10;

/** Compares scores with what they should be. */
export function judgeGoals(models: readonly ModelScores[]): Verdict[] {
  return [
    ...LIMITS.map(([scheme, points]) => ({
      goal: `${scheme}, normal: at most ${points} points below float`,
      misses: models.flatMap((model) => miss(model, scheme, points)),
    })),
    {
      goal: `kl_divergence: at most ${KL_LIMIT} point below normal in every scheme`,
      misses: models.flatMap(({ model, scores }) =>
        INTEGER_SCHEMES.flatMap((scheme) => {
          const [normal, kl] = [scores[indexOf(scheme, 'normal')], scores[indexOf(scheme, 'kl_divergence')]];
          const points = lost(normal.top1, kl.top1);
          return points > KL_LIMIT ? [`${model.title}, ${scheme}: ${points} points`] : [];
        }),
      ),
    },
  ];
}

function miss({ model, float, scores }: ModelScores, scheme: string, points: number): string[] {
  const loss = lost(float.top1, scores[indexOf(scheme, 'normal')].top1);
  if (loss <= points) return [];
  const repaired = variants.flatMap((variant, index) =>
    variant.scheme === scheme && lost(float.top1, scores[index].top1) <= points ? [variant.algorithm] : [],
  );
  const remedy = repaired.length > 0 ? `repaired by ${repaired.join(', ')}` : 'no option repairs it';
  return [`${model.title}: ${loss} points, ${remedy}`];
}
