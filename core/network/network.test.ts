import { describe, expect, test } from 'vitest';
import { describeError, StudioError } from './errors.ts';
import { formatRef, Layer, parseRef, real } from './layer.ts';
import { Network } from './network.ts';
import { elementCount, float16ToNumber, floatTensor, transpose } from './tensor.ts';

const layer = (key: string, op: string, ...inputs: string[]): Layer =>
  new Layer({ key, name: key.replace(/_\d+$/, ''), op, inputs: inputs.map(parseRef) });

const chain = (): Network =>
  new Network({ name: 'n', acuityVersion: '6', platform: 'tensorflow' }, [
    layer('out_0', 'output', '@relu_1:out0'),
    layer('relu_1', 'relu', '@in_2:out0'),
    layer('in_2', 'input'),
  ]);

describe('references', () => {
  test('split at the last colon', () => {
    expect(parseRef('@a:b/c:0_12:out3')).toEqual({ layer: 'a:b/c:0_12', port: 3 });
    expect(formatRef({ layer: 'x_1', port: 0 })).toBe('@x_1:out0');
  });

  test.each(['x_1:out0', '@x_1', '@x_1:weight', ''])('%j is not one', (text) => {
    expect(() => parseRef(text)).toThrow(StudioError);
  });
});

describe('network', () => {
  test('orders layers after their inputs', () => {
    expect(
      chain()
        .topologicalOrder()
        .map(({ key }) => key),
    ).toEqual(['in_2', 'relu_1', 'out_0']);
  });

  test('names broken references and cycles', () => {
    const broken = chain();
    broken.add(layer('add_3', 'add', '@nowhere_9:out0', '@in_2:out5'));
    expect(() => broken.validate()).toThrow(/add_3 reads @nowhere_9:out0, add_3 reads @in_2:out5/);
    const cyclic = chain();
    cyclic.add(layer('a_4', 'relu', '@b_5:out0'));
    cyclic.add(layer('b_5', 'relu', '@a_4:out0'));
    expect(() => cyclic.validate()).toThrow(/cycle.*a_4, b_5/);
  });

  test('a chain of 100,000 layers does not exhaust the stack', () => {
    const deep = new Network({ name: 'deep', acuityVersion: '6', platform: 'tensorflow' }, [
      layer('l_0', 'input'),
    ]);
    for (let i = 1; i < 100_000; i++) deep.add(layer(`l_${i}`, 'relu', `@l_${i - 1}:out0`));
    expect(deep.topologicalOrder()).toHaveLength(100_000);
  });

  test('__proto__ is a name like any other', () => {
    const network = chain();
    network.add(layer('__proto___7', 'relu', '@in_2:out0'));
    expect(network.layer('__proto___7').op).toBe('relu');
    expect(network.nextUid()).toBe(3);
  });
});

describe('parameters', () => {
  const read = new Layer({
    key: 'l_1',
    name: 'l',
    op: 'x',
    inputs: [],
    parameters: {
      old: '0 3 1 2',
      commas: '0,1,1,0',
      list: [1, real(2)],
      beta: real(1),
      inf: 'inf',
      yes: true,
      word: 'w',
    },
  });

  test('old and new spellings read alike', () => {
    expect(read.ints('old')).toEqual([0, 3, 1, 2]);
    expect(read.ints('commas')).toEqual([0, 1, 1, 0]);
    expect(read.ints('list')).toEqual([1, 2]);
    expect(read.number('beta')).toBe(1);
    expect(read.number('inf')).toBe(Infinity);
    expect(read.flag('yes')).toBe(true);
    expect(read.int('absent', 7)).toBe(7);
  });

  test('a wrong one names layer, parameter and value', () => {
    expect(() => read.int('word')).toThrow('parameter "word" of op x is "w", expected a number');
    expect(() => read.ints('missing')).toThrow('is missing');
  });
});

describe('tensors', () => {
  test('transpose moves elements as numpy does', () => {
    const moved = transpose(floatTensor([2, 3], Float32Array.of(0, 1, 2, 3, 4, 5)), [1, 0]);
    expect([...moved.data]).toEqual([0, 3, 1, 4, 2, 5]);
    expect(moved.shape).toEqual([3, 2]);
  });

  test('sizes are checked before memory is asked for', () => {
    expect(() => elementCount([65536, 65536])).toThrow(/too large/);
    expect(() => elementCount([2, -1])).toThrow(/bad dimension/);
    expect(() => floatTensor([3], new Float32Array(2))).toThrow(/do not fill/);
  });

  test('float16 bits', () => {
    expect([0x3c00, 0xc000, 0x0001, 0x7c00].map(float16ToNumber)).toEqual([1, -2, 2 ** -24, Infinity]);
  });
});

test('an error is one sentence with place and advice', () => {
  const error = new StudioError(
    'file-malformed',
    'bad\nthing.',
    { file: 'a.onnx', layer: 'conv_1', line: 3 },
    'Do this.',
  );
  expect(error.toString()).toBe('a.onnx:3: layer "conv_1": bad thing. Do this.');
  expect(describeError(new Error('x\ny'))).toBe('x y');
  expect(error.at({ file: 'b' }).place.file).toBe('a.onnx');
});

test('transpose agrees with plain indexing for every permutation of rank 4', () => {
  const shape = [3, 17, 5, 20];
  const tensor = floatTensor(
    shape,
    Float32Array.from({ length: elementCount(shape) }, (_, index) => index),
  );
  const axes = [0, 1, 2, 3];
  const permutations = axes.flatMap((a) =>
    axes.flatMap((b) =>
      axes.flatMap((c) => axes.flatMap((d) => (new Set([a, b, c, d]).size === 4 ? [[a, b, c, d]] : []))),
    ),
  );
  for (const perm of permutations) {
    const moved = transpose(tensor, perm);
    const at = (index: number[]): number =>
      index.reduce((offset, value, axis) => offset * shape[axis] + value, 0);
    let position = 0;
    for (let i = 0; i < moved.shape[0]; i++)
      for (let j = 0; j < moved.shape[1]; j++)
        for (let k = 0; k < moved.shape[2]; k++)
          for (let l = 0; l < moved.shape[3]; l++) {
            const source = [0, 0, 0, 0];
            [i, j, k, l].forEach((value, axis) => (source[perm[axis]] = value));
            if (moved.data[position++] !== at(source))
              expect.unreachable(`${perm.join()} at ${i},${j},${k},${l}`);
          }
  }
});
