import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fuzzedFrameworks, fuzzImport, fuzzRequest, type FuzzResult } from '../core/conformance/fuzz.ts';
import { runPool, serve } from '../core/conformance/pool.ts';

const USAGE = `usage: npm run fuzz -- [--seconds N] [--count N] [--only FRAMEWORK] [--seed N]

Imports damaged models of every framework (cut off, flipped bits, sizes that lie) and accepts a network or
an error message, nothing else: no crash, no hang, no unbounded memory.
  --seconds N      stop after N seconds, shared among the frameworks (default: no limit)
  --count N        models per framework (default: 2000)
  --only F         only this framework
  --seed N         the first seed (default: 1)`;

/** Milliseconds an import may take. */
const LIMIT = 15_000;

/** Bugs of a framework after which no more of its models are tried. */
const ENOUGH = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      count: { type: 'string', default: '2000' },
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const frameworks = fuzzedFrameworks().filter(
    (framework) => values.only === undefined || framework === values.only,
  );
  const until = performance.now() + Number(values.seconds ?? Infinity) * 1000;
  let bugs = 0;
  for (const [index, framework] of frameworks.entries()) {
    const share = performance.now() + (until - performance.now()) / (frameworks.length - index);
    const first = Number(values.seed);
    const requests = Array.from({ length: Number(values.count) }, (_, at) =>
      fuzzRequest(framework, first + at),
    );
    const results = await attack(requests, share);
    const count = (outcome: FuzzResult['outcome']): number =>
      results.filter((result) => result.outcome === outcome).length;
    console.log(
      `${framework.padEnd(10)} ${results.length} damaged models: ${count('imported')} imported, ${count('refused')} refused, ${count('bug')} bugs`,
    );
    for (const { request, outcome, reason } of results)
      if (outcome === 'bug') console.log(`  ${request}: ${reason}`);
    bugs += count('bug');
  }
  return bugs === 0 ? 0 : 1;
}

/** Runs requests until the time is over or enough bugs are found. */
function attack(requests: readonly string[], until: number): Promise<FuzzResult[]> {
  let bugs = 0;
  return runPool<FuzzResult>(requests, {
    script: process.argv[1],
    limit: LIMIT,
    processes: Math.max(1, Math.min(4, availableParallelism())),
    lost: (request, reason) => ({ request, outcome: 'bug', reason }),
    onResult: ({ outcome }) => {
      if (outcome === 'bug') bugs++;
      return bugs < ENOUGH && performance.now() < until;
    },
  });
}

if (process.argv.includes('--serve')) serve(fuzzImport);
else process.exitCode = await main();
