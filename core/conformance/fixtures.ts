import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan } from '../device/types.ts';
import { parseNpy } from '../files/npy.ts';
import { packageRoot } from '../files/package-root.ts';
import { readZip } from '../files/zip.ts';
import type { Framework } from '../importers/formats.ts';
import type { ImportOptions, ModelFile } from '../importers/options.ts';
import { fromNumbers } from '../importers/onnx/numeric.ts';
import { importerOf } from '../importers/registry.ts';
import type { Network } from '../network/network.ts';
import { toFloat32, type Tensor } from '../network/tensor.ts';
import { ownTable } from '../quantization/own-table.ts';
import { Simulator } from '../simulator/simulator.ts';
import { deviceBytes, difference, valueOf } from './compare.ts';

/** An array: the name of an .npy file beside `case.json`, or its values in C order. */
const arraySchema = z.union([
  z.string(),
  z.strictObject({
    type: z.enum(['float32', 'int8', 'uint8', 'int16', 'int32', 'int64', 'bool']),
    shape: z.array(z.number().int()),
    values: z.array(z.union([z.number(), z.boolean()])),
  }),
]);

/** What `case.json` says about a case. */
const caseSchema = z.strictObject({
  /** Operator of the framework the case is about. */
  op: z.string(),
  /** Files of the model, the main one first. */
  files: z.array(z.string()).min(1),
  /** Array by name of the input, in the order of the network's inputs where the names differ. */
  inputs: z.record(z.string(), arraySchema),
  outputs: z.array(arraySchema).min(1),
  /** Largest difference from an expected value, beside the same share of it. */
  tolerance: z.number().default(1e-5),
  /** Run with the model's own quantization; arrays hold the reals that the integers stand for. */
  quantized: z.boolean().default(false),
  options: z
    .strictObject({
      inputs: z.array(z.string()).optional(),
      outputs: z.array(z.string()).optional(),
      inputSizes: z.array(z.array(z.number().int())).optional(),
      sizesWithBatch: z.array(z.boolean()).optional(),
    })
    .default({}),
});

/** A small model of one framework with inputs and what the framework itself computes from them. */
export interface FixtureCase {
  framework: Framework;
  name: string;
  op: string;
  files: ModelFile[];
  inputs: ReadonlyMap<string, Tensor>;
  outputs: Tensor[];
  tolerance: number;
  quantized: boolean;
  options: z.output<typeof caseSchema>['options'];
}

/** The archive of a framework's checked-in cases. */
export const fixtureArchive = (framework: Framework): string =>
  join(packageRoot(), 'core/importers', framework, 'fixtures/ops.zip');

/** The cases of an archive, by name; none where there is no archive. @param path default: the checked-in one */
export async function fixtureCases(
  framework: Framework,
  path = fixtureArchive(framework),
): Promise<FixtureCase[]> {
  if (!existsSync(path)) return [];
  const archive = await readZip(readFileSync(path));
  return archive.names
    .filter((name) => name.endsWith('/case.json'))
    .map((name) => {
      const folder = name.slice(0, -'case.json'.length);
      const said = caseSchema.parse(JSON.parse(new TextDecoder().decode(archive.bytes(name))));
      const array = (said: z.output<typeof arraySchema>): Tensor =>
        typeof said === 'string'
          ? parseNpy(Uint8Array.from(archive.bytes(folder + said)), said)
          : fromNumbers(said.type, said.shape, said.values.map(Number));
      return {
        ...said,
        framework,
        name: folder.slice(0, -1),
        files: said.files.map((file) => ({
          name: file,
          bytes: Uint8Array.from(archive.bytes(folder + file)),
        })),
        inputs: new Map(Object.entries(said.inputs).map(([input, file]) => [input, array(file)])),
        outputs: said.outputs.map(array),
      };
    });
}

/** Imports the model of a case. @throws StudioError like any import */
export async function importFixture(one: FixtureCase): Promise<Network> {
  const importer = importerOf(one.framework);
  const [main, ...companions] = one.files;
  const options: ImportOptions = { name: main.name, companions, ...one.options };
  return importer.import(main.bytes, options);
}

/**
 * Runs a case through import, lowering and the simulator.
 * @returns the first difference in words, or undefined when there is none
 * @throws StudioError when the import or the lowering refuses it
 */
export async function runFixture(one: FixtureCase): Promise<string | undefined> {
  const network = await importFixture(one);
  const table = one.quantized ? ownTable(network).table : undefined;
  if (one.quantized && !table) return 'the model brings no quantization';
  const plan = table ? quantizedPlan(table) : floatPlan('float32');
  const { graph } = lowerNetwork(network, { plan, batch: 1 });
  const simulator = new Simulator(graph, { threads: 1 });
  try {
    const given = [...one.inputs.values()];
    const fed = network.inputs.map(({ name }, index) => one.inputs.get(name) ?? given[index]);
    const results = one.quantized
      ? simulator.run(fed.map(toFloat32))
      : simulator.runRaw(fed.map((tensor, i) => deviceBytes(graph.tensors[graph.inputs[i]], tensor)));
    if (results.length !== one.outputs.length)
      return `${results.length} outputs instead of ${one.outputs.length}`;
    const tolerance = { absolute: one.tolerance, relative: one.quantized ? 0 : one.tolerance };
    const problems = results.map((result, i) => difference(valueOf(result), one.outputs[i], tolerance));
    const first = problems.findIndex((problem) => problem !== undefined);
    return first < 0 ? undefined : `output ${first}: ${problems[first]}`;
  } finally {
    simulator.dispose();
  }
}
