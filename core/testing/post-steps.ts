import { YamlReader } from '../files/yaml-values.ts';
import { parseYaml } from '../files/yaml-tree.ts';
import type { StepDescription } from '../postprocess/description.ts';
import { Parameters } from '../postprocess/parameters.ts';
import { planStep, type Plan } from '../postprocess/plan.ts';
import { runStep, type StepResult } from '../postprocess/run.ts';
import { settingsOf, type Kind } from '../postprocess/settings.ts';
import { denseStrides } from '../postprocess/view.ts';

/** A step with parameters as a file would have them. */
export function stepOf(
  kind: Kind,
  lids: string[],
  parameters: Record<string, unknown> = {},
): StepDescription {
  // JSON is YAML.
  const reader = new YamlReader(
    parseYaml(JSON.stringify(parameters), 'postprocess-invalid'),
    'step',
    'postprocess-invalid',
  );
  const given = new Parameters(reader, reader);
  const settings = settingsOf[kind](given);
  given.finish();
  return { lids, settings };
}

/** A step bound to outputs o0, o1, ... of these shapes. */
export function planOn(step: StepDescription, ...shapes: number[][]): Plan {
  const tensors = shapes.map((shape, index) => ({ key: `o${index}`, shape, strides: denseStrides(shape) }));
  return planStep(step, tensors, { labels: [] });
}

/** Runs a step on outputs o0, o1, ... of these shapes and values. */
export function runOn(step: StepDescription, ...outputs: [number[], ArrayLike<number>][]): StepResult {
  const plan = planOn(step, ...outputs.map(([shape]) => shape));
  return runStep(
    plan,
    outputs.map(([, values]) => Float32Array.from(values)),
  );
}
