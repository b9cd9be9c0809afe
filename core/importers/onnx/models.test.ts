import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../testing/shared.ts';
import { evaluate } from '../testing/evaluate.ts';
import { readNpy } from '../testing/npy.ts';
import { importOnnx } from './import.ts';

interface Model {
  id: string;
  files: string[];
  inputs: { name: string; shape: number[] }[];
  reference: { input: string[]; output: string[]; tolerance: string };
}

const manifest = sharedPath('models/onnx/manifest.json');
const folder = (manifest ?? '').replace(/manifest\.json$/, '');
const models = manifest ? (JSON.parse(readFileSync(manifest, 'utf8')) as Model[]) : [];
const cases = models.flatMap((model) => model.files.map((file) => ({ model, file })));

describe.skipIf(cases.length === 0)('real models (needs shared/models/onnx)', () => {
  it.each(cases.map((one) => [one.file, one] as const))(
    '%s gives the reference outputs',
    async (_, { model, file }) => {
      const network = await importOnnx(readFileSync(folder + file), {
        name: file,
        inputSizes: model.inputs.map(({ shape }) => shape),
        sizesWithBatch: model.inputs.map(() => true),
      });
      const inputs = new Map(
        model.inputs.map(({ name }, i) => [name, readNpy(folder + model.reference.input[i])]),
      );
      const outputs = evaluate(network, inputs);
      const tolerance = Number(/abs (\S+)/.exec(model.reference.tolerance)?.[1]);
      expect(outputs.length).toBe(model.reference.output.length);
      outputs.forEach(({ shape, data }, i) => {
        const wanted = readNpy(folder + model.reference.output[i]);
        expect(shape).toEqual(wanted.shape);
        let worst = 0;
        for (let at = 0; at < data.length; at++)
          worst = Math.max(worst, Math.abs(data[at] - wanted.data[at]));
        expect(worst).toBeLessThanOrEqual(tolerance);
      });
    },
  );
});
