/** A place of what was searched. */
export interface Hit {
  line: number;
  from: number;
  to: number;
}

/** Places shown; nobody walks through more. */
const MOST_HITS = 5000;

/** Where a text occurs, whatever its case. */
export function findInLines(lines: readonly string[], query: string): Hit[] {
  const wanted = query.toLowerCase();
  const hits: Hit[] = [];
  if (wanted === '') return hits;
  for (const [line, text] of lines.entries()) {
    const lower = text.toLowerCase();
    for (let from = lower.indexOf(wanted); from >= 0; from = lower.indexOf(wanted, from + wanted.length)) {
      hits.push({ line, from, to: from + wanted.length });
      if (hits.length === MOST_HITS) return hits;
    }
  }
  return hits;
}
