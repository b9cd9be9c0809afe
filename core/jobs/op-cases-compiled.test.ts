import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { quantizedPlan } from '../device/types.ts';
import { caseFiles, packedCaseFiles, PACKED_FILE } from '../export/case-files.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { packageRoot } from '../files/package-root.ts';
import { writeTensorFile } from '../files/tensor-file.ts';
import { Layer } from '../network/layer.ts';
import { Network } from '../network/network.ts';
import type { QuantizeTable } from '../network/quantize-table.ts';
import { floatTensor } from '../network/tensor.ts';
import { packNetwork } from '../packing/write.ts';
import { resolveScheme, type Scheme } from '../quantization/schemes.ts';
import { Simulator } from '../simulator/simulator.ts';
import { differentOutputs } from '../testing/compiled-outputs.ts';
import { caseTable, networkOf, opCases, samplesOf } from '../testing/op-cases.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const folder = temporaryFolder();
const sdk = join(packageRoot(), 'out/sdk');
const built = existsSync(join(sdk, 'include'));

const SCHEMES = [
  ['uint8', resolveScheme('asymmetric_affine', 'uint8')],
  ['int16', resolveScheme('dynamic_fixed_point', 'int16')],
] as const;

/** The network of one case with keys that no other case has. */
function renamed(network: Network, place: number): Network {
  const keyOf = (key: string): string => `${key}${String(place).padStart(3, '0')}`;
  const copy = new Network(network.meta);
  for (const { key, name, op, parameters, inputs, outputs } of network.layers.values()) {
    const refs = inputs.map((ref) => ({ ...ref, layer: keyOf(ref.layer) }));
    copy.add(new Layer({ key: keyOf(key), name, op, parameters, inputs: refs, outputs }));
    for (const [coefficient, tensor] of network.coefficients.get(key) ?? [])
      copy.setCoefficient(keyOf(key), coefficient, tensor);
  }
  return copy;
}

/** All cases as one network with many inputs and outputs, its samples, and the tables of the cases as one. */
async function everything(scheme: Scheme): Promise<{
  network: Network;
  samples: Float32Array[];
  table: QuantizeTable;
}> {
  const network = new Network({ name: 'every_op', acuityVersion: '6', platform: 'tensorflow' });
  const samples: Float32Array[] = [];
  const tables: QuantizeTable[] = [];
  for (const [place, one] of opCases.entries()) {
    const part = renamed(networkOf(one), place);
    samples.push(...samplesOf(one));
    tables.push(await caseTable(part, samplesOf(one), scheme));
    for (const layer of part.layers.values()) network.add(layer);
    for (const [key, coefficients] of part.coefficients)
      for (const [name, tensor] of coefficients) network.setCoefficient(key, name, tensor);
  }
  const entries = new Map(tables.flatMap((table) => [...table.entries]));
  return { network, samples, table: { ...tables[0], entries } };
}

describe.skipIf(!built)('case code of every op runs here (skipped without out/sdk)', () => {
  test.each(SCHEMES)(
    'in %s, in code and packed, with the bytes of the simulator',
    async (name, scheme) => {
      const { network, samples, table } = await everything(scheme);
      const { graph } = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
      const simulator = new Simulator(graph);
      const expected = simulator.run(samples);
      simulator.dispose();
      const inputs: string[] = [];
      for (const [index, layer] of network.inputs.entries()) {
        inputs.push(join(folder, `in${index}.tensor`));
        await writeTensorFile(inputs[index], floatTensor(layer.ints('shape'), samples[index]));
      }
      const meta = defaultInputMeta(network);
      const place = join(folder, name);
      const plain = caseFiles(graph, meta, { name: 'every_op' });
      expect(await differentOutputs(place, plain, sdk, inputs, expected)).toEqual([]);
      const packed = packedCaseFiles(graph, meta, { name: 'every_op' });
      packed.set(PACKED_FILE, packNetwork(graph, 0));
      expect(await differentOutputs(`${place}_nbg_unify`, packed, sdk, inputs, expected)).toEqual([]);
    },
    120_000,
  );
});
