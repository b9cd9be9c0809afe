import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { lowerNetwork } from '../device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../device/types.ts';
import { caseFiles, PACKED_FILE, packedCaseFiles } from '../export/case-files.ts';
import { verifyCase } from '../export/verify.ts';
import { writeCase } from '../export/write-case.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { packageRoot } from '../files/package-root.ts';
import { importOnnx } from '../importers/onnx/import.ts';
import type { Network } from '../network/network.ts';
import { packNetwork } from '../packing/write.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { Simulator } from '../simulator/simulator.ts';
import { seededRandom } from '../testing/hostile.ts';
import { importReference, referenceArrays, referenceModels, tableOf } from '../testing/reference-models.ts';
import { quietContext, temporaryFolder } from '../testing/temporary.ts';
import { makeCase } from './program.ts';
import { runCaseJob } from './run-case.ts';

/** All reference models instead of the bundled one, compiled with the makefile's own optimization. */
const isFull = process.env.NIBBLE_FULL_MATRIX === '1';
const sdk = join(packageRoot(), 'out/sdk');
const folder = temporaryFolder();
const FLAGS = `CFLAGS=${isFull ? '' : '-O0 '}-Wall -Wextra -Werror`;

interface Subject {
  id: string;
  network: Network;
  sample: Float32Array;
}

async function bundled(): Promise<Subject> {
  const model = readFileSync(join(packageRoot(), 'assets/sample/mobilenetv2-tiny.onnx'));
  const network = await importOnnx(model, { name: 'mobilenetv2-tiny' });
  const random = seededRandom(3);
  const count = network.inputs[0].ints('shape').reduce((product, dim) => product * Math.max(1, dim), 1);
  return { id: 'mobilenetv2-tiny', network, sample: Float32Array.from({ length: count }, random) };
}

const subjects: [string, () => Promise<Subject>][] = isFull
  ? referenceModels.map((model) => [
      model.id,
      async () => ({
        id: model.id,
        network: await importReference(model),
        sample: (await referenceArrays(model, 'input'))[0],
      }),
    ])
  : [['the bundled model', bundled]];

const types: [string, (subject: Subject) => Promise<TypePlan>][] = [
  ['float16', async () => Promise.resolve(floatPlan('float16'))],
  ...(
    [
      ['uint8', 'asymmetric_affine', 'uint8'],
      ['int8', 'dynamic_fixed_point', 'int8'],
      ['int16', 'dynamic_fixed_point', 'int16'],
    ] as const
  ).map(([name, quantizer, qtype]): [string, (subject: Subject) => Promise<TypePlan>] => [
    name,
    async ({ network, sample }) =>
      quantizedPlan(await tableOf(network, sample, resolveScheme(quantizer, qtype))),
  ]),
];

/** What the simulator gives, and the input as the device stores it. */
function simulate(graph: DeviceGraph, sample: Float32Array): { input: Uint8Array; outputs: Uint8Array[] } {
  const simulator = new Simulator(graph);
  const outputs = simulator.run([sample]).map(({ bytes }) => bytes);
  const input = simulator.read(graph.inputs[0]).bytes;
  simulator.dispose();
  return { input, outputs };
}

async function outputsOf(project: string, input: string): Promise<Uint8Array[]> {
  await makeCase(project, sdk, quietContext().signal, [FLAGS]);
  const { outputs } = await runCaseJob({ folder: project, samples: [[input]] }, quietContext());
  await rm(project, { recursive: true });
  return outputs[0];
}

describe.skipIf(!existsSync(join(sdk, 'include')) || subjects.length === 0)(
  'both kinds of case compile without warnings and give the bytes of the simulator (skipped without out/sdk)',
  () => {
    describe.each(subjects)('%s', (_, load) => {
      test.each(types)(
        '%s',
        async (type, planOf) => {
          const subject = await load();
          const { graph } = lowerNetwork(subject.network, { plan: await planOf(subject), batch: 1 });
          const { input, outputs } = simulate(graph, subject.sample);
          const file = join(folder, `${subject.id}-${type}.bin`);
          writeFileSync(file, input);
          const meta = defaultInputMeta(subject.network);
          const unify = caseFiles(graph, meta, { name: subject.id });
          const packed = packedCaseFiles(graph, meta, { name: subject.id });
          packed.set(PACKED_FILE, packNetwork(graph, 0x88));
          for (const files of [unify, packed]) {
            const project = join(folder, `${subject.id}-${type}`);
            await writeCase(project, files);
            await verifyCase(project, files);
            const compiled = await outputsOf(project, file);
            expect(compiled.map((bytes, index) => Buffer.compare(bytes, outputs[index]))).toEqual(
              outputs.map(() => 0),
            );
          }
          expect(new Set(outputs[0]).size).toBeGreaterThan(2);
        },
        120_000,
      );
    });
  },
);
