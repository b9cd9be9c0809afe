import { expect } from 'vitest';
import { evaluate, type Data } from '../testing/evaluate.ts';
import { importOnnx } from './import.ts';
import { encodeTiny, noise, type TinyModel } from './testing.ts';

/** A model and the layers it must become. */
export interface Case {
  name: string;
  model: TinyModel;
  /** Ops in file order; helper permutes and reshapes come last. */
  ops: string;
  /** The same computation in an operator set that ONNX Runtime still knows. */
  reference?: TinyModel;
}

/** ONNX Runtime when its optional package is installed: an engine nobody here wrote. */
type Runtime = (bytes: Uint8Array, inputs: Map<string, Data>) => Promise<Data[]>;

async function loadRuntime(): Promise<Runtime | undefined> {
  try {
    const ort = await import('onnxruntime-node');
    return async (bytes, inputs) => {
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
      const feeds = Object.fromEntries(
        [...inputs].map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
      );
      const results = await session.run(feeds);
      return session.outputNames.map((name) => ({
        shape: results[name].dims,
        data: Float32Array.from(results[name].data as Float32Array, Number),
      }));
    };
  } catch {
    return undefined;
  }
}

/** Undefined when the optional package is not installed. */
export const runtime = await loadRuntime();

/** Imports the model, compares the ops of its layers, and its numbers with ONNX Runtime when that is there. */
export async function checkCase({ model, ops, reference }: Case): Promise<void> {
  const bytes = encodeTiny(model);
  const network = await importOnnx(bytes, { name: 'tiny.onnx' });
  const met = [...network.layers.values()]
    .map(({ op }) => op)
    .filter((op) => op !== 'input' && op !== 'output');
  const inputs = new Map(
    Object.entries(model.inputs).map(([name, dims], i) => {
      const shape = dims.map(Number);
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float32Array.from(noise(count, 100 + i)) }];
    }),
  );
  const got = evaluate(network, inputs);
  expect(met.join(' ')).toBe(ops);
  const wanted = await runtime?.(reference ? encodeTiny(reference) : bytes, inputs);
  wanted?.forEach(({ shape, data }, i) => {
    expect(got[i].shape).toEqual([...shape]);
    data.forEach((value, at) => {
      const found = got[i].data[at];
      const near = found === value || Math.abs(found - value) <= 1e-4 * Math.max(1, Math.abs(value));
      expect(near, `output ${i} element ${at}: ${found} instead of ${value}`).toBe(true);
    });
  });
}
