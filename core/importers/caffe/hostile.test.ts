import { describe, expect, test } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import { importerOf } from '../registry.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What an import of a text says, or how many layers it has. */
async function outcome(text: string | Uint8Array): Promise<string> {
  const bytes = typeof text === 'string' ? encode(text) : text;
  try {
    const network = await importerOf('caffe').import(bytes, { name: 'net.prototxt' });
    return `${network.layers.size} layers`;
  } catch (error) {
    if (error instanceof StudioError) return error.toString();
    throw error;
  }
}

const input = (...dims: number[]): string =>
  `input: "data" input_shape { ${dims.map((dim) => `dim: ${dim}`).join(' ')} }\n`;
const layer = (type: string, parameters: string): string =>
  `layer { name: "l" type: "${type}" bottom: "data" top: "out" ${parameters} }`;

describe('texts that want to break the reader', () => {
  test('messages nested 10,000 deep', async () => {
    for (const [open, close] of ['{}', '<>'])
      expect(await outcome(`${`a ${open}`.repeat(10_000)}${close.repeat(10_000)}`)).toMatch(
        /nested more than 100 deep/,
      );
    expect(await outcome(`a: [${'{ a: ['.repeat(10_000)}`)).toMatch(/nested more than 100 deep/);
  });

  test('megabytes of one token', async () => {
    const megabytes = 4 * 2 ** 20;
    for (const character of '1.#" \\{[')
      expect(await outcome(character.repeat(megabytes)), character).toMatch(/column|no layers/);
    expect(await outcome(`a: "${'x'.repeat(megabytes)}"`)).toMatch(/no layers/);
    expect(await outcome('\n'.repeat(megabytes))).toMatch(/no layers/);
  }, 60_000);

  test('a text larger than any net, a binary file, no text at all', async () => {
    expect(await outcome(new Uint8Array(2 ** 24 + 1).fill(32))).toMatch(/is no network description/);
    expect(await outcome(Uint8Array.of(10, 0, 1))).toMatch(/not a text but a binary file/);
    expect(await outcome(Uint8Array.of(0x61, 0xff))).toMatch(/not UTF-8/);
    expect(await outcome('')).toMatch(/no layers/);
  });

  test('hundreds of thousands of fields and layers', async () => {
    const relus = Array.from(
      { length: 2000 },
      (_, i) => `layer{name:"r${i % 7}"type:"ReLU"bottom:"data"top:"data"}`,
    );
    expect(await outcome(input(1, 2) + relus.join(''))).toMatch(/^\d+ layers$/);
    expect(await outcome(input(1, 2) + relus.join('').repeat(11))).toMatch(/22000 layers/);
    expect(
      await outcome(
        `${input(1, 2)}${layer('Reshape', `reshape_param { shape { ${'dim: 1 '.repeat(200_000)} } }`)}`,
      ),
    ).toMatch(/Reshape|layers/);
  }, 120_000);
});

describe('numbers that want the memory', () => {
  test.each([
    [input(1, 3, 2 ** 31 - 1, 4) + layer('ReLU', '')],
    [input(1, 65536, 65536, 1) + layer('ReLU', '')],
    [
      input(1, 3, 9, 9) +
        layer('Convolution', 'convolution_param { num_output: 2147483647 kernel_size: 65535 }'),
    ],
    [input(1, 3, 9, 9) + layer('Convolution', 'convolution_param { num_output: 100000000 kernel_size: 3 }')],
    [input(1, 60000) + layer('InnerProduct', 'inner_product_param { num_output: 60000 }')],
    [input(1, 2) + layer('Embed', 'embed_param { num_output: 65536 input_dim: 65536 }')],
    [input(1, 3, 9, 9) + layer('Im2col', 'convolution_param { kernel_size: 4000 pad: 3999 }')],
    [input(1, 3, 9, 9) + layer('Tile', 'tile_param { tiles: 999999999 }')],
    [input(1, 3, 60000, 1) + layer('Interp', 'interp_param { height: 60001 width: 1 }')],
    [input(1, 3, 9, 9) + layer('Upsample', 'upsample_param { scale: 100000 }')],
    [input(1, 3, 9, 9) + layer('SPP', 'spp_param { pyramid_height: 31 }')],
    [input(1, 3, 9, 9) + layer('Reshape', 'reshape_param { shape { dim: 1000000000 dim: -1 } }')],
    [input(1, 3, 9, 9) + layer('Parameter', 'parameter_param { shape { dim: 1000000 dim: 1000000 } }')],
    [input(4000, 4000, 8) + layer('LSTM', 'bottom: "data" recurrent_param { num_output: 60000 }')],
    [
      input(1, 3, 999, 999) +
        `layer { name: "p" type: "PriorBox" bottom: "data" bottom: "data" top: "p" prior_box_param { ${'min_size: 1 '.repeat(999)} } }`,
    ],
  ])(
    '%s',
    async (net) => {
      expect(await outcome(net)).toMatch(/^(?!\d+ layers)/);
    },
    60_000,
  );
});
