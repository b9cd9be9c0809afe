import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { caseFiles } from '../export/case-files.ts';
import { deviceOutputs } from '../export/post-process.ts';
import type { StepDescription } from '../postprocess/description.ts';
import { planStep, type Plan } from '../postprocess/plan.ts';
import { reportLines } from '../postprocess/report.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { denseStrides } from '../postprocess/view.ts';
import { Simulator } from '../simulator/simulator.ts';
import { compileCase, runCase, writeInputs } from './case-program.ts';

/** Lines of the steps in what a program printed. */
function stepLines(log: string): string[] {
  const lines = log.slice(log.indexOf(' --- Top5 ---')).trim().split('\n');
  return lines.slice(lines.findIndex((line, index) => index > 0 && !/^ *\d+: /.test(line)));
}

/** Numbers within 1e-3 relative, everything else equal. */
function expectSameLines(actual: readonly string[], expected: readonly string[]): void {
  const number = /-?\d+\.\d+/g;
  expect(actual.map((line) => line.replace(number, '#'))).toEqual(
    expected.map((line) => line.replace(number, '#')),
  );
  actual.forEach((line, index) => {
    const ours = (line.match(number) ?? []).map(Number);
    const theirs = (expected[index].match(number) ?? []).map(Number);
    ours.forEach((value, at) => {
      const limit = 1e-3 * Math.max(1, Math.abs(theirs[at]));
      expect([line, Math.abs(value - theirs[at]) <= limit]).toEqual([line, true]);
    });
  });
}

/** What a network's outputs become, by the C program and by our own code on the simulator's values. */
export async function inBoth(
  root: string,
  graph: DeviceGraph,
  inputs: readonly Float32Array[],
  steps: StepDescription[],
  environment: Record<string, string> = {},
  flags = '',
): Promise<{ folder: string; results: StepResult[]; plans: Plan[] }> {
  const folder = mkdtempSync(join(root, 'case-'));
  const labels = { labels: ['one "quoted"', 'two'] };
  const bind = (outputs: ReturnType<typeof deviceOutputs>): Plan[] =>
    steps.map((step) => planStep(step, outputs, labels));
  await compileCase(
    folder,
    caseFiles(graph, { databases: [] }, { name: 'net', steps: bind(deviceOutputs(graph)) }),
    flags,
  );
  const log = runCase(folder, 'net', await writeInputs(folder, inputs), environment);

  const simulator = new Simulator(graph);
  const values = simulator.run(inputs);
  simulator.dispose();
  const keys = deviceOutputs(graph);
  const plans = bind(
    values.map(({ shape }, index) => ({ key: keys[index].key, shape, strides: denseStrides(shape) })),
  );
  const results = plans.map((plan) =>
    runStep(
      plan,
      values.map((value) => value.values),
    ),
  );
  expectSameLines(
    stepLines(log),
    results.flatMap((result, index) => reportLines(result, plans[index])),
  );
  return { folder, results, plans };
}
