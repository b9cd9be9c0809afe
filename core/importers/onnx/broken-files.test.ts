import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import { sharedPath } from '../../testing/shared.ts';
import type { ModelHome } from '../options.ts';
import { importOnnx } from './import.ts';
import { onnxModelType } from './encode.ts';
import { base, encodeTiny, failure, floats, ints, type TinyModel } from './testing.ts';

const run = (model: TinyModel) => importOnnx(encodeTiny(model), { name: 'tiny.onnx' });

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

  const importFrom = (fields: Record<string, string>, home: ModelHome = { folder }) => {
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
    return importOnnx(onnxModelType.encode(model).finish(), { name: 'x.onnx', ...home });
  };

  it('is read at its offset', async () => {
    const network = await importFrom({ location: 'weights.bin', offset: '4', length: '12' });
    const [variable] = network.withOp('variable');
    expect([...(network.coefficient(variable.key, 'data')?.data ?? [])]).toEqual([1, 2, 3]);
  });

  it('is read from files that were given with the model, before those of its folder', async () => {
    const given = { name: 'weights.bin', bytes: new Uint8Array(Float32Array.of(4, 5, 6).buffer) };
    for (const home of [{ companions: [given] }, { companions: [given], folder }]) {
      const network = await importFrom({ location: 'weights.bin' }, home);
      const [variable] = network.withOp('variable');
      expect([...(network.coefficient(variable.key, 'data')?.data ?? [])]).toEqual([4, 5, 6]);
    }
    const short = importFrom({ location: 'weights.bin', offset: '8' }, { companions: [given] });
    expect((await failure(short)).message).toContain('truncated: it has 12 bytes, 20 are needed');
    const outside = importFrom({ location: '../weights.bin' }, { companions: [given] });
    expect((await failure(outside)).message).toContain('leaves the folder');
  });

  it('names the files that were not given', async () => {
    const error = await failure(importFrom({ location: 'big.weights' }, { companions: [] }));
    expect(error.code).toBe('file-missing');
    expect(error.details.files).toEqual(['big.weights']);
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
