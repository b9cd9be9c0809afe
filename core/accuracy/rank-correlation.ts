/**
 * Spearman's rank correlation of two lists of equal length: Pearson's correlation of their ranks, equal values sharing
 * the mean of theirs. 1 = the same order, -1 = the opposite; NaN where one list is constant.
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [centred(ranks(a)), centred(ranks(b))];
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, value, index) => sum + value * v[index], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/** Place of each value in rising order. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  const places = new Map<number, { first: number; count: number }>();
  sorted.forEach((value, index) => {
    const known = places.get(value);
    if (known) known.count++;
    else places.set(value, { first: index, count: 1 });
  });
  return values.map((value) => {
    const { first, count } = places.get(value) ?? { first: NaN, count: NaN };
    return first + (count - 1) / 2;
  });
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
