import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { accuracyDocument } from '../core/accuracy/document.ts';
import { findModels } from '../core/accuracy/models.ts';
import { measureAll } from '../core/accuracy/report.ts';
import { writeFileAtomic } from '../core/files/atomic.ts';
import { packageRoot } from '../core/files/package-root.ts';
import { describeError } from '../core/network/errors.ts';

const USAGE = `usage: npm run accuracy [-- --output FILE]

Quantizes trained models in every way, measures accuracy and errors on real pictures, and writes docs/accuracy.md.
Takes two minutes. Needs the reference models in ../shared/models; without them the bundled sample is measured and
the text is printed.
  --output FILE    write there instead`;

const controller = new AbortController();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const collection = findModels();
  if (!collection.complete)
    console.error('../shared/models is not there: only the bundled sample is measured');
  const folder = await mkdtemp(join(tmpdir(), 'nibble-accuracy-'));
  try {
    const text = accuracyDocument(
      await measureAll(collection, folder, controller.signal, (line) => console.error(line)),
    );
    const output = outputOf(values.output, collection.complete);
    if (output === undefined) {
      process.stdout.write(text);
    } else {
      await writeFileAtomic(output, text);
      console.error(`written to ${output}`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** npm starts scripts in the package's folder; paths are meant from where the person is. */
function outputOf(given: string | undefined, complete: boolean): string | undefined {
  if (given !== undefined) return resolve(process.env['INIT_CWD'] ?? '.', given);
  return complete ? join(packageRoot(), 'docs/accuracy.md') : undefined;
}

process.once('SIGINT', () => controller.abort());
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`E ${describeError(error)}`);
  process.exitCode = 2;
}
