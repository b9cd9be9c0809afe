import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findCases } from '../core/conformance/case.ts';
import { runPool, serve } from '../core/conformance/pool.ts';
import { formatReport, makeReport } from '../core/conformance/report.ts';
import { runCase, type CaseResult } from '../core/conformance/run-case.ts';
import { writeFileAtomic } from '../core/files/atomic.ts';
import { describeError } from '../core/network/errors.ts';

const USAGE = `usage: npm run conformance -- FOLDER [--json FILE] [--only PATTERN] [--list]

Runs every ONNX case below FOLDER (model.onnx, test_data_set_N/input_*.pb and output_*.pb) through import,
float32 lowering and the simulator, and compares with the expected outputs.
  --json FILE      write the report as JSON too
  --only PATTERN   only cases whose name matches this regular expression
  --list           print the names of the cases and stop`;

/** npm starts scripts in the package's folder; paths are meant from where the person is. */
const fromHere = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

/** Milliseconds a case may take. */
const LIMIT = 10_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || positionals.length !== 1) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const folders = findCases(fromHere(positionals[0]), values.only);
  if (values.list) {
    for (const folder of folders) console.log(basename(folder));
    return 0;
  }
  const processes = Math.max(1, Math.min(4, availableParallelism()));
  const lost = (folder: string, reason: string, milliseconds: number): CaseResult => ({
    name: basename(folder),
    op: '?',
    outcome: 'fail',
    reason,
    milliseconds,
  });
  const cases = await runPool(folders, { script: process.argv[1], limit: LIMIT, processes, lost });
  const report = makeReport(positionals[0], cases);
  for (const line of formatReport(report)) console.log(line);
  if (values.json !== undefined)
    await writeFileAtomic(fromHere(values.json), `${JSON.stringify(report, undefined, 2)}\n`);
  return report.counts.fail === 0 ? 0 : 1;
}

if (process.argv.includes('--serve')) {
  serve(runCase);
} else {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`E ${describeError(error)}`);
    process.exitCode = 2;
  }
}
