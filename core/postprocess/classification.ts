/** A class and its score. */
export interface ClassScore {
  label: number;
  score: number;
}

/**
 * The `count` largest values, largest first; of equal values the first comes first, NaN never comes.
 * @param softmax values are logits, scores their probabilities
 */
export function classify(values: Float32Array, softmax: boolean, count: number): ClassScore[] {
  const order = Array.from(values.keys()).filter((index) => !Number.isNaN(values[index]));
  order.sort((a, b) => values[b] - values[a] || a - b);
  const largest = values[order[0]];
  const sum = softmax
    ? order.toSorted((a, b) => a - b).reduce((total, index) => total + Math.exp(values[index] - largest), 0)
    : 1;
  return order.slice(0, count).map((label) => ({
    label,
    score: softmax ? Math.fround(Math.exp(values[label] - largest) / sum) : values[label],
  }));
}
