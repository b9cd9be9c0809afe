import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import type { Network } from '../../network/network.ts';
import { sharedPath } from '../../testing/shared.ts';
import { detectImporter } from '../registry.ts';
import { importOnnx, type OnnxImportOptions } from './import.ts';
import { onnxModelType } from './schema.ts';
import { encodeTiny, floats, ints, noiseTensor, type TinyModel } from './testing.ts';

const base: TinyModel = {
  inputs: { image: [1, 3, 8, 8] },
  constants: { w: noiseTensor([4, 3, 3, 3]), s: ints(1, -1) },
  nodes: [
    { op: 'Conv', name: 'first', inputs: ['image', 'w'], outputs: ['conv'] },
    { op: 'Relu', name: '', inputs: ['conv'], outputs: ['relu'] },
    { op: 'Reshape', name: 'last', inputs: ['relu', 's'], outputs: ['y'] },
  ],
  outputs: ['y'],
  declared: { relu: [1, 4, 6, 6] },
};

const run = (model: TinyModel, options: Partial<OnnxImportOptions> = {}): Promise<Network> =>
  importOnnx(encodeTiny(model), { name: 'tiny.onnx', ...options });

async function failure(promise: Promise<unknown>): Promise<StudioError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StudioError) return error;
  throw new Error(`expected a StudioError, got ${String(error)}`);
}

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

  it('is found by name and by content', () => {
    expect(detectImporter('a/model.ONNX', new Uint8Array())?.framework).toBe('onnx');
    expect(detectImporter('model.bin', encodeTiny(base).subarray(0, 64))?.framework).toBe('onnx');
    expect(detectImporter('model.bin', new TextEncoder().encode('layer {'))).toBeUndefined();
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
            attributes: { mode: 'cubic' },
          },
          { op: 'Foo', domain: 'my.ops', name: 'f1', inputs: ['a'], outputs: ['c'] },
          { op: 'Foo', domain: 'my.ops', name: 'f2', inputs: ['c'], outputs: ['e'] },
          { op: 'Add', inputs: ['b', 'e'], outputs: ['y'] },
        ],
        outputs: ['y'],
      }),
    );
    expect(error.code).toBe('op-unsupported');
    expect(error.toString()).toContain('Det (opset 13), 1 node ("d")');
    expect(error.toString()).toContain('Resize (opset 13): mode "cubic", 1 node ("r")');
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

describe('broken files', () => {
  const bytes = encodeTiny(base);
  const importing = (data: Uint8Array) => importOnnx(data, { name: 'x.onnx' });

  it.each([
    ['empty', new Uint8Array(), 'the file is empty'],
    ['text', new TextEncoder().encode('hello, this is no model at all\n'.repeat(4)), 'the file is text'],
    [
      'LFS pointer',
      new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'),
      'Git LFS pointer',
    ],
    ['zeros', new Uint8Array(100), 'not an ONNX model'],
    [
      'an empty graph',
      onnxModelType.encode(onnxModelType.fromObject({ irVersion: 8, graph: {} })).finish(),
      'graph is empty',
    ],
  ])('%s', async (_, data, message) => {
    const error = await failure(importing(data));
    expect(error.code).toBe('file-malformed');
    expect(error.toString()).toContain(message);
    expect(error.toString()).not.toContain('\n');
  });

  it('truncated anywhere', async () => {
    for (let length = 1; length < bytes.length; length += 7) {
      const error = await failure(importing(bytes.slice(0, length)));
      expect(error.code, `at ${length}: ${error.message}`).toBe('file-malformed');
    }
  });

  it('with flipped bits gives a StudioError or a network', async () => {
    let state = 12345;
    const next = (limit: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % limit;
    for (let round = 0; round < 1500; round++) {
      const data = bytes.slice();
      for (let flips = 0; flips <= round % 4; flips++) data[next(data.length)] ^= 1 << next(8);
      await importing(data).catch((error: unknown) => {
        if (!(error instanceof StudioError)) throw error;
      });
    }
  });

  it('whose weight does not fill its dimensions', async () => {
    const error = await failure(
      run({ ...base, constants: { ...base.constants, w: { dims: [4, 3, 3, 3], data: [1] } } }),
    );
    expect(error.toString()).toBe(
      'layer "first": truncated: tensor "w" holds 1 values but [4,3,3,3] needs 108'.replace(
        'layer "first": ',
        '',
      ),
    );
  });

  it('with a cycle, a missing tensor or impossible shapes', async () => {
    const cycle = run({ ...base, nodes: [{ op: 'Add', inputs: ['image', 'y'], outputs: ['a'] }, { op: 'Relu', inputs: ['a'], outputs: ['y'] }] }); // prettier-ignore
    expect((await failure(cycle)).message).toContain('cycle');
    const missing = run({ ...base, nodes: [{ op: 'Relu', inputs: ['nowhere'], outputs: ['y'] }] });
    expect((await failure(missing)).message).toContain('nowhere');
    const wrong = await failure(run({ ...base, constants: { ...base.constants, s: ints(5, -1) } }));
    expect(wrong.place.layer).toBe('last');
  });

  const real = sharedPath('models/onnx/mobilenetv2-tiny-fashion/mobilenetv2-tiny-fashion-opset11.onnx');
  it.skipIf(real === undefined)('truncations of a real model (needs shared/models/onnx)', async () => {
    const whole = readFileSync(real ?? '');
    for (let length = 0; length < whole.length; length += 97) {
      const error = await failure(importing(whole.subarray(0, length)));
      expect(error.code).toBe('file-malformed');
    }
  });
});

describe('external data', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nibble-onnx-'));
  const outside = mkdtempSync(join(tmpdir(), 'nibble-onnx-'));
  afterAll(() => [folder, outside].forEach((path) => rmSync(path, { recursive: true })));
  const values = Float32Array.from([9, 1, 2, 3]);
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(values.buffer));
  writeFileSync(join(outside, 'secret.bin'), new Uint8Array(values.buffer));
  symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));

  const importFrom = (fields: Record<string, string>) => {
    const model = onnxModelType.decode(
      encodeTiny({
        inputs: { x: [1, 3] },
        constants: { c: floats(0, 0, 0) },
        nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
        outputs: ['y'],
      }),
    ) as unknown as { graph: { initializer: Record<string, unknown>[] } };
    const tensor = model.graph.initializer[0];
    delete tensor['rawData'];
    tensor['dataLocation'] = 1;
    tensor['externalData'] = Object.entries(fields).map(([key, value]) => ({ key, value }));
    return importOnnx(onnxModelType.encode(model).finish(), { name: 'x.onnx', folder });
  };

  it('is read at its offset', async () => {
    const network = await importFrom({ location: 'weights.bin', offset: '4', length: '12' });
    const [variable] = network.withOp('variable');
    expect([...(network.coefficient(variable.key, 'data')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  it.each([
    [{ location: '../secret.bin' }, 'leaves the folder'],
    [{ location: join(outside, 'secret.bin') }, 'must be relative'],
    [{ location: 'link.bin' }, 'link'],
    [{ location: 'nothing.bin' }, 'no such file'],
    [{ location: 'weights.bin', offset: '8' }, 'truncated'],
    [{ location: 'weights.bin', length: '4' }, 'the shape needs 12'],
    [{ location: 'weights.bin', offset: '-4' }, 'not a number'],
  ])('%j is refused', async (fields, message) => {
    expect((await failure(importFrom(fields))).message).toContain(message);
  });
});
