import { expect, it } from 'vitest';
import { type Case, conform, type Tally } from './conform.ts';

/** Tests of a family of operators, and how much they compared. */
export function family(cases: readonly Case[]): void {
  const tally: Tally = { combinations: 0, elements: 0, ties: 0 };
  conform(cases, tally);
  it('compares something in nearly every element', () => {
    process.stdout.write(
      `${cases.length} cases, ${tally.combinations} combinations, ${tally.elements} elements, ` +
        `${tally.ties} of them next to a tie\n`,
    );
    // Both neighbours of a tie are right, which a reference may not lean on.
    expect(tally.ties).toBeLessThan(tally.elements / 50);
  });
}
