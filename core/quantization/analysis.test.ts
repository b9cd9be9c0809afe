import { expect, test } from 'vitest';
import { toFloat32 } from '../network/tensor.ts';
import { INPUT, spreadNetwork } from '../testing/spread-network.ts';
import { analyze } from './analysis.ts';
import { analysisReport, parseAnalysis } from './analysis-report.ts';
import { calibrate, type CalibrationBatch } from './calibrate.ts';
import { entropyOf, errorsOf, measureOf } from './error-measure.ts';
import { resolveScheme } from './schemes.ts';
import { rankLayers, suggestLayers } from './suggest.ts';
import { buildTable } from './table.ts';

async function* once(): AsyncGenerator<CalibrationBatch> {
  yield { inputs: new Map([['x_0', toFloat32(INPUT)]]) };
}

const options = () => ({
  batchSize: 1,
  batches: once(),
  signal: new AbortController().signal,
  onBatch: () => undefined,
});

async function analysisOf(quantizer: string, qtype: string) {
  const network = spreadNetwork();
  const ranges = await calibrate(network, options());
  const table = buildTable(network, { scheme: resolveScheme(quantizer, qtype), ranges, all: true });
  return { network, analysis: await analyze(network, table, options()) };
}

test('the layer that was made to fail is first, and suggested', async () => {
  const { network, analysis } = await analysisOf('asymmetric_affine', 'uint8');
  expect(rankLayers(network, analysis.tensors)[0].layer).toBe('c_3');
  expect([...suggestLayers(network, analysis.tensors)]).toContainEqual(['c_3', 'dynamic_fixed_point-i16']);
});

test('int16 loses less than uint8 everywhere', async () => {
  const narrow = (await analysisOf('asymmetric_affine', 'uint8')).analysis.tensors;
  const wide = (await analysisOf('dynamic_fixed_point', 'int16')).analysis.tensors;
  expect(wide.map(({ ref }) => ref)).toEqual(narrow.map(({ ref }) => ref));
  wide.forEach(({ ref, entropy }, index) => expect(entropy, ref).toBeLessThan(narrow[index].entropy));
  expect(narrow.find(({ layer }) => layer === 'e_5')?.delivered).toBe('asymmetric_affine-u8');
});

test('the report survives its file, and says what is wrong with another', async () => {
  const { network, analysis } = await analysisOf('asymmetric_affine', 'uint8');
  const report = analysisReport(network.meta.name, analysis, new Map([['c_3', 'float32']]));
  expect(parseAnalysis(JSON.stringify(report))).toEqual(report);
  expect(() => parseAnalysis('{"schemaVersion": 2}', 'a.json')).toThrow(/schemaVersion/);
  expect(() => parseAnalysis('nonsense')).toThrow(/no JSON/);
});

test('measures follow their formulas', () => {
  const sums = errorsOf(Float32Array.of(3, 4), Float32Array.of(3, 4.5));
  expect(measureOf(sums).sqnr).toBeCloseTo(10 * Math.log10(25 / 0.25), 9);
  expect(measureOf(sums).cosine).toBeCloseTo((9 + 18) / (5 * Math.hypot(3, 4.5)), 9);
  const entropy = (signal: number[], noise: number[]) => entropyOf({ signal, noise });
  expect(entropy([25], [0.25])).toBeCloseTo(1 - Math.log2(101) / 32, 12);
  expect(entropy([1], [0])).toBe(0);
  expect(entropy([0], [1])).toBe(1);
  expect(entropy([1000, 0.001], [0, 1])).toBeGreaterThan(0.49);
  expect(entropy([25, 0, 0], [0.25, 0, 0])).toBe(entropy([25], [0.25]));
  expect(entropy([0, 0], [0, 0])).toBe(0);
  expect(measureOf(errorsOf(new Float32Array(3), new Float32Array(3)))).toMatchObject({
    sqnr: Infinity,
    cosine: 1,
  });
});
