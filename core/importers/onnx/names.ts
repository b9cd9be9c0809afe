import { StudioError } from '../../network/errors.ts';

/** Up to three known names that resemble a wrong one, nearest first. */
export function nearestNames(wrong: string, known: Iterable<string>): string[] {
  const scored: { name: string; score: number }[] = [];
  for (const name of known) {
    if (name === '' || Math.abs(name.length - wrong.length) > 40) continue;
    const contained = name.includes(wrong) || (name.length > 2 && wrong.includes(name));
    const score = contained ? 1 + Math.abs(name.length - wrong.length) / 100 : editDistance(wrong, name);
    scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score);
  return scored.slice(0, 3).map(({ name }) => name);
}

/** The error for a tensor or node name of an option that the model does not have. */
export function unknownName(option: string, wrong: string, known: Iterable<string>): StudioError {
  const near = nearestNames(wrong, known);
  const hint = near.length > 0 ? `Nearest names: ${near.map((name) => `"${name}"`).join(', ')}.` : undefined;
  return new StudioError('usage', `${option}: the model has no tensor or node "${wrong}"`, {}, hint);
}

/** Levenshtein distance of the first 64 characters. */
function editDistance(a: string, b: string): number {
  const left = a.slice(0, 64);
  const right = b.slice(0, 64);
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const swap = row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[right.length];
}
