import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { quantizedPlan } from '../device/types.ts';
import { loadCoefficients } from '../files/coefficients.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { packageRoot } from '../files/package-root.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { openPacked } from '../packing/open.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { NativeRequantization } from '../simulator/native.ts';
import { chips } from '../targets/chips.ts';
import { at, imported, model, quantize } from '../testing/quantize-sample.ts';
import { seededRandom } from '../testing/hostile.ts';
import { quietContext } from '../testing/temporary.ts';
import { dumpJob } from './dump.ts';
import { evaluateJob } from './evaluate.ts';
import { exportOvxlibJob } from './export.ts';
import { inferenceJob } from './inference.ts';
import { requantizationOf } from './requantization.ts';
import { runCaseJob } from './run-case.ts';

const base = {
  model,
  modelData: imported,
  withInputMeta: at('labels.yml'),
  modelQuantize: at('net.quantize'),
};
const quantized = { ...base, dtype: 'quantized' };
const canCompile = existsSync(join(packageRoot(), 'out/sdk/include'));

beforeAll(async () => {
  await quantize({ iterations: 5 });
});

/** A context that keeps what is logged. */
function listening() {
  const lines: string[] = [];
  return {
    lines,
    context: { ...quietContext(), log: (level: string, text: string) => lines.push(`${level} ${text}`) },
  };
}

describe('which NN cores', () => {
  test.each([
    ['0X7D', 'npu7'],
    ['0X88', 'npu7'],
    ['0X99', 'npu7'],
    ['0XA1', 'npu7'],
    ['0XB9', 'npu8'],
    ['0XBE', 'npu8'],
    ['0XE8', 'npu8'],
    ['0X1E', 'npu8'],
  ])('%s has those of %s', async (pid, found) => {
    const { lines, context } = listening();
    for (const optimize of [pid, `VIPNANOQI_PID${pid}`])
      expect(await requantizationOf({ requantization: 'npu', optimize }, context)).toBe(found);
    expect(lines[0]).toContain(`version ${found.at(-1)} (of `);
    expect(lines[0]).toContain('inferred from public drivers; not confirmed on a board');
    expect(chips).toHaveLength(8);
  });

  test('without a chip that is known: version 7, and the log says so', async () => {
    for (const optimize of [undefined, 'None', 'VIPNANOQI_PID0XFE']) {
      const { lines, context } = listening();
      expect(await requantizationOf({ requantization: 'npu', optimize }, context)).toBe('npu7');
      expect(lines).toEqual([expect.stringContaining('no known chip was named')]);
    }
  });

  test('what makes no sense is refused, or said', async () => {
    const { lines, context } = listening();
    expect(await requantizationOf({ requantization: 'exact' }, context)).toBe('exact');
    await expect(requantizationOf({ requantization: 'exact', optimize: '0X88' }, context)).rejects.toThrow(
      /--optimize has no effect without --requantization npu/,
    );
    await expect(requantizationOf({ requantization: 'npu', optimize: 'Pentium' }, context)).rejects.toThrow(
      /"Pentium" is neither/,
    );
    expect(lines).toEqual([]);
    await requantizationOf({ requantization: 'npu', dtype: 'float32' }, context);
    expect(lines[0]).toMatch(/^W .*a float network is not requantized/);
    await expect(inferenceJob({ ...quantized, requantization: 'npu7' }, context)).rejects.toThrow(
      /--requantization/,
    );
  });
});

/** The codes of all layers of one picture, as `dump` writes them. */
async function codesOf(name: string, options: Record<string, unknown>): Promise<Map<string, number[]>> {
  await dumpJob({ ...quantized, ...options, outputDir: at(name) }, quietContext());
  const files = readdirSync(at(name)).filter((file) => file.endsWith('.qnt.tensor'));
  return new Map(
    files.map((file) => [
      file,
      readFileSync(at(`${name}/${file}`), 'utf8')
        .trim()
        .split(/\s+/)
        .map(Number),
    ]),
  );
}

test('dump: off unless asked for; layers then differ by a step here and there, each NN version in its own way', async () => {
  const plain = await codesOf('plain', {});
  expect(await codesOf('exact', { requantization: 'exact' })).toEqual(plain);
  const seven = await codesOf('seven', { requantization: 'npu' });
  const eight = await codesOf('eight', { requantization: 'npu', optimize: '0XB9' });
  const differences = (other: Map<string, number[]>): number[] =>
    [...plain].flatMap(([file, codes]) =>
      codes.map((code, index) => Math.abs(code - (other.get(file)?.[index] ?? NaN))),
    );
  const share = (other: Map<string, number[]>): number => {
    const all = differences(other);
    return all.filter((difference) => difference > 0).length / all.length;
  };
  // A step away in one layer moves sums of the next.
  expect(share(seven)).toBeGreaterThan(0.005);
  expect(share(seven)).toBeLessThan(0.15);
  // What is cut off the longer mantissas hardly ever decides.
  expect(share(eight)).toBeLessThan(share(seven));
  expect(differences(seven).filter((difference) => difference > 16)).toEqual([]);
});

test('evaluate and inference judge the network as it would be on the NPU', async () => {
  const judged = await Promise.all(
    [{}, { requantization: 'npu' }].map((options) =>
      evaluateJob({ ...base, iterations: 20, batchSize: 1, ...options }, quietContext()),
    ),
  );
  const [exact, npu] = judged.map(({ outputs: [{ sqnr }] }) => sqnr ?? NaN);
  expect(npu).not.toBe(exact);
  expect(Math.abs(npu - exact)).toBeLessThan(2);
  const bytesOf = async (options: Record<string, unknown>): Promise<number[][]> => {
    const dumped = {
      ...quantized,
      iterations: 20,
      batchSize: 1,
      outputDir: at('out'),
      postprocess: 'print_topn',
    };
    const { samples } = await inferenceJob({ ...dumped, ...options }, quietContext());
    return samples.map(({ bytes: [first] }) => [...first]);
  };
  const one = await bytesOf({ requantization: 'npu', optimize: 'A311D' });
  expect(one).not.toEqual(await bytesOf({}));
  expect(one).toEqual(await bytesOf({ requantization: 'npu' }));
});

test.skipIf(!canCompile)(
  'compiled and packed cases do as the simulator does (skipped without the SDK)',
  async () => {
    const options = { outputPath: at('case/net'), packNbgUnify: true, optimize: '0X88' };
    const exported = await exportOvxlibJob({ ...quantized, ...options }, quietContext());
    const network = await readNetworkFile(model);
    await loadCoefficients(network, imported);
    const plan = quantizedPlan(await readQuantizeFile(at('net.quantize')));
    const { graph } = lowerNetwork(network, { plan, batch: 1 });
    const random = seededRandom(5);
    const inputs = Array.from({ length: 8 }, () =>
      Uint8Array.from({ length: 28 * 28 }, () => random() * 256),
    );
    const outputsOf = (simulator: Simulator): number[][] => {
      const outputs = inputs.map((input) => [...simulator.runRaw([input])[0].bytes]);
      simulator.dispose();
      return outputs;
    };
    const simulated = (requantization: NativeRequantization): number[][] =>
      outputsOf(new Simulator(graph, { requantization }));
    expect(simulated('npu7')).not.toEqual(simulated('exact'));
    const packed = await openPacked(at('case_nbg_unify/network_binary.nb'), { requantization: 'npu7' });
    expect(outputsOf(packed)).toEqual(simulated('npu7'));
    const samples = inputs.map((_, index) => [at(`input${index}.bin`)]);
    for (const [index, [file]] of samples.entries()) await writeFileAtomic(file, inputs[index]);
    for (const folder of [exported.folder, at('case_nbg_unify')]) {
      for (const [chosen, expected] of [
        [{}, 'exact'],
        [{ requantization: 'npu' }, 'npu7'],
      ] as const) {
        const { outputs } = await runCaseJob({ folder, samples, ...chosen }, quietContext());
        expect(outputs.map(([bytes]) => [...bytes])).toEqual(simulated(expected));
      }
    }
  },
);
