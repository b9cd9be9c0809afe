import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constantValues } from '../device/constant-values.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { toNetworkLayout } from '../simulator/layout.ts';
import { Simulator } from '../simulator/simulator.ts';
import { findCompiled, runCompiled, type CompiledOptions } from './run-case.ts';

/** What a compiled case gave for one sample. */
export interface CompiledRun {
  /** Per output, real values in the network's layout. */
  values: Float32Array[];
  /** The same as they lie in the device's memory. */
  raw: Float32Array[];
  /** Whether the simulator gives the same bytes for the exported graph. */
  sameBytes: boolean;
  /** What the program printed. */
  text: string;
}

/**
 * Runs a compiled case on inputs given as real values, and the simulator beside it.
 * @param inputs in the network's layout, one per input
 * @throws StudioError 'simulator-failed' when the program ends badly or its outputs do not fit the graph
 */
export async function runCompiledCase(
  folder: string,
  graph: DeviceGraph,
  inputs: readonly Float32Array[],
  how: CompiledOptions,
): Promise<CompiledRun> {
  const compiled = await findCompiled(folder);
  const simulator = new Simulator(graph, { signal: how.signal, requantization: how.requantization });
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-verify-'));
  try {
    const expected = simulator.run(inputs);
    const files = await Promise.all(
      graph.inputs.map(async (id, index) => {
        const file = join(scratch, `input_${index}.dat`);
        await writeFile(file, simulator.read(id).bytes);
        return file;
      }),
    );
    const { outputs, text } = await runCompiled(compiled, files, how);
    const fits = outputs.length === expected.length;
    if (!fits || outputs.some(({ length }, index) => length !== expected[index].bytes.length)) {
      throw new StudioError(
        'simulator-failed',
        'the compiled case gave outputs of other sizes than the network has',
        { file: compiled.program },
        'Export and build it again.',
      );
    }
    const raw = outputs.map((data, index) => {
      const { tensor } = expected[index];
      return constantValues({ ...tensor, data }) ?? new Float32Array();
    });
    return {
      raw,
      values: raw.map((values, index) => toNetworkLayout(expected[index].tensor, values)),
      sameBytes: outputs.every((bytes, index) => Buffer.compare(bytes, expected[index].bytes) === 0),
      text,
    };
  } finally {
    simulator.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}
