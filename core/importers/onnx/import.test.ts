import { describe, expect, it } from 'vitest';
import type { Network } from '../../network/network.ts';
import type { ImportOptions } from '../options.ts';
import { importOnnx } from './import.ts';
import { base, encodeTiny, failure, ints, type TinyModel } from './testing.ts';

const run = (model: TinyModel, options: Partial<ImportOptions> = {}): Promise<Network> =>
  importOnnx(encodeTiny(model), { name: 'tiny.onnx', ...options });

describe('names and numbers', () => {
  it('numbers outputs first, then breadth first, then helper permutes', async () => {
    const network = await run(base);
    expect([...network.layers.keys()]).toEqual([
      'attach_Reshape_last/out0_0',
      'Reshape_last_1',
      'Relu_relu_2',
      'Conv_first_3',
      'image_4',
      'Reshape_last_1_acuity_mark_perm_5',
      'Conv_first_3_acuity_mark_perm_6',
    ]);
    expect(network.meta).toEqual({
      name: 'tiny',
      acuityVersion: '6',
      platform: 'tensorflow',
      orgPlatform: 'onnx',
    });
    expect(network.coefficient('Conv_first_3', 'weight')?.shape).toEqual([3, 3, 3, 4]);
    expect(network.coefficient('Conv_first_3', 'bias')?.data).toEqual(new Float32Array(4));
    expect([...(network.layer('image_4').parameters ?? [])]).toEqual([
      ['size', ''],
      ['channels', 1],
      ['shape', [1, 3, 8, 8]],
      ['is_scalar', false],
      ['type', 'float32'],
    ]);
  });

  it('takes hostile names as they are', async () => {
    const network = await run({
      inputs: { ['__proto__']: [1, 2], constructor: [1, 2] },
      nodes: [
        { op: 'Add', name: 'toString', inputs: ['__proto__', 'constructor'], outputs: ['hasOwnProperty'] },
      ],
      outputs: ['hasOwnProperty'],
    });
    expect(network.layers.has('Add_toString_1')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('cutting and sizes', () => {
  it('cuts at tensors and nodes', async () => {
    const network = await run(base, { inputs: ['conv'], outputs: ['last'], inputSizes: [[4, 6, 6]] });
    expect([...network.layers.values()].map(({ op }) => op)).toEqual(['output', 'reshape', 'relu', 'input']);
    expect(network.inputs[0].ints('shape')).toEqual([1, 4, 6, 6]);
    expect((await run(base, { outputs: ['relu'] })).outputs[0].name).toBe('attach_Relu_relu/out0');
  });

  it('names the nearest tensors for a wrong one', async () => {
    const error = await failure(run(base, { outputs: ['rellu'] }));
    expect(error.toString()).toContain(
      '--outputs: the model has no tensor or node "rellu". Nearest names: "relu"',
    );
  });

  const open: TinyModel = { ...base, inputs: { image: ['batch', 3, 'height', 8] } };
  it('asks for an unknown dimension and takes it from the option', async () => {
    const error = await failure(run(open));
    expect(error.code).toBe('usage');
    expect(error.toString()).toContain(
      'dimension 2 of input "image" is not fixed: the model declares [batch,3,height,8]',
    );
    expect(error.toString()).toContain('--input-size-list');
    expect((await run(open, { inputSizes: [[3, 8, 8]] })).inputs[0].ints('shape')).toEqual([1, 3, 8, 8]);
    expect(
      (await run(open, { inputSizes: [[0, 3, 8, 8]], sizesWithBatch: [true] })).inputs[0].ints('shape'),
    ).toEqual([1, 3, 8, 8]);
    expect((await run({ ...open, inputs: { image: [0, 3, 8, 8] } })).inputs[0].ints('shape')).toEqual([
      1, 3, 8, 8,
    ]);
  });

  it('checks how many sizes are given, and their rank', async () => {
    const counted = await failure(run(base, { inputSizes: [[3, 8, 8], [1]] }));
    expect(counted.toString()).toBe('--input-size-list gives 2 sizes but the model has 1 input (image)');
    const ranked = await failure(run(base, { inputSizes: [[8, 8]], sizesWithBatch: [false] }));
    expect(ranked.toString()).toContain('gives 2 dimensions for input "image" but the model needs 3');
  });

  it('stops when cancelled', async () => {
    const error = await failure(run(base, { signal: AbortSignal.abort() }));
    expect(error.code).toBe('cancelled');
  });
});

describe('size', () => {
  it('imports a chain of 5000 nodes without recursion and quickly', async () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => ({ op: i % 2 === 0 ? 'Relu' : 'Neg', inputs: [i === 0 ? 'x' : `v${i - 1}`], outputs: [`v${i}`] })); // prettier-ignore
    let last = 0;
    const progress = (fraction: number): number => (last = fraction);
    const network = await run({ inputs: { x: [1, 4] }, nodes, outputs: ['v4999'] }, { progress });
    expect(network.layers.size).toBe(5002);
    expect(last).toBe(1);
  }, 5000);
});

describe('what can not be imported', () => {
  it('is reported all at once', async () => {
    const error = await failure(
      run({
        inputs: { x: [1, 4, 6, 6] },
        constants: { sizes: ints(1, 4, 9, 9) },
        nodes: [
          { op: 'Det', name: 'd', inputs: ['x'], outputs: ['a'] },
          {
            op: 'Resize',
            name: 'r',
            inputs: ['x', '', '', 'sizes'],
            outputs: ['b'],
            attributes: { mode: 'septic' },
          },
          { op: 'Foo', domain: 'my.ops', name: 'f1', inputs: ['a'], outputs: ['c'] },
          { op: 'Foo', domain: 'my.ops', name: 'f2', inputs: ['c'], outputs: ['e'] },
          { op: 'Add', inputs: ['b', 'e'], outputs: ['y'] },
        ],
        outputs: ['y'],
      }),
    );
    expect(error.code).toBe('op-unsupported');
    expect(error.toString()).toContain('Det (opset 13): a determinant of 6 rows');
    expect(error.toString()).toContain('Resize (opset 13): septic');
    expect(error.toString()).toContain('my.ops:Foo (opset 1), 2 nodes ("f1", "f2")');
  });

  it('also behind an unsupported node whose output the file declares', async () => {
    const error = await failure(
      run({
        inputs: { x: [1, 4, 6, 6] },
        nodes: [
          { op: 'Det', inputs: ['x'], outputs: ['a'] },
          { op: 'DepthToSpace', name: 'd', inputs: ['a'], outputs: ['y'], attributes: { blocksize: 2 } },
        ],
        outputs: ['y'],
        declared: { a: [4, 6] },
      }),
    );
    expect(error.toString()).toContain('DepthToSpace (opset 13): rank 2');
  });
});
