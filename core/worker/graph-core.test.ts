import { expect, test } from 'vitest';
import { floatTensor } from '../network/tensor.ts';
import { convolutionParameters, networkOf } from '../testing/networks.ts';
import { rangesByChannel } from './graph-core.ts';
import { testCore, textFile } from './testing.ts';

/** A 1x1 convolution from two to three channels. */
function network() {
  const weight = floatTensor([1, 1, 2, 3], Float32Array.of(1, -2, NaN, 4, 5, NaN));
  const bias = floatTensor([3], Float32Array.of(9, 9, 9));
  const parameters = convolutionParameters(3);
  return networkOf(
    [1, 4, 4, 2],
    [{ key: 'conv_1', op: 'convolution', inputs: ['x_0'], parameters, coefficients: { weight, bias } }],
    'conv_1',
  );
}

test('ranges are per output channel, the last axis; biases have none', () => {
  const ranges = { name: 'weight', min: [1, -2, 0], max: [4, 5, 0] };
  expect(rangesByChannel(network(), undefined, 'conv_1')).toEqual([{ ...ranges, scales: null }]);
  const entry = {
    quantizer: 'perchannel_symmetric_affine',
    qtype: 'i8',
    min: -2,
    max: 5,
    scales: [1, 2, 3],
  } as const;
  const table = { entries: new Map([['@conv_1:weight', entry]]), customized: new Map<string, string>() };
  expect(rangesByChannel(network(), table, 'conv_1')).toEqual([{ ...ranges, scales: [1, 2, 3] }]);
  expect(rangesByChannel(network(), undefined, 'x_0')).toEqual([]);
});

test('what was exported comes back by layer; a foreign file is refused', async () => {
  const { core } = testCore();
  await core.openSample('open');
  const { nodes } = await core.graph();
  expect((await core.quantities()).map(({ name }) => name)).toEqual(['MACs', 'parameters']);
  await core.profile(1, 'profile');
  await core.runJob('quantize', { iterations: 4, computeEntropy: true }, 'quantize');
  // The times were those of the float network.
  expect((await core.quantities()).map(({ name }) => name)).not.toContain('simulator time (ms)');
  await core.profile(1, 'again');
  const names = (await core.quantities()).map(({ name }) => name);
  expect(names).toEqual([
    'MACs',
    'parameters',
    'entropy',
    'SQNR single (dB)',
    'SQNR entire (dB)',
    'cosine entire',
    'range min',
    'range max',
    'NPU unit',
    'simulator time (ms)',
  ]);
  const attachment = await core.readNodeData(await core.exportNodeData('netron', null));
  expect(attachment.map(({ name }) => name)).toEqual(names);
  const macs = new Map(attachment[0].values.map(({ layer, value }) => [layer, value]));
  expect(nodes.every(({ key, macs: count }) => macs.get(key) === (count ?? undefined))).toBe(true);
  const analysis = await core.analysis();
  const [entropy] = await core.readNodeData(await core.exportNodeData('model-explorer', 'entropy'));
  for (const { layer, value } of entropy.values)
    expect(
      analysis?.tensors.find((tensor) => tensor.layer === layer && tensor.kind === 'activation')?.entropy,
    ).toBe(value);
  const timed = nodes.filter(({ op }) => op === 'convolution').slice(0, 2);
  const lines = timed.map(
    ({ key }, index) =>
      `layer_id: ${index} layer name:Layer${index}\nuid: ${/\d+$/.exec(key)?.[0]}\nexecution time: ${index + 5} us`,
  );
  const log = ['Verify...', ...lines, 'layer_id: 9 layer name:Other\nuid: 99999\nexecution time: 1 us', ''];
  expect(await core.readNodeData(textFile('board.log', log.join('\n')))).toMatchObject([
    {
      name: 'time on device (us)',
      values: timed.map(({ key }, index) => ({ layer: key, value: index + 5 })),
      unmatched: 1,
    },
  ]);
  const foreign = textFile('other.json', '{"results": {"nobody": {"value": 1}}}');
  await expect(core.readNodeData(foreign)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(core.exportNodeData('model-explorer', 'nothing')).rejects.toMatchObject({ code: 'usage' });
});
