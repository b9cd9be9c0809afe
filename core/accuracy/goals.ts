import type { ModelScores, Score } from './measure.ts';
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
/** A difference of signal to noise that nobody would notice, in dB. */
const SAME = 0.1;
/** Losses of top-1 worth a remark, and what counts as repaired, in points. */
const NOTABLE = 1.5;
const REPAIRED = 1;

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
      misses: models.flatMap((model) =>
        klPairs(model).flatMap(({ scheme, normal, kl }) => {
          const points = lost(normal.top1, kl.top1);
          return points > KL_LIMIT ? [`${model.model.title}, ${scheme}: ${points} points`] : [];
        }),
      ),
    },
    {
      goal: 'kl_divergence: no more noise than normal on depthwise networks',
      misses: models
        .filter(({ depthwise }) => depthwise)
        .flatMap((model) =>
          klPairs(model).flatMap(({ scheme, normal, kl }) =>
            kl.sqnr < normal.sqnr - SAME
              ? [`${model.model.title}, ${scheme}: ${(normal.sqnr - kl.sqnr).toFixed(1)} dB`]
              : [],
          ),
        ),
    },
  ];
}

/** Both ways to choose ranges, in every scheme of integers. */
function klPairs({ scores }: ModelScores): { scheme: string; normal: Score; kl: Score }[] {
  return INTEGER_SCHEMES.map((scheme) => ({
    scheme,
    normal: scores[indexOf(scheme, 'normal')],
    kl: scores[indexOf(scheme, 'kl_divergence')],
  }));
}

/** What loses notably against float, and which other algorithms of the same scheme do not: one line per scheme. */
export function notableLosses(models: readonly ModelScores[]): string[] {
  return models.flatMap(({ model, float, scores }) =>
    INTEGER_SCHEMES.flatMap((scheme) => {
      const rows = variants.flatMap((variant, index) =>
        variant.scheme === scheme
          ? [{ name: variant.algorithm, loss: lost(float.top1, scores[index].top1) }]
          : [],
      );
      const poor = rows.filter(({ loss }) => loss > NOTABLE);
      const good = rows.filter(({ loss }) => loss <= REPAIRED);
      if (poor.length === 0) return [];
      const remedy = good.length > 0 ? good.map(({ name }) => name).join('; ') : 'nothing in this scheme';
      const losses = poor.map(({ name, loss }) => `${name} ${loss}`).join('; ');
      return [`${model.title}, ${scheme}: ${losses}. Within ${REPAIRED} point: ${remedy}`];
    }),
  );
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
