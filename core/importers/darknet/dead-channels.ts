/** Deviation below which a channel did not vary in training, beside that of the liveliest one of its layer. */
const STILL = 1e-4;
const RELATIVE = 1e-3;

/**
 * Channels that never varied in training, by the variances of their layer. What is divided by such a deviation is noise,
 * and a kernel that takes this division in has numbers so large that all others round to 0 when it is quantized.
 */
export function isDead(variances: ArrayLike<number>): boolean[] {
  const deviations = Array.from(variances, (variance) => Math.sqrt(Math.max(variance, 0)));
  const largest = deviations.reduce((most, deviation) => Math.max(most, deviation), 0);
  const limit = Math.min(STILL, RELATIVE * largest);
  return deviations.map((deviation) => deviation < limit);
}
