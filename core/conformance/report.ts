import type { CaseResult, Outcome } from './run-case.ts';

/** Version of the JSON report; grows when a field changes its meaning. */
const SCHEMA_VERSION = 1;

const OUTCOMES: readonly Outcome[] = ['pass', 'fail', 'unsupported', 'out-of-scope'];

/** How many cases ended how. */
export type Counts = Record<Outcome, number>;

/** The JSON report. */
export interface ConformanceReport {
  schema_version: number;
  folder: string;
  counts: Counts;
  /** Passed cases per hundred in scope. */
  percentage: number;
  ops: Record<string, Counts>;
  cases: CaseResult[];
}

/** Adds the results up. */
export function makeReport(folder: string, cases: readonly CaseResult[]): ConformanceReport {
  const ops = [...new Set(cases.map(({ op }) => op))].sort((a, b) => (a < b ? -1 : 1));
  const counts = countOf(cases);
  return {
    schema_version: SCHEMA_VERSION,
    folder,
    counts,
    percentage: percentageOf(counts),
    ops: Object.fromEntries(ops.map((op) => [op, countOf(cases.filter((one) => one.op === op))])),
    cases: [...cases],
  };
}

function countOf(cases: readonly CaseResult[]): Counts {
  const counts: Counts = { pass: 0, fail: 0, unsupported: 0, 'out-of-scope': 0 };
  for (const { outcome } of cases) counts[outcome]++;
  return counts;
}

function percentageOf({ pass, fail, unsupported }: Counts): number {
  const all = pass + fail + unsupported;
  return all === 0 ? 100 : Math.round((1000 * pass) / all) / 10;
}

/** The report for people: a table by operator, what did not pass, a closing line. */
export function formatReport({ ops, cases, counts, percentage }: ConformanceReport): string[] {
  const width = Math.max(12, ...Object.keys(ops).map((op) => op.length));
  const row = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(14)).join('');
  const bad = cases.filter(({ outcome }) => outcome === 'fail' || outcome === 'unsupported');
  const converted = cases.filter(({ constantOperands, outcome }) => constantOperands && outcome === 'pass');
  return [
    row('operator', OUTCOMES),
    ...Object.entries(ops).map(([op, line]) =>
      row(
        op,
        OUTCOMES.map((outcome) => line[outcome] || '-'),
      ),
    ),
    '',
    ...bad.map(({ name, op, outcome, reason }) => `${outcome} ${name} [${op}]: ${reason}`),
    ...(bad.length > 0 ? [''] : []),
    `${converted.length} of the passed cases needed constant operands: inputs of the graph stored in the model.`,
    `${counts.pass} passed, ${counts.fail} failed, ${counts.unsupported} unsupported, ` +
      `${counts['out-of-scope']} out of scope: ${percentage} % of the cases in scope pass`,
  ];
}
