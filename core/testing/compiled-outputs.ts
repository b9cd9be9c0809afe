import type { CaseFiles } from '../export/case-files.ts';
import { writeCase } from '../export/write-case.ts';
import { makeCase } from '../jobs/program.ts';
import { findCompiled, runCompiled } from '../jobs/run-case.ts';
import type { TensorValue } from '../simulator/simulator.ts';
import { quietContext } from './temporary.ts';

/** Without optimization: the compiler then takes half of the time. core/export/compile.test.ts has -O3. */
const STRICT = ['CFLAGS=-O0 -Wall -Wextra -Werror'];

/**
 * Compiles a case with its own makefile, any warning being an error, and runs it.
 * @param place folder for the case
 * @param inputs paths of .tensor files, one per input
 * @returns names of the outputs whose bytes are not the expected ones
 */
export async function differentOutputs(
  place: string,
  files: CaseFiles,
  sdk: string,
  inputs: readonly string[],
  expected: readonly TensorValue[],
): Promise<string[]> {
  await writeCase(place, files);
  const { signal } = quietContext();
  await makeCase(place, sdk, signal, STRICT);
  const { outputs } = await runCompiled(await findCompiled(place, sdk), inputs, {
    signal,
    requantization: 'exact',
  });
  return expected
    .filter(({ bytes }, index) => Buffer.compare(bytes, outputs[index]) !== 0)
    .map(({ tensor }) => tensor.name);
}
