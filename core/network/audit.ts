/**
 * Pairs that a declared table does not list, noticed while converting. Tables of what becomes what serve
 * the documentation; a gap must fail the tests, never a user's conversion.
 */
const unlisted = new Set<string>();

/** Notes `from → to` when the table does not list it. */
export function auditPair(
  table: Readonly<Record<string, readonly string[]>>,
  from: string,
  to: string,
): void {
  if (!Object.hasOwn(table, from) || !table[from].includes(to)) unlisted.add(`${from} → ${to}`);
}

/** What {@link auditPair} noticed so far. */
export function unlistedPairs(): string[] {
  return [...unlisted].sort();
}

/** What operators of frameworks were composed of, by operator. */
const compositions = new Map<string, Set<string>>();

/** Notes that an operator of a framework was written with another operator, or became a layer. */
export function noteComposition(operator: string, part: string): void {
  const parts = compositions.get(operator) ?? new Set();
  compositions.set(operator, parts.add(part));
}

/** What {@link noteComposition} noticed of a framework's operators so far, sorted. @param domain e.g. `tflite` */
export function compositionsOf(domain: string): Record<string, string[]> {
  const own = [...compositions].filter(([operator]) => operator.startsWith(`${domain}:`));
  return Object.fromEntries(
    own
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([operator, parts]) => [operator.slice(domain.length + 1), [...parts].sort()]),
  );
}
