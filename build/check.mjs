// `npm test`: types, lint, format, import arrows, unused code, kernels, unit tests, damaged models, end-to-end tests.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { armChecks } from './arm-checks.mjs';
import { fuzzNative, kernelProofs, sanitizedTests } from './native-checks.mjs';
import { ensureBrowser } from './system.mjs';
import { packageScript, root, run } from './install.mjs';

const reports = join(root, 'out/test');
const node =
  (script, ...args) =>
  () =>
    run(process.execPath, [script, ...args]);

const browser = () => {
  const path = ensureBrowser();
  return path
    ? { ...process.env, CHROMIUM: path, PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'e2e.json') }
    : undefined;
};

function endToEnd() {
  const env = browser();
  if (!env) return 1;
  const playwright = packageScript('@playwright/test', 'cli.js');
  return run(process.execPath, [playwright, 'test', '-c', 'e2e', '--reporter=list,json'], { env });
}

const vitest = packageScript('vitest', 'vitest.mjs');
const unitReport = join(reports, 'unit.json');

/** @type {[string, () => number | Promise<number>][]} */
const steps = [
  ['types', node(packageScript('typescript', 'bin/tsc'), '-p', root)],
  ['lint', node(packageScript('oxlint', 'bin/oxlint'), '--type-aware')],
  ['format', node(packageScript('prettier', 'bin/prettier.cjs'), '--check', '--log-level', 'warn', '.')],
  ['arrows', node(join(root, 'build/check-arrows.mjs'))],
  ['docs', node(join(root, 'out/node/ops-table.mjs'), '--check')],
  ['unused', node(packageScript('knip', 'bin/knip.js'), '--no-progress')],
  ['kernels', kernelProofs],
  ['unit', node(vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`)],
  ['fuzz', node(join(root, 'out/node/fuzz.mjs'), '--seconds', '60')],
  ['sanitize', sanitizedTests],
  ['e2e', endToEnd],
];

/**
 * Steps that run only when they are named: what a fuzzer finds next is not known before, and few machines have cross
 * compilers.
 * @type {typeof steps}
 */
const onRequest = [
  ['simfuzz', fuzzNative],
  ['arm', armChecks],
];

/** Counts of a vitest or Playwright JSON report; zeros when the run wrote none. */
function counts(file, read) {
  try {
    return read(JSON.parse(readFileSync(join(reports, file), 'utf8')));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const unitCounts = (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests,
  skipped: report.numPendingTests,
});

const endCounts = ({ stats }) => ({
  passed: stats.expected,
  failed: stats.unexpected,
  skipped: stats.skipped,
});

const only = process.argv.slice(2);
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const results = [];
const wanted = only.length === 0 ? steps : [...steps, ...onRequest].filter(([title]) => only.includes(title));
for (const [name, step] of wanted) {
  console.log(`\n== ${name}`);
  const started = performance.now();
  const code = await step();
  results.push({ name, code, seconds: (performance.now() - started) / 1000 });
}

console.log('');
for (const { name, code, seconds } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s`);
}
const unit = counts('unit.json', unitCounts);
const end = counts('e2e.json', endCounts);
const broken = results.filter((result) => result.code !== 0).length;
const reported = unit.failed + end.failed;
const skipped = unit.skipped + end.skipped;
console.log(`\n${unit.passed + end.passed} passed, ${Math.max(reported, broken)} failed, ${skipped} skipped`);
process.exit(broken === 0 ? 0 : 1);
