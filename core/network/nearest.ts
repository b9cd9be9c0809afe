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

/** Levenshtein distance; of long names, that of 64 characters from where they part. */
function editDistance(a: string, b: string): number {
  const shared = sharedPrefix(a, b);
  const left = a.slice(shared, shared + 64);
  const right = b.slice(shared, shared + 64);
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

function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
