import { describe, expect, test } from 'vitest';
import { StudioError } from '../../network/errors.ts';
import type { Network } from '../../network/network.ts';
import { inferShapes } from '../../ops/shapes.ts';
import { translate } from '../onnx/translate.ts';
import type { ImportOptions } from '../options.ts';
import { isDead } from './dead-channels.ts';
import { readDarknet } from './import.ts';
import { madeUpWeights, planWithout } from './testing.ts';

const NET = '[net]\nwidth=8\nheight=8\nchannels=4\n';
const CONV = '[convolutional]\nfilters=4\nsize=1\nactivation=linear\n';

/** Imports a model with made-up weights of the right number. */
async function imported(text: string, options: Partial<ImportOptions> = {}): Promise<Network> {
  const bytes = Buffer.from(text);
  const weights = madeUpWeights(planWithout(bytes).numbers);
  const companions = [{ name: 'net.weights', bytes: weights }];
  const all = { name: 'net.cfg', companions, ...options };
  return translate(await readDarknet(bytes, all), all);
}

async function problemOf(work: Promise<unknown>): Promise<StudioError> {
  const problem: unknown = await work.catch((error: unknown) => error);
  if (problem instanceof StudioError) return problem;
  throw new Error(`it was not refused: ${String(problem)}`);
}

const outputsOf = (network: Network): string[] => {
  const shapes = inferShapes(network);
  return network.outputs.map(({ inputs: [ref] }) => shapes.get(`@${ref.layer}:out${ref.port}`)?.join() ?? '');
};

describe('layers', () => {
  test('are named after their ops, as in networks that the toolkit made of Darknet models', async () => {
    const network = await imported(
      `${NET}${CONV.replace('linear', 'leaky')}batch_normalize=1\n[maxpool]\nsize=2\nstride=2\n[upsample]\n[route]\nlayers=-1,0\n`,
    );
    const names = [...network.layers.values()].map(({ name, op }) => `${op} ${name}`);
    expect(names.filter((text) => !/^(output|permute)/.test(text)).toSorted()).toEqual([
      'concat concat',
      'convolution convolution',
      'image_resize image_resize',
      'input input',
      'leakyrelu leakyrelu',
      'pooling pooling',
    ]);
    expect(network.meta).toMatchObject({ name: 'net', orgPlatform: 'darknet' });
  });

  test('of training have no trace', async () => {
    const network = await imported(`${NET}${CONV}[dropout]\nprobability=.5\n[cost]\ntype=sse\n`);
    expect(network.outputs).toHaveLength(1);
    expect(network.withOp('convolution')).toHaveLength(1);
  });
});

describe('heads of YOLO', () => {
  const head = '[yolo]\nmask=1\nnum=2\nclasses=1\nanchors=10,14, 23,27\n';
  const six = CONV.replace('filters=4', 'filters=6');

  test('are where the network ends, each with an output', async () => {
    const network = await imported(`${NET}${CONV}${six}${head}[route]\nlayers=0\n[upsample]\n${six}${head}`);
    expect(outputsOf(network)).toEqual(['1,6,8,8', '1,6,16,16']);
    expect(network.notes).toEqual([
      'the network ends in front of [yolo] in line 13: 1 classes, anchors 23, 27',
      'the network ends in front of [yolo] in line 25: 1 classes, anchors 23, 27',
    ]);
  });

  test.each([
    ['another number of filters', `${NET}${CONV}${head}`, /need 6 filters/, 9],
    ['a layer behind one', `${NET}${six}${head}${CONV}`, /reads the values that \[yolo\] decodes/, 14],
    ['a route to one', `${NET}${six}${head}[route]\nlayers=1\n`, /reads the values that \[yolo\]/, 15],
  ])('%s is refused', async (_, text, message, line) => {
    const problem = await problemOf(imported(text));
    expect(problem.message).toMatch(message);
    expect(problem.place.line).toBe(line);
  });
});

describe('what is wrong is told with its line', () => {
  test.each<[string, RegExp, number]>([
    ['[convolutional]\nfilters=2\n', /the first section of a Darknet model is \[net\]/, 1],
    ['[net]\nwidth=8\n', /neither width, height and channels nor inputs/, 1],
    ['[net]\nwidth=70000\nheight=8\nchannels=1\n', /input of 70000 x 8 x 1/, 1],
    [`${NET}[convolutoinal]\n`, /the section \[convolutoinal\] is not known/, 5],
    [`${NET}[iseg]\n`, /\[iseg\] is not known/, 5],
    [`${NET}[route]\nlayers=-1\n`, /is layer 0 and reads layer -1: there is none in front of it/, 6],
    [`${NET}${CONV}[route]\nlayers=1\n`, /is layer 1 and reads layer 1: only 0 to 0/, 10],
    [`${NET}${CONV}[route]\nlayers=-1,-2\n`, /reads layer -1/, 10],
    [`${NET}${CONV}[route]\nlayers=9999999999\n`, /reads layer 9999999999/, 10],
    [`${NET}${CONV}[route]\n`, /has no layers=/, 9],
    [`${NET}${CONV}[shortcut]\n`, /has no from=/, 9],
    [`${NET}[convolutional]\nsize=9\n`, /would give a picture of 1 x 0 x 0/, 5],
    [`${NET}[convolutional]\nsize=9000000\npad=1\n`, /too large|would give/, 5],
    [`${NET}[convolutional]\ngroups=3\n`, /has 3 groups for 4 channels and 1 filters/, 6],
    [`${NET}[convolutional]\nstride=0\n`, /has stride 0/, 5],
    [`${NET}[convolutional]\nxnor=1\n`, /xnor=1 multiplies the signs/, 6],
    [`${NET}[convolutional]\nbinary=1\n`, /binary=1 has weights of one bit/, 6],
    [`${NET}[convolutional]\nantialiasing=1\n`, /antialiasing=1 blurs/, 6],
    [`${NET}[convolutional]\nassisted_excitation=4000\n`, /assisted_excitation=1 changes/, 6],
    [`${NET}[convolutional]\nsize=3\npad=0\ndilation=2\n`, /has no defined size/, 5],
    [`${NET}[convolutional]\ndontload=1\n`, /dontload leaves weights/, 6],
    [`${NET}[upsample]\nstride=65536\n`, /which no network has/, 5],
    [`${NET}[connected]\noutput=999999\n[connected]\noutput=999999\n`, /is too large/, 7],
    [`${NET}[softmax]\ntree=data/9k.tree\n`, /class hierarchy/, 6],
    [
      `${NET}[connected]\n[connected]\n[maxpool]\nsize=2\nstride=2\npadding=0\n`,
      /would give a picture of/,
      7,
    ],
    [`${NET}[softmax]\n${CONV}`, /needs a picture/, 6],
    [`${NET}[maxpool]\nsize=2\npadding=9\n`, /lie in the padding/, 5],
    [`${NET}[reorg]\nstride=3\n`, /does not divide 8 x 8 x 4/, 6],
    [`${NET}[local]\nsize=5\npad=1\n`, /has no defined size in Darknet/, 7],
    [`${NET}[crop]\ncrop_width=9\n`, /is larger than the picture/, 5],
    [`${NET}time_steps=5000\n${CONV}`, /5000 time_steps/, 5],
    [
      `[net]\ninputs=2\ntime_steps=1024\n${'[rnn]\noutput=1\n'.repeat(9)}`,
      /more layers than a model can have/,
      12,
    ],
    [`${NET}[net]\n`, /\[net\] is not known/, 5],
    [
      `${NET.replace('channels=4', 'channels=40000')}[maxpool]\nsize=1\nmaxpool_depth=1\n`,
      /more layers than/,
      5,
    ],
    [`${NET.replace('channels=4', 'channels=9000')}[lrn]\n`, /more layers than/, 5],
  ])('%j', async (text, message, line) => {
    const problem = await problemOf(imported(text));
    expect(problem.message).toMatch(message);
    expect(problem.place.line).toBe(line);
  });

  test('keys that nobody knows are told and ignored; those of training are not worth a word', async () => {
    const network = await imported(`${NET}max_batches=10\npolcy=steps\n${CONV}filter=3\nlearning_rate=.1\n`);
    expect(network.notes).toEqual([
      'line 6: [net] has no key "polcy"; it is ignored',
      'line 11: [convolutional] has no key "filter"; it is ignored',
    ]);
  });

  test('an activation that Darknet does not know is relu, as there', async () => {
    const network = await imported(`${NET}${CONV.replace('linear', 'Leaky')}`);
    expect(network.withOp('relu')).toHaveLength(1);
    expect(network.notes[0]).toContain('"Leaky" is not known to Darknet');
  });
});

describe('weights', () => {
  const text = `${NET}${CONV}`;
  const read = (companions: ImportOptions['companions']) =>
    readDarknet(Buffer.from(text), { name: 'net.cfg', companions });
  const good = { name: 'net.weights', bytes: madeUpWeights(20) };

  test('that are missing are asked for by name', async () => {
    expect((await problemOf(read([]))).toString()).toBe(
      'a Darknet model is a .cfg and a .weights file: its weights are missing. Add the file with the weights, such as net.weights.',
    );
    expect((await problemOf(read(undefined))).code).toBe('file-missing');
  });

  test('are found by their name among other files', async () => {
    const other = { name: 'older.weights', bytes: madeUpWeights(3) };
    const labels = { name: 'coco.names', bytes: Buffer.from('person\n') };
    await expect(read([labels, other, good])).resolves.toBeDefined();
    await expect(read([labels, good])).resolves.toBeDefined();
    expect((await problemOf(read([other, { ...good, name: 'a.weights' }]))).message).toContain(
      'there are 2 .weights files',
    );
  });

  test.each([
    [19, /it ends too early: layer 0, \[convolutional\] in line 5, needs 20 numbers, 19 are left/],
    [21, /4 bytes are left behind layer 0, \[convolutional\] in line 5/],
  ])('of %i numbers do not fit', async (numbers, message) => {
    const problem = await problemOf(read([{ ...good, bytes: madeUpWeights(numbers) }]));
    expect(problem.message).toMatch(message);
    expect(problem.place.file).toBe('net.weights');
  });
});

test('channels are dead where they did not vary beside the others', () => {
  expect(isDead([1, 1e-9, 0, -1e-40, 1e-6])).toEqual([false, true, true, true, false]);
  expect(isDead([1e-10, 2e-10])).toEqual([false, false]);
  expect(isDead([0, 0])).toEqual([false, false]);
});

test('a variance below 0 is not one', async () => {
  const bytes = Buffer.from(`${NET}${CONV}batch_normalize=1\n`);
  const { numbers } = planWithout(bytes);
  const options = {
    name: 'net.cfg',
    companions: [{ name: 'w.weights', bytes: madeUpWeights(numbers, -0.5) }],
  };
  const problem = await problemOf(readDarknet(bytes, options).then((read) => translate(read, options)));
  expect(problem.message).toContain('the variance of channel 0 is -0.5, which is below 0');
});

test('a model of ten thousand sections is a network of as many layers', async () => {
  const network = await imported(
    `${NET.replace('channels=4', 'channels=1')}${'[activation]\nactivation=elu\n'.repeat(10_000)}`,
  );
  expect(network.withOp('elu')).toHaveLength(10_000);
}, 120_000);
