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
